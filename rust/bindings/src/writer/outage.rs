//! A failure in Python code that several writers share.

use std::io;

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use tfevents::Error;
use tfevents::writer::{OnError, SharedOutage};

use crate::call::error::{Raised, to_py};
use crate::call::warning::warn;
use crate::writer::handle::Control;
use crate::writer::options;

/// A failure that several writers share, such as one of uploads. The next call of any of them
/// reports it.
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

    /// Makes this writer report failures at its next calls.
    fn attach(&self, control: &Control) {
        self.0.attach(&control.0);
    }

    /// Notes that an attempt failed. With "warn" each outage is reported once, and with "raise"
    /// each attempt.
    fn report(&self, error: &Bound<'_, PyOSError>) {
        let raised = Raised(PyErr::from_value(error.clone().into_any()));
        self.0.report(Error::from(io::Error::other(raised)).into());
    }

    /// Notes that an attempt succeeded. A failure that was not reported is forgotten.
    fn clear(&self) {
        self.0.clear();
    }

    /// Reports a failure that was not reported yet, as an error or a warning.
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        let Some(error) = self.0.take() else { return Ok(()) };
        match self.0.on_error() {
            OnError::Raise => Err(to_py(error)),
            OnError::Warn => warn(py, error),
        }
    }
}
