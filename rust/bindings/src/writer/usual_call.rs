//! The usual call of `add_scalar`, which PyO3's method serves too, but not as fast.
//!
//! That method belongs to [`EventWriter`], and Python looks for this class among all base classes
//! of the writer at each call. After that, PyO3 looks at each argument that might have been given.
//! The method of this file belongs to the writer's own class, and knows a few arguments of a few
//! types. It leaves everything else to PyO3's method.

#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_int};
use std::sync::OnceLock;

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyString, PyTuple, PyType};
use tfevents::writer::now;

use crate::call::names::of;
use crate::writer::summary_writer::EventWriter;

const NAME: &CStr = c"add_scalar";
/// How Python hands the arguments to both functions.
const FLAGS: c_int = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
/// Longer tags are checked more closely.
const LONG: usize = 1 << 16;

/// PyO3's method.
static GENERAL: OnceLock<ffi::PyCFunctionFastWithKeywords> = OnceLock::new();

/// Gives a subclass of `EventWriter` an `add_scalar` of its own, which does the same in less time.
#[pyfunction]
pub fn hasten(class_: &Bound<'_, PyType>) -> PyResult<()> {
    let py = class_.py();
    if !class_.is_subclass_of::<EventWriter>()? {
        return Err(PyTypeError::new_err("class_: expected a subclass of EventWriter"));
    }
    let bound = Bound::new(py, EventWriter::default())?.getattr(of::add_scalar(py))?;
    let signature: String = bound.getattr(of::text_signature(py))?.extract()?;
    let doc: String = bound.getattr(of::doc(py))?.extract()?;
    let _ = GENERAL.set(general(&bound)?);
    of::global_step(py);
    // Python uses both for as long as the method exists.
    let doc = CString::new(format!("add_scalar{signature}\n--\n\n{doc}"))?.into_raw();
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: add_scalar },
        ml_flags: FLAGS,
        ml_doc: doc,
    }));
    // SAFETY: the class is a type, and the definition lives for ever.
    let method = unsafe {
        let method = ffi::PyDescr_NewMethod(class_.as_type_ptr(), definition);
        Bound::from_owned_ptr_or_err(py, method)?
    };
    class_.setattr(of::add_scalar(py), method)
}

/// The function of a bound method of PyO3's.
fn general(bound: &Bound<'_, PyAny>) -> PyResult<ffi::PyCFunctionFastWithKeywords> {
    // SAFETY: it is an object. Python checks that it is a built-in method. Its flags say of which
    // type the function is.
    unsafe {
        let flags = ffi::PyCFunction_GetFlags(bound.as_ptr());
        match ffi::PyCFunction_GetFunction(bound.as_ptr()) {
            Some(function) if flags == FLAGS => Ok(std::mem::transmute::<
                ffi::PyCFunction,
                ffi::PyCFunctionFastWithKeywords,
            >(function)),
            _ => Err(PyTypeError::new_err("add_scalar is not the method that it should be")),
        }
    }
}

/// The method, as Python calls it.
unsafe extern "C" fn add_scalar(
    slf: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    nargs: ffi::Py_ssize_t,
    kwnames: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls a method with the interpreter attached, with an object of its class, and
    // with as many arguments as it says. Nothing here panics.
    unsafe {
        let py = Python::assume_attached();
        if added(py, slf, args, nargs, kwnames) == Some(true) {
            return py.None().into_ptr();
        }
        match GENERAL.get() {
            Some(general) => general(slf, args, nargs, kwnames),
            // The method is made after the function is known.
            None => std::ptr::null_mut(),
        }
    }
}

/// Logs what these arguments say, if the call is a usual one and nothing needs attention.
///
/// # Safety
///
/// The arguments are those of a call by Python. `slf` is an `EventWriter`.
#[inline(always)]
unsafe fn added(
    py: Python<'_>,
    slf: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    nargs: ffi::Py_ssize_t,
    kwnames: *mut ffi::PyObject,
) -> Option<bool> {
    // SAFETY: see above. The arguments outlive the call. Those by keyword follow the others.
    let (writer, arguments) = unsafe {
        match Borrowed::from_ptr_or_opt(py, kwnames) {
            None if nargs == 3 => {}
            Some(names) if nargs == 2 && is_step(names.cast_unchecked::<PyTuple>()) => {}
            _ => return None,
        }
        let at = |index| Borrowed::from_ptr(py, *args.add(index));
        (Borrowed::from_ptr(py, slf).cast_unchecked::<EventWriter>(), [at(0), at(1), at(2)])
    };
    let [tag, value, step] = &arguments;
    let tag = tag.cast_exact::<PyString>().ok()?;
    let value = value.cast_exact::<PyFloat>().ok()?.value() as f32;
    let step = step.cast_exact::<PyInt>().ok()?.extract().ok()?;
    let tag = tag.to_str().ok().filter(|tag| (1..LONG).contains(&tag.len()))?;
    Some(writer.get().try_append_scalar(now(), step, tag, value))
}

/// Whether these names of keywords are `global_step` alone. The names that a program contains are
/// interned.
#[inline(always)]
fn is_step(names: Borrowed<'_, '_, PyTuple>) -> bool {
    names.len() == 1
        && names.get_borrowed_item(0).is_ok_and(|name| name.is(of::global_step(names.py())))
}
