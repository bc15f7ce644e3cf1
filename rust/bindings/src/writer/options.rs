//! The arguments that all writers share.

use std::path::PathBuf;
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tfevents::writer::{OnError, Options};

/// How long an event may wait to be written, for any `flush_secs`.
const LINGER: Duration = Duration::from_millis(100);
/// After this many bytes in a file that is uploaded, the writer begins another file, so that the
/// first one is not uploaded again.
const ROLL_AT: u64 = 16 << 20;

/// The options of a writer.
pub fn options(
    log_dir: PathBuf,
    flush_secs: f64,
    filename_suffix: String,
    on_error: OnError,
    is_uploaded: bool,
) -> PyResult<Options> {
    let path = log_dir.to_string_lossy();
    if path.contains('\0') {
        return Err(PyValueError::new_err("log_dir contains a null byte"));
    }
    if filename_suffix.contains(['/', '\0', std::path::MAIN_SEPARATOR]) {
        return Err(PyValueError::new_err(format!(
            "filename_suffix is part of a file's name and can't hold a separator: {filename_suffix:?}"
        )));
    }
    if flush_secs.is_nan() {
        return Err(PyValueError::new_err("flush_secs: expected seconds, got nan"));
    }
    let linger = Duration::from_secs_f64(flush_secs.clamp(0.0, LINGER.as_secs_f64()));
    let roll_at = is_uploaded.then_some(ROLL_AT);
    Ok(Options { log_dir, suffix: filename_suffix, linger, on_error, roll_at })
}

/// Converts `on_error`.
pub fn on_error(value: &str) -> PyResult<OnError> {
    match value {
        "raise" => Ok(OnError::Raise),
        "warn" => Ok(OnError::Warn),
        other => {
            let message = format!("on_error: expected \"raise\" or \"warn\", got {other:?}");
            Err(PyValueError::new_err(message))
        }
    }
}
