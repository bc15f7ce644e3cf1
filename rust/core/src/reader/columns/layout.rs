//! Where the columns of a large file lie.

use super::{Cold, Columns};
use crate::reader::points::Points;
use crate::reader::series::Values;
use crate::reader::words::Words;

impl Columns<'_> {
    /// Lays the columns out for a file of which `done` bytes are read and `rest` are not, with as
    /// much room for each tag as it will need if it comes as often as it did.
    pub fn spread(&mut self, done: u64, rest: u64) {
        let ratio = rest as f64 / done.max(1) as f64;
        let room = |seen: usize, at_once: usize| {
            // Three standard deviations of a count, for tags that come at random.
            let seen = (seen / at_once.max(1)) as f64;
            let times = (seen + (seen + 3.0 * seen.sqrt()) * ratio).ceil() as usize;
            times.saturating_mul(at_once).saturating_add(16)
        };
        let capacities: Vec<_> = self.hot.iter().map(|tag| room(tag.points.len(), 1)).collect();
        let all = self.hot.iter_mut().map(|tag| &mut tag.points);
        self.spare.extend(Points::spread(all, &capacities).into_iter().filter(Points::is_reusable));
        let capacities: Vec<_> = (self.cold.iter())
            .filter_map(|tag| match &tag.values {
                Values::Histograms(it) => {
                    let count = it.limits().len();
                    Some(room(count, count / it.len().max(1)))
                }
                _ => None,
            })
            .collect();
        Words::spread(buckets(&mut self.cold), &capacities);
        self.is_spread = true;
    }
}

/// The buckets of all tags that hold histograms.
pub(super) fn buckets(tags: &mut [Cold]) -> impl Iterator<Item = &mut Words<2>> {
    tags.iter_mut().filter_map(|tag| match &mut tag.values {
        Values::Histograms(histograms) => Some(histograms.buckets_mut()),
        _ => None,
    })
}
