//! Columns as NumPy arrays, without copying.

#![allow(unsafe_code)]

use std::sync::Arc;

use numpy::ndarray::ArrayView1;
use numpy::{Element, PyArray1};
use pyo3::prelude::*;
use tfevents::reader::Points;

/// Keeps the memory of the arrays of one tag alive; their `base`.
#[pyclass(frozen, module = "tfevents._native")]
struct Memory(Arc<Points>);

type Array<'py, T> = Bound<'py, PyArray1<T>>;

/// A word of a column.
trait Word: Element {}
impl Word for i64 {}
impl Word for f64 {}

/// Steps, wall times and values as arrays.
pub fn arrays<'py>(
    py: Python<'py>,
    points: &Arc<Points>,
) -> PyResult<(Array<'py, i64>, Array<'py, f64>, Array<'py, f64>)> {
    let memory = Bound::new(py, Memory(Arc::clone(points)))?;
    Ok((array(&memory, 0), array(&memory, 1), array(&memory, 2)))
}

fn array<'py, T: Word>(memory: &Bound<'py, Memory>, column: usize) -> Array<'py, T> {
    let points = &memory.get().0;
    let start = points.as_ptrs()[column];
    // SAFETY: each column is `len` initialised words, any of which is an i64 and an f64. Nothing
    // moves or frees them while `memory` lives, and from here on only arrays read or write them.
    unsafe {
        let view = ArrayView1::from_shape_ptr(points.len(), start.as_ptr().cast::<T>());
        PyArray1::borrow_from_array(&view, memory.clone().into_any())
    }
}
