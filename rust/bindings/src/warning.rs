//! Warnings that point at the line of who called this package.

use std::ffi::CString;

use pyo3::exceptions::PyRuntimeWarning;
use pyo3::prelude::*;
use pyo3::types::PyString;
use tfevents::Error;

use crate::error::to_py;
use crate::names::{self, of};

/// Warns of a failure at the line that called this package.
pub fn warn(py: Python<'_>, error: Error) -> PyResult<()> {
    let error = to_py(error).into_value(py);
    let message = CString::new(format!("logging is disturbed: {}", error.bind(py).str()?))?;
    PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), &message, level(py))
}

/// How many frames up the first is that is not of this package.
fn level(py: Python<'_>) -> i32 {
    let caller = || -> PyResult<i32> {
        let mut frame = names::GET_FRAME.call(py, ())?;
        let mut level = 1;
        while !frame.is_none() {
            let module = frame.getattr(of::globals(py))?.get_item("__name__");
            let ours = module.is_ok_and(|name| {
                name.cast::<PyString>().is_ok_and(|name| {
                    // The stacks of the standard library call what is ours.
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
    // A thread that has no frame, or an interpreter that tells of none.
    caller().unwrap_or(1)
}
