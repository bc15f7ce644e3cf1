//! Sequences as arguments.

#![allow(unsafe_code)]

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// The items of a sequence that is not a `str`.
///
/// PyO3's `Vec` argument reserves memory for as many items as the object claims to have. If there
/// is not enough memory, the process ends.
#[derive(IntoPyObject)]
pub struct List<T>(pub Vec<T>);

impl<'py, T: for<'a> FromPyObject<'a, 'py>> FromPyObject<'_, 'py> for List<T> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<List<T>> {
        // SAFETY: this is an object, and alive.
        let is_sequence = unsafe { ffi::PySequence_Check(object.as_ptr()) } == 1;
        if !is_sequence || object.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err("expected a sequence that is no str"));
        }
        let items = object.try_iter()?;
        items.map(|item| item?.extract().map_err(Into::into)).collect::<PyResult<_>>().map(List)
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> List<T> {
        List(items)
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> List<T> {
        List(items.into_iter().collect())
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T> std::ops::Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}
