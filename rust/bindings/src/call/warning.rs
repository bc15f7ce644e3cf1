//! Warnings that point at the line that called this package.

use std::ffi::CString;

use pyo3::exceptions::PyRuntimeWarning;
use pyo3::prelude::*;
use pyo3::types::PyString;
use tfevents::Error;

use crate::call::error::to_py;
use crate::call::names::{self, of};

/// Warns of a failure at the line that called this package.
pub fn warn(py: Python<'_>, error: Error) -> PyResult<()> {
    let error = to_py(error).into_value(py);
    let message = CString::new(format!("logging is disturbed: {}", error.bind(py).str()?))?;
    PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), &message, level(py))
}

/// The number of frames up to the first one that is not of this package.
fn level(py: Python<'_>) -> i32 {
    let caller = || -> PyResult<i32> {
        let mut frame = names::GET_FRAME.call(py, ())?;
        let mut level = 1;
        while !frame.is_none() {
            let module = frame.getattr(of::globals(py))?.get_item("__name__");
            let ours = module.is_ok_and(|name| {
                name.cast::<PyString>().is_ok_and(|name| {
                    // `ExitStack` of the standard library may call our code.
                    name.to_str().is_ok_and(|name| {
                        matches!(name.split('.').next(), Some("tfevents" | "contextlib"))
                    })
                })
            });
            if !ours {
                return Ok(level);
            }
            frame = frame.getattr(of::back(py))?;
            level += 1;
        }
        Ok(1)
    };
    // The thread may have no frame, or the interpreter may not give it.
    caller().unwrap_or(1)
}
