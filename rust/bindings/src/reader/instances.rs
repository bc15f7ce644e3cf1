//! Makes many objects of a class at once.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyType};

use crate::call::list::List;
use crate::call::names::{self, of};

/// Objects of a class, one for each item of the columns, with these attributes.
///
/// It does not call `__init__` and `__setattr__`, which take most of the time for a frozen
/// dataclass. The objects are the same as with these calls.
#[pyfunction]
pub fn instances<'py>(
    py: Python<'py>,
    class_: &Bound<'py, PyType>,
    attributes: List<Bound<'py, PyString>>,
    columns: List<Bound<'py, PyList>>,
) -> PyResult<Bound<'py, PyList>> {
    if attributes.len() != columns.len() || columns.is_empty() {
        return Err(PyValueError::new_err("attributes: expected one for each of the columns"));
    }
    let names: Vec<Bound<'_, PyString>> =
        attributes.iter().map(|name| PyString::intern(py, &name.to_string_lossy())).collect();
    // This fails for a class whose objects have more than attributes.
    let first = names::OBJECT.get(py)?.call_method1(of::new(py), (class_,))?;
    if !first.get_type().is(class_) {
        return Err(PyTypeError::new_err("class_: its objects are of another class"));
    }
    let _undisturbed = Uncollected::new();
    let all = PyList::empty(py);
    let count = columns.iter().map(|column| column.len()).min().unwrap_or(0);
    for at in 0..count {
        let object = new(class_)?;
        for (name, column) in names.iter().zip(&*columns) {
            set(&object, name, &column.get_item(at)?)?;
        }
        all.append(object)?;
    }
    Ok(all)
}

/// Calls `object.__new__` for this class, which must allow it.
fn new<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    type Alloc =
        unsafe extern "C" fn(*mut ffi::PyTypeObject, ffi::Py_ssize_t) -> *mut ffi::PyObject;
    let class_ptr = class.as_type_ptr();
    // SAFETY: the slot is null or a function of this type. The function returns a new object, or
    // null with an exception set.
    unsafe {
        let slot: *mut c_void = ffi::PyType_GetSlot(class_ptr, ffi::Py_tp_alloc);
        if slot.is_null() {
            return Err(PyMemoryError::new_err("the class has no way to make objects"));
        }
        let alloc = std::mem::transmute::<*mut c_void, Alloc>(slot);
        Bound::from_owned_ptr_or_err(class.py(), alloc(class_ptr, 0))
    }
}

/// Sets an attribute as `object.__setattr__` does.
fn set(
    object: &Bound<'_, PyAny>,
    name: &Bound<'_, PyString>,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    // SAFETY: these are objects, and alive.
    let result =
        unsafe { ffi::PyObject_GenericSetAttr(object.as_ptr(), name.as_ptr(), value.as_ptr()) };
    match result {
        0 => Ok(()),
        _ => Err(PyErr::fetch(object.py())),
    }
}

/// Disables the garbage collector meanwhile, since all objects are in use and there is no garbage.
struct Uncollected {
    before: c_int,
}

impl Uncollected {
    fn new() -> Uncollected {
        // SAFETY: the thread is attached to the interpreter.
        Uncollected { before: unsafe { ffi::PyGC_Disable() } }
    }
}

impl Drop for Uncollected {
    fn drop(&mut self) {
        if self.before == 1 {
            // SAFETY: as above.
            unsafe { ffi::PyGC_Enable() };
        }
    }
}
