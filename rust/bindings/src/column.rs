//! Columns as NumPy arrays, without copying.

#![allow(unsafe_code)]

use std::any::Any;
use std::sync::Arc;

use numpy::ndarray::ArrayView1;
use numpy::npyffi::{_PyArray_GET_ITEM_DATA, NPY_ARRAY_WRITEABLE};
use numpy::{Element, PyArray1, PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::prelude::*;
use tfevents::columns::Series;
use tfevents::reader::table;

/// Keeps the memory of the arrays of one tag alive; their `base`.
#[pyclass(frozen, module = "tfevents._native")]
pub struct Memory(Arc<Series>);

/// An array of one dimension.
pub type Column<'py, T> = Bound<'py, PyArray1<T>>;

/// Steps, wall times and values of scalars as arrays.
pub fn scalars<'py>(
    py: Python<'py>,
    series: &Arc<Series>,
) -> PyResult<(Column<'py, i64>, Column<'py, f64>, Column<'py, f64>)> {
    let memory = memory(py, series)?;
    Ok((
        shared(&memory, |series| series.points.steps()),
        shared(&memory, |series| series.points.wall_times()),
        shared(&memory, |series| series.points.values()),
    ))
}

/// The memory of a series, for arrays to share.
pub fn memory<'py>(py: Python<'py>, series: &Arc<Series>) -> PyResult<Bound<'py, Memory>> {
    Bound::new(py, Memory(Arc::clone(series)))
}

/// The column of a series that `choose` finds, as an array. It can't be written to: others read it.
pub fn shared<'py, T: Element>(
    memory: &Bound<'py, Memory>,
    choose: impl for<'a> FnOnce(&'a Series) -> &'a [T],
) -> Column<'py, T> {
    let view = ArrayView1::from(choose(&memory.get().0));
    // SAFETY: the column is borrowed from the series or static, so that nothing moves, frees or
    // changes it while `memory` lives; and the array is an array, which nobody else has seen yet.
    unsafe {
        let array = PyArray1::borrow_from_array(&view, memory.clone().into_any());
        (*_PyArray_GET_ITEM_DATA(array.as_array_ptr())).flags &= !NPY_ARRAY_WRITEABLE;
        array
    }
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

/// Numbers smoothed as TensorBoard's charts do it.
#[pyfunction]
pub fn smooth<'py>(
    py: Python<'py>,
    values: PyReadonlyArray1<'py, f64>,
    weight: f64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let values = values.as_slice()?;
    Ok(PyArray1::from_vec(py, py.detach(|| tfevents::reader::smooth(values, weight))))
}
