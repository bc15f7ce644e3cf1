use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use tfevents::proto::DataType;
use tfevents::summary;

use super::encoded::Summary;
use crate::call::argument;
use crate::call::list::List;

/// A tensor of numbers. Its elements are little-endian bytes in row-major order, of the type with
/// this name in NumPy or ml_dtypes.
#[pyfunction]
pub fn tensor(
    tag: &Bound<'_, PyAny>,
    dtype: &str,
    shape: List<u64>,
    elements: PyReadonlyArray1<'_, u8>,
) -> PyResult<Summary> {
    let Some(dtype) = DataType::named(dtype).filter(|it| it.is_writable()) else {
        let message = format!("tensor: event files have no type for elements of {dtype}");
        return Err(PyTypeError::new_err(message));
    };
    let (tag, elements) = (argument::tag(tag, "tag")?, elements.as_slice()?);
    Summary::encoded("tensor", |out| {
        summary::tensor_of_numbers_value(out, tag, dtype, &shape, elements)
    })
}

/// A tensor of strings in row-major order.
#[pyfunction]
pub fn tensor_of_strings(
    tag: &Bound<'_, PyAny>,
    shape: List<u64>,
    strings: List<PyBackedBytes>,
) -> PyResult<Summary> {
    let tag = argument::tag(tag, "tag")?;
    Summary::encoded("tensor", |out| summary::tensor_of_strings_value(out, tag, &shape, &strings))
}
