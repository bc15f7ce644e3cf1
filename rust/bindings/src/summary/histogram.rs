use numpy::{PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use tfevents::summary::{self, Buckets, EDGES, Float, Moments};

use super::encoded::{Floats, Summary};
use crate::call::argument;

/// A histogram of values in TensorFlow's bins, and the number of values that were ignored, since
/// they are NaN or infinite.
#[pyfunction]
#[pyo3(signature = (tag, values, max_bins))]
pub fn histogram(
    py: Python<'_>,
    tag: &Bound<'_, PyAny>,
    values: Floats<'_>,
    max_bins: Option<usize>,
) -> PyResult<(Summary, usize)> {
    let (count, (moments, counts)) = match &values {
        Floats::Single(values) => counted(py, values.as_slice()?),
        Floats::Double(values) => counted(py, values.as_slice()?),
    };
    let summary = in_bins(tag, &moments, &EDGES, &counts, max_bins)?;
    Ok((summary, count - moments.num as usize))
}

/// Counts with the interpreter released, as NumPy does. If another thread writes to the array
/// meanwhile, some of its writes are counted.
fn counted<T: Float + Sync>(py: Python<'_>, values: &[T]) -> (usize, (Moments, Vec<f64>)) {
    (values.len(), py.detach(|| summary::histogram(values)))
}

/// A histogram of known moments (`num`, `min`, `max`, `sum`, `sum_squares`), edges, and counts
/// between the edges.
#[pyfunction]
#[pyo3(signature = (tag, moments, edges, counts, max_bins))]
pub fn histogram_in_bins(
    tag: &Bound<'_, PyAny>,
    moments: [f64; 5],
    edges: PyReadonlyArray1<'_, f64>,
    counts: PyReadonlyArray1<'_, f64>,
    max_bins: Option<usize>,
) -> PyResult<Summary> {
    in_bins(tag, &as_moments(moments), edges.as_slice()?, counts.as_slice()?, max_bins)
}

/// A histogram of known moments, upper limits of buckets, and counts.
#[pyfunction]
pub fn histogram_raw(
    tag: &Bound<'_, PyAny>,
    moments: [f64; 5],
    limits: PyReadonlyArray1<'_, f64>,
    counts: PyReadonlyArray1<'_, f64>,
) -> PyResult<Summary> {
    let buckets = Buckets { limits: limits.to_vec()?, counts: counts.to_vec()? };
    encoded(tag, &as_moments(moments), &buckets)
}

fn as_moments([num, min, max, sum, sum_squares]: [f64; 5]) -> Moments {
    Moments { num, min, max, sum, sum_squares }
}

fn in_bins(
    tag: &Bound<'_, PyAny>,
    moments: &Moments,
    edges: &[f64],
    counts: &[f64],
    max_bins: Option<usize>,
) -> PyResult<Summary> {
    if moments.num == 0.0 {
        return encoded(tag, &as_moments([0.0; 5]), &nothing_below(0.0));
    }
    let buckets = Buckets::new(edges, counts, max_bins)
        .unwrap_or_else(|| nothing_below(edges.last().copied().unwrap_or(0.0)));
    encoded(tag, moments, &buckets)
}

/// One empty bucket, which every reader shows as an empty histogram.
fn nothing_below(limit: f64) -> Buckets {
    Buckets { limits: vec![limit], counts: vec![0.0] }
}

fn encoded(tag: &Bound<'_, PyAny>, moments: &Moments, buckets: &Buckets) -> PyResult<Summary> {
    let tag = argument::tag(tag, "tag")?;
    Summary::encoded("bucket_counts", |out| summary::histogram_value(out, tag, moments, buckets))
}
