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

/// Keeps the memory of one tag's arrays alive. It is their `base`.
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

/// The column of a series that `choose` returns, as a read-only array, since others read it too.
pub fn shared<'py, T: Element>(
    memory: &Bound<'py, Memory>,
    choose: impl for<'a> FnOnce(&'a Series) -> &'a [T],
) -> Column<'py, T> {
    let view = ArrayView1::from(choose(&memory.get().0));
    // SAFETY: the column is borrowed from the series or static, so nothing moves, frees or changes
    // it while `memory` lives. The new array is not used elsewhere yet.
    unsafe {
        let array = PyArray1::borrow_from_array(&view, memory.clone().into_any());
        (*_PyArray_GET_ITEM_DATA(array.as_array_ptr())).flags &= !NPY_ARRAY_WRITEABLE;
        array
    }
}

/// Keeps the memory of an array alive. It is the array's `base`.
#[pyclass(frozen, module = "tfevents._native")]
struct Owner(#[allow(dead_code)] Box<dyn Any + Send + Sync>);

/// A column of a table as an array.
pub fn owned<T: table::Number + Element>(
    py: Python<'_>,
    column: table::Column<T>,
) -> PyResult<Column<'_, T>> {
    let (start, len) = (column.as_ptr(), column.len());
    let owner = Bound::new(py, Owner(Box::new(column)))?;
    // SAFETY: all numbers are initialised and stay where they are while `owner` lives. From here
    // on, only arrays read and write them.
    Ok(unsafe {
        let view = ArrayView1::from_shape_ptr(len, start);
        PyArray1::borrow_from_array(&view, owner.into_any())
    })
}

/// Smooths numbers as TensorBoard's charts do.
#[pyfunction]
pub fn smooth<'py>(
    py: Python<'py>,
    values: PyReadonlyArray1<'py, f64>,
    weight: f64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let values = values.as_slice()?;
    Ok(PyArray1::from_vec(py, py.detach(|| tfevents::reader::smooth(values, weight))))
}
