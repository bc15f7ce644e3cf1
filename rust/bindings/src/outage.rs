//! What callers hear of failures in the background, those in Python included.

use std::ffi::CString;
use std::io;

use pyo3::exceptions::{PyOSError, PyRuntimeWarning};
use pyo3::prelude::*;
use pyo3::types::PyString;
use tfevents::Error;
use tfevents::writer::{OnError, SharedOutage};

use crate::error::to_py;
use crate::handle::Control;
use crate::options;
use crate::remote::Raised;

/// What fails for several writers at once, uploads say: one of them tells, at its next call.
///
/// A forked child needs one of its own.
#[pyclass(frozen, module = "tfevents._native")]
pub struct Outage(SharedOutage);

#[pymethods]
impl Outage {
    #[new]
    fn new(on_error: &str) -> PyResult<Outage> {
        Ok(Outage(SharedOutage::new(options::on_error(on_error)?)))
    }

    /// Has the next calls of this writer tell what fails.
    fn attach(&self, control: &Control) {
        self.0.attach(&control.0);
    }

    /// Notes that an attempt failed: told once an outage, or under "raise" once an attempt.
    fn report(&self, error: &Bound<'_, PyOSError>) {
        let raised = Raised(PyErr::from_value(error.clone().into_any()));
        self.0.report(Error::from(io::Error::other(raised)).into());
    }

    /// Notes that an attempt succeeded: what nobody has heard of is over.
    fn clear(&self) {
        self.0.clear();
    }

    /// Raises or warns of what nobody has heard of.
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        let Some(error) = self.0.take() else { return Ok(()) };
        match self.0.on_error() {
            OnError::Raise => Err(to_py(error)),
            OnError::Warn => warn(py, error),
        }
    }
}

/// Warns of a failure at the line that called this package.
pub fn warn(py: Python<'_>, error: Error) -> PyResult<()> {
    let error = to_py(error).into_value(py);
    let message = CString::new(format!("logging is disturbed: {}", error.bind(py).str()?))?;
    PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), &message, level(py))
}

/// How many frames up the first is that is not of this package.
fn level(py: Python<'_>) -> i32 {
    let caller = || -> PyResult<i32> {
        let mut frame = py.import("sys")?.call_method0("_getframe")?;
        let mut level = 1;
        while !frame.is_none() {
            let module = frame.getattr("f_globals")?.get_item("__name__");
            let ours = module.is_ok_and(|name| {
                name.cast::<PyString>().is_ok_and(|name| {
                    name.to_str().is_ok_and(|name| name.split('.').next() == Some("tfevents"))
                })
            });
            if !ours {
                return Ok(level);
            }
            frame = frame.getattr("f_back")?;
            level += 1;
        }
        Ok(1)
    };
    // A thread that has no frame, or an interpreter that tells of none.
    caller().unwrap_or(1)
}
