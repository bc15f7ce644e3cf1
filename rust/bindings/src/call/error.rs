//! Converts the core's errors to Python's.

use std::io;

use pyo3::exceptions::{PyMemoryError, PyOSError, PyValueError};
use pyo3::prelude::*;
use tfevents::{Error, ErrorKind};

use crate::call::names::{CorruptFileError, FileChangedError};

/// A Python exception that passes through the core.
#[derive(Debug)]
pub struct Raised(pub PyErr);

impl std::fmt::Display for Raised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Raised {}

/// An `OSError` (or its subclass for the errno), `MemoryError`, `CorruptFileError`,
/// `FileChangedError` or `ValueError`.
pub fn to_py(error: Error) -> PyErr {
    if let ErrorKind::Io(io) = error.kind()
        && let Some(cause) = io.get_ref()
        && let Some(Raised(raised)) =
            cause.downcast_ref().or_else(|| cause.source().and_then(|cause| cause.downcast_ref()))
    {
        return Python::attach(|py| raised.clone_ref(py));
    }
    let path = error.path().map(|path| path.as_os_str().to_owned());
    match error.kind() {
        ErrorKind::Io(io) => match io.raw_os_error() {
            // Python chooses the subclass by the errno or by the code of Windows, and adds the
            // file's name to the message.
            Some(code) if cfg!(windows) => PyOSError::new_err((0, strip_code(io), path, code)),
            Some(code) => PyOSError::new_err((code, strip_code(io), path)),
            None if io.kind() == io::ErrorKind::OutOfMemory => {
                PyMemoryError::new_err(error.to_string())
            }
            None => PyOSError::new_err(error.to_string()),
        },
        ErrorKind::Corrupt(corruption) => {
            CorruptFileError::new_err((path, error.offset(), corruption.name(), error.record()))
        }
        ErrorKind::Changed => FileChangedError::new_err((path, error.offset())),
        ErrorKind::Closed => PyOSError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// The operating system's message without the code that Rust appends, since Python shows the code.
fn strip_code(error: &std::io::Error) -> String {
    let message = error.to_string();
    message.split(" (os error").next().unwrap_or_default().to_owned()
}
