//! Converts the buckets of histograms to arrays, and splits arrays into rows.

#![allow(unsafe_code)]

use std::num::NonZeroUsize;
use std::ptr::null_mut;
use std::sync::Arc;

use numpy::npyffi::{
    _PyArray_GET_ITEM_DATA, NPY_ARRAY_WRITEABLE, NpyTypes, PY_ARRAY_API, PyArrayObject,
    get_type_object, npy_intp,
};
use numpy::{
    PyArray1, PyArrayDescrMethods, PyReadonlyArray1, PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyIndexError, PyMemoryError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use tfevents::columns::{Histograms, Series, Values};
use tfevents::reader::buckets::Buckets;

use crate::call::list::List;
use crate::reader::column::{self, Column};
use crate::reader::run::RunData;

/// A 0 and the ends of the lists, and the items of all lists.
type Lists<'py> = (Column<'py, i64>, Column<'py, f64>);

/// The edges and counts of histograms, as TensorBoard shows them. A part has a run, the index of a
/// tag, and the first and the end of its histograms.
#[pyfunction]
pub fn buckets<'py>(
    py: Python<'py>,
    parts: List<(Bound<'py, RunData>, usize, usize, usize)>,
) -> PyResult<(Lists<'py>, Lists<'py>)> {
    let series = parts
        .iter()
        .map(|(data, index, ..)| data.get().series(*index))
        .collect::<PyResult<Vec<Arc<Series>>>>()?;
    let chosen = (series.iter().zip(&*parts))
        .map(|(series, &(_, index, first, last))| {
            let Values::Histograms(histograms) = &series.values else {
                return Err(PyIndexError::new_err(index));
            };
            if first > last || last > histograms.len() {
                return Err(PyIndexError::new_err(last));
            }
            Ok((&**histograms, first..last))
        })
        .collect::<PyResult<Vec<(&Histograms, _)>>>()?;
    let threads = parts.iter().map(|(data, ..)| data.get().threads()).max();
    let made = py.detach(|| Buckets::of(&chosen, threads.unwrap_or(NonZeroUsize::MIN)));
    let all = made.map_err(|_| PyMemoryError::new_err("not enough memory for the table"))?;
    Ok((
        (PyArray1::from_vec(py, all.edge_ends), column::owned(py, all.edges)?),
        (PyArray1::from_vec(py, all.count_ends), column::owned(py, all.counts)?),
    ))
}

/// An array of arrays. Each is a view of the items between two ends.
///
/// Python would take three times as long.
#[pyfunction]
pub fn views<'py>(
    py: Python<'py>,
    items: &Bound<'py, PyUntypedArray>,
    ends: PyReadonlyArray1<'py, i64>,
) -> PyResult<Bound<'py, PyArray1<Py<PyAny>>>> {
    if items.ndim() != 1 || !items.is_c_contiguous() {
        return Err(PyValueError::new_err("items: expected a contiguous array of shape [n]"));
    }
    let ends = ends.as_slice()?;
    let is_inside = |&end: &i64| usize::try_from(end).is_ok_and(|end| end <= items.len());
    if !ends.is_sorted() || !ends.iter().all(is_inside) {
        return Err(PyValueError::new_err("ends: expected where items end, in their order"));
    }
    // SAFETY: the object is an array, and alive.
    let array = unsafe { &*_PyArray_GET_ITEM_DATA(items.as_array_ptr()) };
    let (start, flags) = (array.data, array.flags & NPY_ARRAY_WRITEABLE);
    let dtype = items.dtype();
    let size = dtype.itemsize();
    let mut rows = Vec::with_capacity(ends.len().saturating_sub(1));
    for pair in ends.windows(2) {
        let (first, mut length) = (pair[0] as usize, (pair[1] - pair[0]) as npy_intp);
        // SAFETY: the elements are within the array. The view has the array's type, and keeps the
        // array alive as its base. NumPy takes a reference to the type and one to the base.
        unsafe {
            let view = PY_ARRAY_API.PyArray_NewFromDescr(
                py,
                get_type_object(py, NpyTypes::PyArray_Type),
                dtype.clone().into_ptr().cast(),
                1,
                &raw mut length,
                null_mut(),
                start.add(first * size).cast(),
                flags,
                null_mut(),
            );
            let view = Bound::from_owned_ptr_or_err(py, view)?;
            let base = items.as_ptr();
            ffi::Py_INCREF(base);
            match PY_ARRAY_API.PyArray_SetBaseObject(
                py,
                view.as_ptr().cast::<PyArrayObject>(),
                base,
            ) {
                0 => rows.push(view.unbind()),
                _ => return Err(PyErr::fetch(py)),
            }
        }
    }
    Ok(PyArray1::from_vec(py, rows))
}
