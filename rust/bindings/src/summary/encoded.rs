//! The class `Summary`, and the arrays that summaries are made from.

use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tfevents::summary;

use crate::call::argument;

/// A `Summary` message, what an event of a log holds.
///
/// Made by the functions of `tfevents.summary`, logged by `FileWriter.add_summary`. Pixels and
/// samples are copied when it is made, and encoded when it is written or serialized.
#[pyclass(module = "tfevents", frozen)]
pub struct Summary(pub summary::Prepared);

impl Summary {
    /// A summary whose values `encode` appends. If they are too large, the error names `argument`.
    pub fn encoded(argument: &str, encode: impl FnOnce(&mut Vec<u8>)) -> PyResult<Summary> {
        let mut out = Vec::new();
        encode(&mut out);
        argument::fits(out.len(), argument)?;
        Ok(Summary(summary::Prepared::Encoded(out.into())))
    }
}

/// A contiguous array of single or double precision.
#[derive(FromPyObject)]
pub enum Floats<'py> {
    Single(PyReadonlyArray1<'py, f32>),
    Double(PyReadonlyArray1<'py, f64>),
}

#[pymethods]
impl Summary {
    /// The encoded message, bytes of a `tensorboard.Summary` protocol buffer.
    #[allow(non_snake_case)]
    pub fn SerializeToString<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py
            .detach(|| self.0.encode())
            .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(PyBytes::new(py, &bytes))
    }
}
