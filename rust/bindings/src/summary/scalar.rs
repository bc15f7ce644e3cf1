use pyo3::prelude::*;
use tfevents::summary::{self, Precision};

use super::encoded::Summary;
use crate::call::argument;

/// The type of the tensor for the options of `add_scalar`. None for a `simple_value`.
pub fn precision(new_style: bool, double_precision: bool) -> Option<Precision> {
    match (new_style, double_precision) {
        (false, false) => None,
        (true, false) => Some(Precision::Single),
        // A `simple_value` has only 32 bits.
        (_, true) => Some(Precision::Double),
    }
}

/// The summary of a number.
#[pyfunction]
pub fn scalar(
    tag: &Bound<'_, PyAny>,
    value: &Bound<'_, PyAny>,
    new_style: bool,
    double_precision: bool,
    display_name: &Bound<'_, PyAny>,
    summary_description: &Bound<'_, PyAny>,
) -> PyResult<Summary> {
    let tag = argument::tag(tag, "tag")?;
    let value = argument::number(value, "tensor")?;
    let precision = precision(new_style, double_precision);
    let title = argument::text(display_name, "display_name")?;
    let description = argument::text(summary_description, "summary_description")?;
    Summary::encoded("summary_description", |out| {
        summary::described_scalar_value(out, tag, value, precision, title, description);
    })
}
