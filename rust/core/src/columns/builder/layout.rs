//! The places of a large file's columns in memory.

use std::iter;

use super::columns::{Columns, histograms};
use crate::columns::memory::Lockstep;
use crate::columns::points::Points;
use crate::proto::Kind;
use crate::scan::counts::Counts;

impl Columns<'_> {
    /// Lays out the columns of a file with `done` bytes read and `rest` bytes still to read. Each
    /// tag gets the room that it needs if it continues at its rate.
    ///
    /// If it does not continue so, not much more than `may_waste` bytes are wasted. Returns false
    /// if there are too many tags to keep this limit.
    pub fn spread(&mut self, done: u64, rest: u64, mut may_waste: usize) -> bool {
        self.is_large = true;
        let ratio = rest as f64 / done.max(1) as f64;
        let room = |seen: usize, at_once: usize| {
            // These are three standard deviations of a count, for tags that come at random.
            let seen = (seen / at_once.max(1)) as f64;
            let times = (seen + (seen + 3.0 * seen.sqrt()) * ratio).ceil() as usize;
            times.saturating_mul(at_once).saturating_add(16)
        };
        let capacities: Vec<_> = iter::zip(&self.hot, &self.cold)
            .map(|(hot, cold)| match hot.is_selected && cold.kind == Kind::Scalar {
                true => room(hot.points.len(), 1),
                false => 0,
            })
            .collect();
        let all = self.hot.iter_mut().map(|series| &mut series.points);
        let emptied = Points::spread(all, &capacities, &mut may_waste);
        let is_laid_out = emptied.is_some();
        self.keep(emptied.unwrap_or_default());
        let (numbers, buckets): (Vec<_>, Vec<_>) = histograms(&mut self.cold).unzip();
        let counts = numbers.iter().map(|numbers| numbers.len());
        let capacities = Vec::from_iter(counts.clone().map(|count| room(count, 1)));
        let in_buckets = (counts.zip(&buckets))
            .map(|(count, buckets)| room(buckets.len(), buckets.len() / count.max(1)));
        let in_buckets = Vec::from_iter(in_buckets);
        // Histograms are longer than points, so they waste less if they grow one by one.
        let _ = Lockstep::spread(buckets.into_iter(), &in_buckets, &mut may_waste);
        let _ = Lockstep::spread(numbers.into_iter(), &capacities, &mut may_waste);
        is_laid_out
    }

    /// Lays out the columns for exactly this number of further points.
    pub fn reserve(&mut self, counts: &Counts) {
        let mut capacities: Vec<_> = self.hot.iter().map(|series| series.points.len()).collect();
        let mut reserved = Vec::new();
        for (name, count) in counts.iter() {
            if !self.selection.wants(name, Kind::Scalar) {
                continue;
            }
            let tag = self.tag(name);
            reserved.resize(self.known.len(), 0);
            match self.find(tag, Kind::Scalar) {
                Some(known) => capacities[known as usize] += count,
                None => reserved[tag as usize] = count,
            }
        }
        self.reserved.resize_with(reserved.len(), Points::default);
        let known = self.hot.iter_mut().map(|series| &mut series.points);
        capacities.append(&mut reserved);
        // These are not kept, since they may be many.
        drop(Points::pack(known.chain(&mut self.reserved), &capacities, true));
    }

    /// The number of bytes that columns on the heap take and do not use yet.
    pub fn unused(&self) -> usize {
        self.hot.iter().map(|series| series.points.unused()).sum()
    }
}
