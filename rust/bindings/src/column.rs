//! Columns as NumPy arrays, without copying.

#![allow(unsafe_code)]

use std::sync::Arc;

use numpy::ndarray::ArrayView1;
use numpy::{Element, PyArray1};
use pyo3::prelude::*;
use tfevents::reader::Points;

/// One column of a tag's points; as an element type, that of the column.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    Steps,
    WallTimes,
    Values,
}

/// Keeps the memory of an array alive; the array's `base`.
#[pyclass(frozen, module = "tfevents._native")]
struct Memory(#[allow(dead_code, reason = "it is only kept")] Arc<Points>);

/// A word of a column.
pub trait Word: Element {}
impl Word for i64 {}
impl Word for f64 {}

/// A column as an array.
pub fn array<'py, T: Word>(
    py: Python<'py>,
    points: &Arc<Points>,
    column: Column,
) -> PyResult<Bound<'py, PyArray1<T>>> {
    let start = points.as_ptrs()[column as usize];
    let memory = Bound::new(py, Memory(Arc::clone(points)))?;
    // SAFETY: each column is `len` initialised words, any of which is an i64 and an f64. Nothing
    // moves or frees them while `memory` lives, and from here on only arrays read or write them.
    unsafe {
        let view = ArrayView1::from_shape_ptr(points.len(), start.as_ptr().cast::<T>());
        Ok(PyArray1::borrow_from_array(&view, memory.into_any()))
    }
}
