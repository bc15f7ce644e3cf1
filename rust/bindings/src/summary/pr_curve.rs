use numpy::{PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tfevents::summary::{self, PrCurve, Prediction};

use super::encoded::{Floats, Summary};
use crate::call::argument;

/// The curve of predictions, labels and weights of the same number. Also returns how many
/// predictions were ignored, since they belong to no threshold.
#[pyfunction]
pub fn pr_curve(
    py: Python<'_>,
    tag: &Bound<'_, PyAny>,
    labels: PyReadonlyArray1<'_, f64>,
    predictions: Floats<'_>,
    weights: Option<PyReadonlyArray1<'_, f64>>,
    thresholds: usize,
) -> PyResult<(Summary, usize)> {
    let labels = labels.as_slice()?;
    let weights = weights.as_ref().map(|weights| weights.as_slice()).transpose()?;
    let count = match &predictions {
        Floats::Single(predictions) => predictions.len(),
        Floats::Double(predictions) => predictions.len(),
    };
    if labels.len() != count || weights.is_some_and(|weights| weights.len() != count) {
        return Err(PyValueError::new_err(format!("expected {count} labels, and as many weights")));
    }
    if thresholds == 0 {
        return Err(PyValueError::new_err("num_thresholds: expected at least 1"));
    }
    // Six numbers for each are encoded.
    argument::fits(thresholds.saturating_mul(6 * size_of::<f32>()), "num_thresholds")?;
    let PrCurve { rows, left_out } = match &predictions {
        Floats::Single(p) => counted(py, labels, p.as_slice()?, weights, thresholds),
        Floats::Double(p) => counted(py, labels, p.as_slice()?, weights, thresholds),
    };
    Ok((encoded(tag, &rows, thresholds)?, left_out))
}

/// Counts with the interpreter released, as for histograms.
fn counted<T: Prediction + Sync>(
    py: Python<'_>,
    labels: &[f64],
    predictions: &[T],
    weights: Option<&[f64]>,
    thresholds: usize,
) -> PrCurve {
    py.detach(|| summary::pr_curve(labels, predictions, weights, thresholds))
}

/// A curve of six known rows, one after another.
#[pyfunction]
pub fn pr_curve_raw(
    tag: &Bound<'_, PyAny>,
    rows: PyReadonlyArray1<'_, f64>,
    thresholds: usize,
) -> PyResult<Summary> {
    encoded(tag, rows.as_slice()?, thresholds)
}

fn encoded(tag: &Bound<'_, PyAny>, rows: &[f64], thresholds: usize) -> PyResult<Summary> {
    let tag = argument::tag(tag, "tag")?;
    Summary::encoded("num_thresholds", |out| {
        summary::pr_curve_value(out, tag, rows, thresholds as u32);
    })
}
