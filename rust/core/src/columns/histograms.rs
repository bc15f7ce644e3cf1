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
    /// Steps, wall times, minima, maxima, numbers of values, sums and sums of squares.
    numbers: Lockstep<7>,
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
        self.numbers.len()
    }

    /// Whether there are no histograms.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The steps.
    pub fn steps(&self) -> &[i64] {
        self.numbers.integers(0)
    }

    /// Seconds since the epoch.
    pub fn wall_times(&self) -> &[f64] {
        self.numbers.floats(1)
    }

    /// The least value of each.
    pub fn min(&self) -> &[f64] {
        self.numbers.floats(2)
    }

    /// The greatest value of each.
    pub fn max(&self) -> &[f64] {
        self.numbers.floats(3)
    }

    /// The number of values in each.
    pub fn num(&self) -> &[f64] {
        self.numbers.floats(4)
    }

    /// The sum of the values of each.
    pub fn sum(&self) -> &[f64] {
        self.numbers.floats(5)
    }

    /// The sum of the squares of the values of each.
    pub fn sum_squares(&self) -> &[f64] {
        self.numbers.floats(6)
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

    /// Histograms from columns: steps and wall times; minimum, maximum, count, sum and sum of squares
    /// of each; the ends of their buckets, the limits and counts of the buckets; and which are
    /// tensors. `None` if the columns do not fit together.
    pub fn of_columns(
        (steps, wall_times): (&[i64], &[f64]),
        columns: [&[f64]; 5],
        (ends, limits, counts): (Vec<usize>, &[f64], &[f64]),
        tensors: Vec<bool>,
    ) -> Option<Histograms> {
        let is_whole = wall_times.len() == steps.len()
            && columns.iter().all(|column| column.len() == steps.len())
            && ends.len() == steps.len()
            && ends.is_sorted()
            && ends.last().copied().unwrap_or(0) == limits.len()
            && limits.len() == counts.len()
            && tensors.len() <= steps.len();
        is_whole.then(|| {
            let mut all = Histograms { ends, tensors, ..Histograms::default() };
            for (row, (&step, &wall_time)) in steps.iter().zip(wall_times).enumerate() {
                all.push_numbers(step, wall_time, columns.map(|column| column[row]));
            }
            for (limit, count) in limits.iter().zip(counts) {
                all.buckets.push_words([limit.to_bits(), count.to_bits()]);
            }
            all
        })
    }

    /// Appends a histogram, if `data` is one.
    pub(crate) fn push(&mut self, step: i64, wall_time: f64, data: &Data<'_>) {
        match data {
            Data::Histogram(histogram) => self.push_message(step, wall_time, histogram),
            Data::Tensor(tensor) => {
                if let Some(outer) = self.push_buckets(tensor) {
                    self.tensors.resize(self.len(), false);
                    self.tensors.push(true);
                    self.ends.push(self.buckets.len());
                    self.push_numbers(step, wall_time, outer);
                }
            }
            _ => {}
        }
    }

    /// Appends a histogram of the older encoding.
    #[inline]
    pub(crate) fn push_message(&mut self, step: i64, wall_time: f64, histogram: &Histogram<'_>) {
        let &Histogram { min, max, num, sum, sum_squares, .. } = histogram;
        // A limit without a count, or a count without a limit, is dropped.
        self.buckets.extend([histogram.limits.as_chunks().0, histogram.counts.as_chunks().0]);
        self.ends.push(self.buckets.len());
        self.push_numbers(step, wall_time, [min, max, num, sum, sum_squares]);
    }

    #[inline(always)]
    fn push_numbers(&mut self, step: i64, wall_time: f64, numbers: [f64; 5]) {
        let [min, max, num, sum, sum_squares] = numbers.map(f64::to_bits);
        let times = (step as u64, wall_time.to_bits());
        self.numbers.push_words([times.0, times.1, min, max, num, sum, sum_squares]);
    }

    /// Adds the buckets of a tensor of shape \[k, 3\]: left edge, right edge and count of each.
    /// Returns the other numbers.
    fn push_buckets(&mut self, tensor: &Tensor<'_>) -> Option<[f64; 5]> {
        let array = tensor.array().ok()?;
        let [buckets, 3] = array.shape[..] else { return None };
        let Elements::Numbers(dtype, bytes) = &array.elements else { return None };
        // A single number for all buckets is not a histogram.
        if bytes.len() / dtype.size != 3 * buckets {
            return None;
        }
        Some(match dtype.name {
            "float64" => self.push_rows(bytes, f64::from_le_bytes),
            "float32" => self.push_rows(bytes, |x| f64::from(f32::from_le_bytes(x))),
            // TensorBoard shows histograms of any other type too.
            _ => {
                let bytes: Vec<_> =
                    array.to_f64()?.into_iter().flat_map(f64::to_le_bytes).collect();
                self.push_rows(&bytes, f64::from_le_bytes)
            }
        })
    }

    fn push_rows<const SIZE: usize>(
        &mut self,
        bytes: &[u8],
        number: impl Fn([u8; SIZE]) -> f64,
    ) -> [f64; 5] {
        let rows = bytes.as_chunks().0.as_chunks::<3>().0;
        for row in rows {
            self.buckets.push_words([number(row[1]), number(row[2])].map(f64::to_bits));
        }
        let min = rows.first().map_or(f64::NAN, |row| number(row[0]));
        let max = rows.last().map_or(f64::NAN, |row| number(row[1]));
        let num = rows.iter().map(|row| number(row[2])).sum();
        [min, max, num, f64::NAN, f64::NAN]
    }

    /// All columns, to lay them out or to free what they do not use.
    pub(crate) fn columns_mut(&mut self) -> (&mut Lockstep<7>, &mut Lockstep<2>) {
        (&mut self.numbers, &mut self.buckets)
    }

    /// Appends copies of these histograms of `other`.
    pub(crate) fn extend_from(&mut self, other: &Histograms, range: Range<usize>) {
        let buckets = other.start(range.start)..other.start(range.end);
        if !other.tensors.is_empty() {
            self.tensors.resize(self.len(), false);
            let is_tensor = |index| other.tensors.get(index).copied().unwrap_or(false);
            self.tensors.extend(range.clone().map(is_tensor));
        }
        let moved = self.buckets.len();
        self.ends.extend(other.ends[range.clone()].iter().map(|end| end - buckets.start + moved));
        self.buckets.extend_from(&other.buckets, buckets);
        self.numbers.extend_from(&other.numbers, range);
    }

    /// Appends all of `other`, which is empty then.
    pub(crate) fn append(&mut self, other: &mut Histograms) {
        let moved = self.buckets.len();
        if !other.tensors.is_empty() {
            self.tensors.resize(self.len(), false);
            self.tensors.append(&mut other.tensors);
        }
        self.ends.extend(other.ends.drain(..).map(|end| end + moved));
        self.buckets.append(&mut other.buckets);
        self.numbers.append(&mut other.numbers);
    }
}
