//! Tables for Arrow whose batches Python makes.

#![allow(unsafe_code)]

use std::ffi::{CString, c_int, c_void};
use std::sync::Arc;

use numpy::npyffi::_PyArray_GET_ITEM_DATA;
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::call::list::List;
use crate::tables::arrow::{Array, Buffer, Field, Stream, Type};
use crate::tables::scalars::{field, schema};

/// `EIO`, which has no portable name in `std`.
const FAILED: c_int = 5;

/// A table with columns of any kind. Python makes a batch of rows at a time.
#[pyclass(frozen, module = "tfevents._native")]
pub struct ArrowBatches {
    rows: Field,
    /// A callable that returns an iterator over the batches.
    batches: Py<PyAny>,
}

#[pymethods]
impl ArrowBatches {
    /// A table with columns of these names and types. `batches` returns an iterator over its
    /// batches. The type `list[...]` is a list of the type in the brackets.
    #[new]
    fn new(columns: List<(String, String)>, batches: Py<PyAny>) -> PyResult<ArrowBatches> {
        let nullable = |(name, holds): (String, String)| -> PyResult<Field> {
            Ok(Field { nullable: true, ..field(&name, type_of(&holds)?) })
        };
        let columns = columns.into_iter().map(nullable).collect::<PyResult<_>>()?;
        Ok(ArrowBatches { rows: field("", Type::Struct(columns)), batches })
    }

    /// The type of the rows: a capsule with an `ArrowSchema`.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema(py, &self.rows)
    }

    /// The rows: a capsule with an `ArrowArrayStream`.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let batches = self.batches.call0(py)?.bind(py).try_iter()?.into_any().unbind();
        let next = move || {
            // The consumer's thread may not be attached, and the interpreter may have ended.
            let made = Python::try_attach(|py| {
                next_batch(batches.bind(py)).map_err(|it| message(py, &it))
            });
            made.unwrap_or_else(|| Err(c"the interpreter has ended".into()))
                .map_err(|message| (FAILED, message))
        };
        let stream = Stream::new(self.rows.clone(), Box::new(next));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }
}

fn type_of(name: &str) -> PyResult<Type> {
    if let Some(items) = name.strip_prefix("list[").and_then(|rest| rest.strip_suffix(']')) {
        return Ok(Type::List(Box::new(field("item", type_of(items)?))));
    }
    Ok(match name {
        "bool" => Type::Bool,
        "int64" => Type::Int64,
        "float64" => Type::Float64,
        "timestamp" => Type::Timestamp,
        "text" => Type::Text,
        "binary" => Type::Binary,
        "category" => Type::Dictionary,
        _ => return Err(PyValueError::new_err(format!("there is no type {name:?}"))),
    })
}

/// A column: its length, its buffers, its children, and its dictionary, if it has one.
#[derive(FromPyObject)]
struct Column<'py>(
    usize,
    List<Option<Bound<'py, PyUntypedArray>>>,
    List<Column<'py>>,
    List<Column<'py>>,
);

fn next_batch(batches: &Bound<'_, PyAny>) -> PyResult<Option<Array>> {
    match batches.try_iter()?.next() {
        None => Ok(None),
        Some(batch) => {
            let (rows, columns): (usize, List<Column<'_>>) = batch?.extract()?;
            let columns = columns.into_iter().map(array).collect::<PyResult<_>>()?;
            Ok(Some(Array::rows(rows, columns)))
        }
    }
}

fn array(column: Column<'_>) -> PyResult<Array> {
    let Column(length, buffers, children, dictionary) = column;
    let buffers = buffers.into_iter().map(|buffer| buffer.map(of_array).transpose());
    Ok(Array::of_buffers(
        length,
        buffers.collect::<PyResult<_>>()?,
        children.into_iter().map(array).collect::<PyResult<_>>()?,
        dictionary.into_iter().next().map(array).transpose()?,
    ))
}

/// The memory of an array, which nobody writes to any more.
fn of_array(numbers: Bound<'_, PyUntypedArray>) -> PyResult<Buffer> {
    if !numbers.is_c_contiguous() {
        return Err(PyValueError::new_err("a column is not contiguous"));
    }
    // SAFETY: the object is an array, and alive.
    let start: *const c_void =
        unsafe { (*_PyArray_GET_ITEM_DATA(numbers.as_array_ptr())).data.cast() };
    // SAFETY: the array stays alive with its memory, and Python does not write to it any more.
    Ok(unsafe { Buffer::at(start, Arc::new(numbers.unbind())) })
}

/// The message of an exception.
fn message(py: Python<'_>, error: &PyErr) -> CString {
    let text = error.value(py).to_string().replace('\0', "");
    let kind = error.get_type(py).to_string();
    CString::new(format!("{kind}: {text}")).unwrap_or_default()
}
