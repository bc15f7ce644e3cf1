//! The histograms of one tag.

use std::ops::Range;

use crate::columns::memory::Lockstep;
use crate::proto::{Data, Elements, Histogram, Tensor};

/// Steps, wall times and histograms of one tag.
///
/// The tensors of TensorFlow 2 do not have all numbers of a `HistogramProto`. For these, `min` and
/// `max` are the outer edges, `num` is the sum of the counts, and the two sums are NaN.
#[derive(Debug, Default)]
pub struct Histograms {
    /// The steps.
    pub steps: Vec<i64>,
    /// Seconds since the epoch.
    pub wall_times: Vec<f64>,
    min: Vec<f64>,
    max: Vec<f64>,
    num: Vec<f64>,
    sum: Vec<f64>,
    sum_squares: Vec<f64>,
    /// For each histogram, the index at which its buckets end.
    ends: Vec<usize>,
    /// The upper limits and the counts of the buckets of all histograms.
    buckets: Lockstep<2>,
    /// Which histograms are tensors; empty while none is.
    tensors: Vec<bool>,
}

impl Histograms {
    /// The number of histograms.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there are no histograms.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The least value of each.
    pub fn min(&self) -> &[f64] {
        &self.min
    }

    /// The greatest value of each.
    pub fn max(&self) -> &[f64] {
        &self.max
    }

    /// The number of values in each.
    pub fn num(&self) -> &[f64] {
        &self.num
    }

    /// The sum of the values of each.
    pub fn sum(&self) -> &[f64] {
        &self.sum
    }

    /// The sum of the squares of the values of each.
    pub fn sum_squares(&self) -> &[f64] {
        &self.sum_squares
    }

    /// For each histogram, the index at which its buckets end.
    pub fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// The upper limits of the buckets of all histograms, as they are stored.
    pub fn limits(&self) -> &[f64] {
        self.buckets.floats(0)
    }

    /// The counts of the buckets of all histograms.
    pub fn counts(&self) -> &[f64] {
        self.buckets.floats(1)
    }

    /// Which histograms are tensors, up to the last one that is. The limits of a tensor are all
    /// edges except the first.
    pub fn tensors(&self) -> &[bool] {
        &self.tensors
    }

    /// The index at which the buckets of the histogram at `row` start. For the row after the last
    /// one, it is the end of all buckets.
    pub(crate) fn start(&self, row: usize) -> usize {
        row.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    /// The buckets that TensorBoard shows of the histogram at `row` (`_migrate_histogram_value` of
    /// its `data_compat.py`). Empty buckets at both ends are left out, but a tensor shows all.
    pub fn shown(&self, row: usize) -> Range<usize> {
        let all = self.start(row)..self.ends[row];
        if self.tensors.get(row) == Some(&true) {
            return all;
        }
        let counts = &self.counts()[all.clone()];
        let is_filled = |count: &f64| *count > 0.0;
        match (counts.iter().position(is_filled), counts.iter().rposition(is_filled)) {
            (Some(first), Some(last)) => all.start + first..all.start + last + 1,
            _ => all.start..all.start,
        }
    }

    /// Histograms from columns: minimum, maximum, count, sum and sum of squares of each, the ends
    /// of their buckets, the limits and counts of the buckets, and which are tensors. `None` if the
    /// columns do not fit together.
    pub fn of_columns(
        (steps, wall_times): (Vec<i64>, Vec<f64>),
        [min, max, num, sum, sum_squares]: [Vec<f64>; 5],
        (ends, limits, counts): (Vec<usize>, &[f64], &[f64]),
        tensors: Vec<bool>,
    ) -> Option<Histograms> {
        let columns = [&wall_times, &min, &max, &num, &sum, &sum_squares];
        let is_whole = columns.iter().all(|column| column.len() == steps.len())
            && ends.len() == steps.len()
            && ends.is_sorted()
            && ends.last().copied().unwrap_or(0) == limits.len()
            && limits.len() == counts.len()
            && tensors.len() <= steps.len();
        is_whole.then(|| {
            let mut buckets = Lockstep::default();
            for (limit, count) in limits.iter().zip(counts) {
                buckets.push_words([limit.to_bits(), count.to_bits()]);
            }
            Histograms {
                steps,
                wall_times,
                min,
                max,
                num,
                sum,
                sum_squares,
                ends,
                buckets,
                tensors,
            }
        })
    }

    /// Appends a histogram, if `data` is one.
    pub(crate) fn push(&mut self, step: i64, wall_time: f64, data: &Data<'_>) {
        match data {
            Data::Histogram(histogram) => self.push_message(step, wall_time, histogram),
            Data::Tensor(tensor) if self.push_tensor(tensor).is_some() => {
                self.push_times(step, wall_time);
            }
            _ => {}
        }
    }

    /// Appends a histogram of the older encoding.
    pub(crate) fn push_message(&mut self, step: i64, wall_time: f64, histogram: &Histogram<'_>) {
        // A limit without a count, or a count without a limit, is dropped.
        self.buckets.extend([histogram.limits.as_chunks().0, histogram.counts.as_chunks().0]);
        self.min.push(histogram.min);
        self.max.push(histogram.max);
        self.num.push(histogram.num);
        self.sum.push(histogram.sum);
        self.sum_squares.push(histogram.sum_squares);
        self.push_times(step, wall_time);
    }

    fn push_times(&mut self, step: i64, wall_time: f64) {
        self.steps.push(step);
        self.wall_times.push(wall_time);
        self.ends.push(self.buckets.len());
    }

    /// Adds a tensor of shape \[k, 3\]: left edge, right edge and count of each bucket.
    fn push_tensor(&mut self, tensor: &Tensor<'_>) -> Option<()> {
        let array = tensor.array().ok()?;
        let [buckets, 3] = array.shape[..] else { return None };
        let Elements::Numbers(dtype, bytes) = &array.elements else { return None };
        // A single number for all buckets is not a histogram.
        if bytes.len() / dtype.size != 3 * buckets {
            return None;
        }
        match dtype.name {
            "float64" => self.push_rows(bytes, f64::from_le_bytes),
            "float32" => self.push_rows(bytes, |x| f64::from(f32::from_le_bytes(x))),
            // TensorBoard shows histograms of any other type too.
            _ => {
                let bytes: Vec<_> =
                    array.to_f64()?.into_iter().flat_map(f64::to_le_bytes).collect();
                self.push_rows(&bytes, f64::from_le_bytes);
            }
        }
        self.sum.push(f64::NAN);
        self.sum_squares.push(f64::NAN);
        self.tensors.resize(self.steps.len(), false);
        self.tensors.push(true);
        Some(())
    }

    fn push_rows<const SIZE: usize>(&mut self, bytes: &[u8], number: impl Fn([u8; SIZE]) -> f64) {
        let rows = bytes.as_chunks().0.as_chunks::<3>().0;
        self.min.push(rows.first().map_or(f64::NAN, |row| number(row[0])));
        self.max.push(rows.last().map_or(f64::NAN, |row| number(row[1])));
        self.num.push(rows.iter().map(|row| number(row[2])).sum());
        for row in rows {
            self.buckets.push_words([number(row[1]), number(row[2])].map(f64::to_bits));
        }
    }

    /// The buckets of all histograms, to lay them out or to reserve memory.
    pub(crate) fn buckets_mut(&mut self) -> &mut Lockstep<2> {
        &mut self.buckets
    }

    /// Appends copies of these histograms of `other`.
    pub(crate) fn extend_from(&mut self, other: &Histograms, range: Range<usize>) {
        let buckets = other.start(range.start)..other.start(range.end);
        if !other.tensors.is_empty() {
            self.tensors.resize(self.steps.len(), false);
            let is_tensor = |index| other.tensors.get(index).copied().unwrap_or(false);
            self.tensors.extend(range.clone().map(is_tensor));
        }
        let moved = self.buckets.len();
        self.ends.extend(other.ends[range.clone()].iter().map(|end| end - buckets.start + moved));
        self.buckets.extend_from(&other.buckets, buckets);
        self.steps.extend_from_slice(&other.steps[range.clone()]);
        self.wall_times.extend_from_slice(&other.wall_times[range.clone()]);
        for (into, column) in [
            (&mut self.min, &other.min),
            (&mut self.max, &other.max),
            (&mut self.num, &other.num),
            (&mut self.sum, &other.sum),
            (&mut self.sum_squares, &other.sum_squares),
        ] {
            into.extend_from_slice(&column[range.clone()]);
        }
    }

    /// Appends all of `other`, which is empty then.
    pub(crate) fn append(&mut self, other: &mut Histograms) {
        let moved = self.buckets.len();
        if !other.tensors.is_empty() {
            self.tensors.resize(self.steps.len(), false);
            self.tensors.append(&mut other.tensors);
        }
        self.steps.append(&mut other.steps);
        self.wall_times.append(&mut other.wall_times);
        self.min.append(&mut other.min);
        self.max.append(&mut other.max);
        self.num.append(&mut other.num);
        self.sum.append(&mut other.sum);
        self.sum_squares.append(&mut other.sum_squares);
        self.buckets.append(&mut other.buckets);
        self.ends.extend(other.ends.drain(..).map(|end| end + moved));
    }
}
