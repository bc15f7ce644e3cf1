//! A lock for Python code that a signal's handler or a fork can't make a trap of.

use std::sync::{Mutex, PoisonError};
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
/// Who waits looks for signals. A thread that would wait for itself, in a signal's handler say,
/// gets a `RuntimeError`; and in a child that was forked meanwhile nobody has the turn.
#[pyclass(frozen, module = "tfevents._native")]
pub struct Turn {
    /// What is done, for the error.
    doing: String,
    /// Whose turn it is, and in which process.
    holder: Mutex<Option<(ThreadId, u64)>>,
}

#[pymethods]
impl Turn {
    #[new]
    fn new(doing: String) -> Turn {
        Turn { doing, holder: Mutex::new(None) }
    }

    fn __enter__(&self, py: Python<'_>) -> PyResult<()> {
        let this = (thread::current().id(), forks::count());
        loop {
            {
                // It is kept for a moment only, and attached to the interpreter.
                let mut holder = self.holder.lock().unwrap_or_else(PoisonError::into_inner);
                match *holder {
                    Some(other) if other == this => {
                        let message = format!("this thread is {} already", self.doing);
                        return Err(PyRuntimeError::new_err(message));
                    }
                    Some((_, fork)) if fork == this.1 => {}
                    _ => {
                        *holder = Some(this);
                        return Ok(());
                    }
                }
            }
            py.detach(|| thread::sleep(SLICE));
            py.check_signals()?;
        }
    }

    #[pyo3(signature = (*_error))]
    fn __exit__(&self, _error: &Bound<'_, PyTuple>) {
        *self.holder.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
