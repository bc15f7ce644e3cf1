//! Copies bytes into Python's objects. If there is no memory for them, this is a MemoryError, where
//! PyO3's functions panic.

#![allow(unsafe_code)]

use pyo3::ffi::{Py_ssize_t, PyBytes_FromStringAndSize, PyUnicode_FromStringAndSize};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};

/// A `bytes` object.
pub fn copied<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    // No slice is longer than the greatest `isize`.
    let length = bytes.len() as Py_ssize_t;
    // SAFETY: the function copies the slice. It returns a new reference, or null after an error.
    let made = unsafe {
        let made = PyBytes_FromStringAndSize(bytes.as_ptr().cast(), length);
        Bound::from_owned_ptr_or_err(py, made)
    };
    Ok(made?.cast_into()?)
}

/// A `str`.
pub fn text<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyString>> {
    let length = text.len() as Py_ssize_t;
    // SAFETY: as above.
    let made = unsafe {
        let made = PyUnicode_FromStringAndSize(text.as_ptr().cast(), length);
        Bound::from_owned_ptr_or_err(py, made)
    };
    Ok(made?.cast_into()?)
}

/// A `bytearray`.
pub fn writable<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyByteArray>> {
    let made = PyByteArray::new(py, &[]);
    made.resize(bytes.len())?;
    // SAFETY: nobody else has the object yet.
    unsafe { made.as_bytes_mut() }.copy_from_slice(bytes);
    Ok(made)
}
