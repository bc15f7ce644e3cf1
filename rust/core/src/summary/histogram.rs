//! Histograms: `HistogramProto` of `summary.proto`.

use super::*;
pub use bins::{EDGES, Float};
pub use moments::Moments;

mod bins;
mod moments;

/// `Summary.Value.histo`.
const VALUE_HISTOGRAM: u32 = 5;
/// `HistogramProto.bucket_limit`, `.bucket`; `min`, `max`, `num`, `sum`, `sum_squares` come before.
const LIMITS: u32 = 6;
const COUNTS: u32 = 7;

/// How many of the values are in each bin.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Buckets {
    /// Each bin's upper edge.
    pub limits: Vec<f64>,
    /// How many values each bin has.
    pub counts: Vec<f64>,
}

/// The finite values' moments, and how many are in each of the bins between [`EDGES`].
pub fn histogram<T: Float>(values: &[T]) -> (Moments, Vec<f64>) {
    let mut counter = bins::Counter::new();
    let moments = measure(values, &mut counter);
    (moments, counter.counts())
}

/// Sums in pairs, whose error grows with the logarithm of the count only.
fn measure<T: Float>(values: &[T], counter: &mut bins::Counter) -> Moments {
    if values.len() > moments::BLOCK {
        let half = (values.len() / 2).next_multiple_of(moments::BLOCK);
        let (first, second) = values.split_at(half);
        return measure(first, counter).plus(&measure(second, counter));
    }
    counter.add(values);
    Moments::of(values)
}

impl Buckets {
    /// The bins from the first to the last that have values, merged where there are more than
    /// `max_bins` of them: as torch does it, in groups of `bins / max_bins`. Bin i is from
    /// `edges[i]` to `edges[i + 1]`. None where no bin has values.
    pub fn new(edges: &[f64], counts: &[f64], max_bins: Option<usize>) -> Option<Buckets> {
        match max_bins.map(|most| counts.len() / most.max(1)) {
            None | Some(0 | 1) => Buckets::trimmed(edges, counts),
            Some(group) => {
                let merged: Vec<f64> = counts.chunks(group).map(|bins| bins.iter().sum()).collect();
                let (last, starts) = edges.split_last()?;
                let mut edges: Vec<f64> = starts.iter().copied().step_by(group).collect();
                edges.push(*last);
                Buckets::trimmed(&edges, &merged)
            }
        }
    }

    /// A bucket tells its upper edge only, so that an empty one goes in front to tell the lower.
    fn trimmed(edges: &[f64], counts: &[f64]) -> Option<Buckets> {
        let first = counts.iter().position(|&count| count > 0.0)?;
        let last = counts.iter().rposition(|&count| count > 0.0)?;
        let limits = edges[first..=last + 1].to_vec();
        let counts = std::iter::once(0.0).chain(counts[first..=last].iter().copied()).collect();
        Some(Buckets { limits, counts })
    }
}

/// Appends a `Summary.value` with a histogram.
pub fn histogram_value(out: &mut Vec<u8>, tag: &str, moments: &Moments, buckets: &Buckets) {
    let mut histogram = Vec::with_capacity(80 + 16 * buckets.counts.len());
    let Moments { num, min, max, sum, sum_squares } = *moments;
    for (number, value) in (1..).zip([min, max, num, sum, sum_squares]) {
        if value.to_bits() != 0 {
            encode::double_field(&mut histogram, number, value);
        }
    }
    encode::doubles_field(&mut histogram, LIMITS, &buckets.limits);
    encode::doubles_field(&mut histogram, COUNTS, &buckets.counts);
    message_value(out, tag, VALUE_HISTOGRAM, &histogram);
}
