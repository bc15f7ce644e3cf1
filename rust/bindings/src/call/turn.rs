//! A lock for Python code that does not deadlock in signal handlers or after a fork.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use tfevents::forks;

/// How long to wait before the next attempt. It is short compared with the work under the lock.
const SLICE: Duration = Duration::from_millis(2);

/// Lets one thread at a time run its `with` block.
///
/// A waiting thread checks for signals. The thread that has the turn can take it again, for example
/// in a signal handler. In a child that was forked meanwhile, no thread has it. If `doing` is
/// given, the turn can't be taken again: the thread that has it, and such a child, get a
/// `RuntimeError`.
#[pyclass(frozen, module = "tfevents._native")]
pub struct Turn {
    /// The name of the work, if it can't be done within itself.
    doing: Option<String>,
    holder: Mutex<Option<Holder>>,
}

/// The thread that has the turn, its process, and the number of blocks that it is in.
struct Holder {
    thread: ThreadId,
    fork: u64,
    depth: u32,
}

impl Turn {
    /// The lock is held for a short time, while attached to the interpreter.
    fn lock(&self) -> MutexGuard<'_, Option<Holder>> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the turn for this thread if it is free. Returns whether the thread has it.
    fn is_had(&self) -> PyResult<bool> {
        let (thread, fork) = (thread::current().id(), forks::count());
        let mut holder = self.lock();
        match (&mut *holder, &self.doing) {
            (Some(holder), doing) if holder.fork == fork => {
                if holder.thread != thread {
                    return Ok(false);
                }
                if let Some(doing) = doing {
                    let message = format!("this thread is {doing} already");
                    return Err(PyRuntimeError::new_err(message));
                }
                holder.depth += 1;
            }
            // The work that was interrupted can't be completed here.
            (Some(_), Some(doing)) => {
                let message = format!("it was {doing} when the process was forked; make it anew");
                return Err(PyRuntimeError::new_err(message));
            }
            (holder, _) => *holder = Some(Holder { thread, fork, depth: 1 }),
        }
        Ok(true)
    }
}

#[pymethods]
impl Turn {
    #[new]
    #[pyo3(signature = (doing=None))]
    fn new(doing: Option<String>) -> Turn {
        Turn { doing, holder: Mutex::new(None) }
    }

    fn __enter__(&self, py: Python<'_>) -> PyResult<()> {
        while !self.is_had()? {
            py.detach(|| thread::sleep(SLICE));
            py.check_signals()?;
        }
        Ok(())
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, _error: &Bound<'_, PyTuple>) {
        let mut holder = self.lock();
        if let Some(Holder { depth, .. }) = &mut *holder {
            *depth = depth.saturating_sub(1);
        }
        holder.take_if(|holder| holder.depth == 0);
    }
}
