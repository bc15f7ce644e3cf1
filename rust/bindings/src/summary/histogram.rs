use numpy::{PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tfevents::summary::{self, Buckets, EDGES, Moments};

use super::{Floats, Summary};
use crate::argument;

/// A histogram of values in TensorFlow's bins, and how many of them are NaN or infinite and were
/// left out.
// The interpreter is not released: the array is the caller's, and others might write to it.
#[pyfunction]
#[pyo3(signature = (tag, values, max_bins))]
pub fn histogram(
    tag: &Bound<'_, PyAny>,
    values: Floats<'_>,
    max_bins: Option<usize>,
) -> PyResult<(Summary, usize)> {
    let (count, (moments, counts)) = match &values {
        Floats::Single(values) => (values.len()?, summary::histogram(values.as_slice()?)),
        Floats::Double(values) => (values.len()?, summary::histogram(values.as_slice()?)),
    };
    let summary = in_bins(tag, &moments, &EDGES, &counts, max_bins)?;
    Ok((summary, count - moments.num as usize))
}

/// A histogram of values whose moments are known (`num`, `min`, `max`, `sum`, `sum_squares`), and
/// how many of them are between each edge and the next.
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

/// A histogram as it is: its moments, each bucket's upper limit and its count.
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
        // One empty bucket, which every reader takes for a histogram of nothing.
        let buckets = Buckets { limits: vec![0.0], counts: vec![0.0] };
        return encoded(tag, &as_moments([0.0; 5]), &buckets);
    }
    let buckets = Buckets::new(edges, counts, max_bins)
        .ok_or_else(|| PyValueError::new_err("values: none of them is in any of the bins"))?;
    encoded(tag, moments, &buckets)
}

fn encoded(tag: &Bound<'_, PyAny>, moments: &Moments, buckets: &Buckets) -> PyResult<Summary> {
    let tag = argument::text(tag, "tag")?;
    Ok(Summary::encoded(|out| summary::histogram_value(out, tag, moments, buckets)))
}
