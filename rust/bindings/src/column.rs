//! Columns as NumPy arrays, without copying.

#![allow(unsafe_code)]

use std::any::Any;
use std::sync::Arc;

use numpy::ndarray::ArrayView1;
use numpy::{Element, PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use tfevents::columns::Series;
use tfevents::reader::table;

/// Keeps the memory of the arrays of one tag alive; their `base`.
#[pyclass(frozen, module = "tfevents._native")]
struct Memory(Arc<Series>);

/// An array of one dimension.
pub type Column<'py, T> = Bound<'py, PyArray1<T>>;

/// What an element of a column may be.
pub trait Word: Element {}
impl Word for i64 {}
impl Word for f64 {}
impl Word for usize {}

/// Steps, wall times and values of scalars as arrays.
pub fn scalars<'py>(
    py: Python<'py>,
    series: &Arc<Series>,
) -> PyResult<(Column<'py, i64>, Column<'py, f64>, Column<'py, f64>)> {
    let memory = Bound::new(py, Memory(Arc::clone(series)))?;
    Ok((scalar(&memory, 0), scalar(&memory, 1), scalar(&memory, 2)))
}

fn scalar<'py, T: Word>(memory: &Bound<'py, Memory>, column: usize) -> Column<'py, T> {
    let points = &memory.get().0.points;
    let start = points.as_ptrs()[column];
    // SAFETY: each column is `len` initialised words, any of which is an i64 and an f64. Nothing
    // moves or frees them while `memory` lives, and from here on only arrays read or write them.
    unsafe {
        let view = ArrayView1::from_shape_ptr(points.len(), start.as_ptr().cast::<T>());
        PyArray1::borrow_from_array(&view, memory.clone().into_any())
    }
}

/// The column of `series` that `choose` finds, as an array that can't be written to.
pub fn shared<'py, T: Word>(
    py: Python<'py>,
    series: &Arc<Series>,
    choose: impl for<'a> FnOnce(&'a Series) -> &'a [T],
) -> PyResult<Column<'py, T>> {
    let memory = Bound::new(py, Memory(Arc::clone(series)))?;
    let view = ArrayView1::from(choose(series));
    // SAFETY: the column is borrowed from the series or static, so that nothing moves, frees or
    // changes it while `memory` lives; the array can't be written to before anybody sees it.
    let array = unsafe { PyArray1::borrow_from_array(&view, memory.into_any()) };
    array.readwrite().make_nonwriteable();
    Ok(array)
}

/// Keeps the memory of an array alive; its `base`.
#[pyclass(frozen, module = "tfevents._native")]
struct Owner(#[allow(dead_code)] Box<dyn Any + Send + Sync>);

/// A column of a table as an array.
pub fn owned<T: table::Number + Element>(
    py: Python<'_>,
    column: table::Column<T>,
) -> PyResult<Column<'_, T>> {
    let (start, len) = (column.as_ptr(), column.len());
    let owner = Bound::new(py, Owner(Box::new(column)))?;
    // SAFETY: so many numbers are initialised, stay where they are while `owner` lives, and from
    // here on are read and written by arrays only.
    Ok(unsafe {
        let view = ArrayView1::from_shape_ptr(len, start);
        PyArray1::borrow_from_array(&view, owner.into_any())
    })
}
