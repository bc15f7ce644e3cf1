//! The least and the greatest value of each bucket of a curve.

use std::sync::{Arc, Mutex};

/// How many values make a bucket, so that about `most` of `count` values are chosen. None if all of
/// them are.
pub(crate) fn bucket_size(count: usize, most: usize) -> Option<usize> {
    if count <= most {
        return None;
    }
    let mut size = 4;
    // The first and the last value are two more.
    while 2 * count.div_ceil(size) + 2 > most.max(4) {
        size *= 2;
    }
    Some(size)
}

/// Chooses the first and the last value, and of each bucket the least, the greatest and the first
/// NaN.
#[derive(Debug, Clone)]
pub(crate) struct Extremes {
    size: usize,
    /// The number of values so far.
    count: usize,
    /// The indices of the values that are chosen of the whole buckets.
    chosen: Vec<usize>,
    /// Those of the last bucket, which is not whole.
    least: Option<(usize, f64)>,
    greatest: Option<(usize, f64)>,
    no_number: Option<usize>,
}

impl Extremes {
    pub fn new(size: usize) -> Extremes {
        let (least, greatest, no_number) = (None, None, None);
        Extremes { size, count: 0, chosen: vec![0], least, greatest, no_number }
    }

    /// Adds the next values.
    pub fn extend(&mut self, mut values: &[f64]) {
        while !values.is_empty() {
            let room = self.size - self.count % self.size;
            let (next, rest) = values.split_at(room.min(values.len()));
            self.extend_bucket(next);
            if next.len() == room {
                self.end_bucket();
            }
            values = rest;
        }
    }

    fn extend_bucket(&mut self, values: &[f64]) {
        for (index, &value) in (self.count..).zip(values) {
            if value.is_nan() {
                self.no_number = self.no_number.or(Some(index));
                continue;
            }
            if self.least.is_none_or(|(_, least)| value < least) {
                self.least = Some((index, value));
            }
            if self.greatest.is_none_or(|(_, greatest)| value > greatest) {
                self.greatest = Some((index, value));
            }
        }
        self.count += values.len();
    }

    fn end_bucket(&mut self) {
        let least = self.least.take().map(|(index, _)| index);
        let greatest = self.greatest.take().map(|(index, _)| index);
        let mut chosen = [least, greatest, self.no_number.take()];
        chosen.sort_unstable();
        self.chosen.extend(chosen.into_iter().flatten());
    }

    /// The indices of the values that are chosen. There must be values.
    pub fn finish(mut self) -> Vec<usize> {
        self.end_bucket();
        self.chosen.push(self.count - 1);
        self.chosen.dedup();
        self.chosen
    }
}

/// The extremes of values that stay as they are, once they were asked for.
#[derive(Debug, Default)]
pub(crate) struct KnownExtremes(Mutex<Option<Arc<Extremes>>>);

impl KnownExtremes {
    /// The extremes of `values`, which are the same at each call. Those of the last size are
    /// remembered. The lock is not waited for: in a child of a fork nobody may ever free it.
    pub fn of(&self, values: &[f64], size: usize) -> Extremes {
        let known = self.0.try_lock().ok().and_then(|known| known.clone());
        if let Some(extremes) = known.filter(|extremes| extremes.size == size) {
            return Extremes::clone(&extremes);
        }
        let mut extremes = Extremes::new(size);
        extremes.extend(values);
        if let Ok(mut known) = self.0.try_lock() {
            *known = Some(Arc::new(extremes.clone()));
        }
        extremes
    }
}
