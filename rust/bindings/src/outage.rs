//! What fails in Python for several writers at once.

use std::io;

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use tfevents::Error;
use tfevents::writer::{OnError, SharedOutage};

use crate::error::to_py;
use crate::handle::Control;
use crate::options;
use crate::remote::Raised;
use crate::warning::warn;

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

    /// Notes that an attempt succeeded. A failure that no caller was told of is over.
    fn clear(&self) {
        self.0.clear();
    }

    /// Raises or warns of a failure that no caller was told of yet.
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        let Some(error) = self.0.take() else { return Ok(()) };
        match self.0.on_error() {
            OnError::Raise => Err(to_py(error)),
            OnError::Warn => warn(py, error),
        }
    }
}
