use pyo3::prelude::*;
use tfevents::summary;

use super::encoded::Summary;
use crate::call::argument;

/// Appends a text. Its tag follows TensorBoard's convention.
pub fn text_value(out: &mut Vec<u8>, tag: &str, text: &str) {
    summary::text_value(out, &format!("{tag}/text_summary"), text);
}

/// The summary of a text.
#[pyfunction]
pub fn text(tag: &Bound<'_, PyAny>, text: &Bound<'_, PyAny>) -> PyResult<Summary> {
    let (tag, text) = (argument::text(tag, "tag")?, argument::text(text, "text")?);
    Summary::encoded("text", |out| text_value(out, tag, text))
}
