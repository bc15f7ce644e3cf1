//! A lock for Python code that a signal's handler or a fork can't make a trap of.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use tfevents::forks;

/// How long to wait before looking again; short against what it is taken for.
const SLICE: Duration = Duration::from_millis(2);

/// Lets one thread at a time do what stands in its `with` block.
///
/// A thread that waits looks for signals. A thread whose turn it is, in a signal's handler say, has it
/// again. In a child that was forked meanwhile no thread has it. A turn that says what is done is
/// taken once only: the thread that has it, and such a child, get a `RuntimeError`.
#[pyclass(frozen, module = "tfevents._native")]
pub struct Turn {
    /// What is done, that can't be done within itself.
    doing: Option<String>,
    holder: Mutex<Option<Holder>>,
}

/// Whose turn it is, in which process, and how many blocks it is in.
struct Holder {
    thread: ThreadId,
    fork: u64,
    depth: u32,
}

impl Turn {
    /// It is kept for a moment only, and attached to the interpreter.
    fn lock(&self) -> MutexGuard<'_, Option<Holder>> {
        self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is this thread's turn now.
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
            // What it had half done stays so.
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
