//! Histograms: moments and buckets, encoded as `HistogramProto`.

use crate::proto::Histogram;
use crate::proto::number::value as number;
use crate::proto::value::put_message_value;
pub use bins::{EDGES, Float};
pub use moments::Moments;

mod bins;
mod moments;

/// The buckets of a histogram.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Buckets {
    /// Each bin's upper edge.
    pub limits: Vec<f64>,
    /// How many values each bin has.
    pub counts: Vec<f64>,
}

/// The moments of the finite values, and the counts of the bins between [`EDGES`].
pub fn histogram<T: Float>(values: &[T]) -> (Moments, Vec<f64>) {
    let mut counter = bins::Counter::new();
    let moments = measure(values, &mut counter);
    (moments, counter.counts())
}

/// Sums in pairs. The error of such sums grows only with the logarithm of the count.
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
    /// The bins from the first to the last that have values. Bin i is from `edges[i]` to
    /// `edges[i + 1]`. If there are more than `max_bins`, groups of `bins / max_bins` bins are
    /// merged, as in torch. None if no bin has values.
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

    /// A bucket stores only its upper edge. So an empty bucket is added in front, whose upper edge
    /// is the lower edge of the first one.
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
    let Moments { num, min, max, sum, sum_squares } = *moments;
    let (limits, counts) = (bytes(&buckets.limits).into(), bytes(&buckets.counts).into());
    let histogram = Histogram { min, max, num, sum, sum_squares, limits, counts };
    let mut message = Vec::with_capacity(80 + 16 * buckets.counts.len());
    histogram.encode(&mut message);
    put_message_value(out, tag, number::HISTO, &message);
}

fn bytes(doubles: &[f64]) -> Vec<u8> {
    doubles.iter().flat_map(|double| double.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_in_nothing() {
        for count in [1, 8, 9, 511, 512, 513, 5000] {
            let values: Vec<f64> = (1..=count).map(f64::from).collect();
            let (moments, counts) = histogram(&values);
            let n = f64::from(count);
            assert_eq!([moments.num, moments.min, moments.max], [n, 1.0, n]);
            assert_eq!(moments.sum, n * (n + 1.0) / 2.0);
            assert_eq!(moments.sum_squares, n * (n + 1.0) * (2.0 * n + 1.0) / 6.0);
            assert_eq!(counts.iter().sum::<f64>(), n);
            for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let mut more = values.clone();
                more.insert(values.len() / 2, wrong);
                assert_eq!(histogram(&more), (moments, counts.clone()));
            }
        }
        assert_eq!(histogram::<f32>(&[f32::NAN]).0.num, 0.0);
        assert_eq!(histogram::<f32>(&[]).0.num, 0.0);
    }

    #[test]
    fn empty_bins_are_cut_off_and_others_merged() {
        let edges: Vec<f64> = (0..8).map(f64::from).collect();
        let counts = [0.0, 0.0, 1.0, 0.0, 2.0, 3.0, 0.0];
        let buckets = |most| Buckets::new(&edges, &counts, most).unwrap();
        assert_eq!(buckets(None).limits, [2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(buckets(None).counts, [0.0, 1.0, 0.0, 2.0, 3.0]);
        assert_eq!(buckets(Some(4)), buckets(None));
        assert_eq!(buckets(Some(3)).limits, [2.0, 4.0, 6.0]);
        assert_eq!(buckets(Some(3)).counts, [0.0, 1.0, 5.0]);
        assert_eq!(buckets(Some(1)).limits, [0.0, 7.0]);
        assert_eq!(buckets(Some(1)).counts, [0.0, 6.0]);
        assert_eq!(Buckets::new(&edges, &[0.0; 7], None), None);
        assert_eq!(Buckets::new(&[], &[], Some(1)), None);
    }
}
