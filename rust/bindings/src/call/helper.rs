//! Calls of Python from threads of ours, which the interpreter may end before they do.
//!
//! Before Python 3.14, a thread that is in Python code when the interpreter ends is ended too, by
//! `pthread_exit`, which unwinds its stack. A frame of Rust that does not expect this aborts the
//! process. So the call expects it, and the thread sleeps until the process ends.

#![allow(unsafe_code)]

use std::hint::black_box;
use std::time::Duration;
use std::{mem, ptr, thread};

use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

type Expected = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;
type Unwound =
    unsafe extern "C-unwind" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;

/// Calls a Python function.
pub fn call<'py, T>(function: &Bound<'py, PyAny>, arguments: T) -> PyResult<Bound<'py, PyAny>>
where
    T: IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>>,
{
    let py = function.py();
    let arguments = arguments.into_pyobject(py).map_err(Into::into)?;
    let (function, arguments) = (function.as_ptr(), arguments.as_ptr());
    // The compiler must not see which function it is, since its declaration says that it never
    // unwinds.
    // SAFETY: functions of the two types are called in the same way.
    let call = unsafe { mem::transmute::<Expected, Unwound>(black_box(ffi::PyObject_Call)) };
    let sleeps = SleepsWhenUnwound;
    // SAFETY: both objects live, the second is a tuple, and this thread is attached.
    let result = unsafe { call(function, arguments, ptr::null_mut()) };
    mem::forget(sleeps);
    // SAFETY: the result is owned, or null if there is an exception.
    unsafe { Bound::from_owned_ptr_or_err(py, result) }
}

struct SleepsWhenUnwound;

impl Drop for SleepsWhenUnwound {
    fn drop(&mut self) {
        loop {
            thread::sleep(Duration::MAX);
        }
    }
}
