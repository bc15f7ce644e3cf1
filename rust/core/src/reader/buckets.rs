//! The buckets of many histograms in columns, as TensorBoard shows them.

use std::collections::TryReserveError;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::{iter, mem};

use crate::columns::Histograms;
use crate::columns::memory::Column;
use crate::reader::help::with_help;

/// The edges and counts of histograms. A histogram of k buckets has k + 1 edges. One without
/// buckets has no edges.
#[derive(Debug, Default)]
pub struct Buckets {
    /// A 0, and the index at which the edges of each histogram end.
    pub edge_ends: Vec<i64>,
    /// The edges of all histograms.
    pub edges: Column<f64>,
    /// A 0, and the index at which the counts of each histogram end.
    pub count_ends: Vec<i64>,
    /// The counts of all histograms.
    pub counts: Column<f64>,
}

/// A thread fills about so many buckets at a time: a huge page of edges, and one of counts. If two
/// threads began to fill the same huge page, the system would make it twice.
const PIECE: usize = (2 << 20) / size_of::<f64>();

impl Buckets {
    /// The buckets of some histograms of each of these tags, made by up to so many threads.
    pub fn of(
        parts: &[(&Histograms, Range<usize>)],
        threads: NonZeroUsize,
    ) -> Result<Buckets, TryReserveError> {
        let rows: usize = parts.iter().map(|(_, rows)| rows.len()).sum();
        let most = parts.iter().map(|(of, rows)| of.start(rows.end) - of.start(rows.start)).sum();
        let mut all = Buckets {
            edges: Column::zeros(most + rows)?,
            counts: Column::zeros(most)?,
            ..Buckets::default()
        };
        for ends in [&mut all.edge_ends, &mut all.count_ends] {
            ends.try_reserve_exact(rows + 1)?;
            ends.push(0);
        }
        let pieces = all.pieces(parts);
        match (threads.get() - 1).min(most / PIECE) {
            0 => pieces.for_each(Piece::fill),
            help => {
                let pieces = Mutex::new(pieces);
                let next = || pieces.lock().unwrap_or_else(PoisonError::into_inner).next();
                let work = || iter::from_fn(next).for_each(Piece::fill);
                with_help(help, work, work);
            }
        }
        let last = |ends: &[i64]| ends.last().map_or(0, |&end| end as usize);
        all.edges.truncate(last(&all.edge_ends));
        all.counts.truncate(last(&all.count_ends));
        Ok(all)
    }

    /// The pieces to fill, each of which is found while those before are filled.
    fn pieces<'a>(&'a mut self, parts: &'a [(&'a Histograms, Range<usize>)]) -> Pieces<'a> {
        let Buckets { edge_ends, edges, count_ends, counts } = self;
        let edges = Lists { ends: edge_ends, end: 0, rest: &mut edges[..] };
        let counts = Lists { ends: count_ends, end: 0, rest: &mut counts[..] };
        Pieces { parts, done: 0, edges, counts }
    }
}

/// The lists that are not filled yet.
struct Lists<'a> {
    ends: &'a mut Vec<i64>,
    /// Where the last list ends.
    end: usize,
    rest: &'a mut [f64],
}

impl<'a> Lists<'a> {
    /// Adds a list.
    fn add(&mut self, length: usize) {
        self.end += length;
        self.ends.push(self.end as i64);
    }

    /// Takes the items up to the end of the last list, of which there are so many.
    fn take(&mut self, count: usize) -> &'a mut [f64] {
        take(&mut self.rest, count)
    }
}

/// Finds where the lists end, and cuts the columns into pieces.
struct Pieces<'a> {
    /// The histograms that are left.
    parts: &'a [(&'a Histograms, Range<usize>)],
    /// The number of rows of the first part that are in earlier pieces.
    done: usize,
    edges: Lists<'a>,
    counts: Lists<'a>,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let before = (self.edges.end, self.counts.end);
        let mut rows = Vec::new();
        while self.counts.end - before.1 < PIECE
            && rows.len() < PIECE
            && let Some(((histograms, all), others)) = self.parts.split_first()
        {
            let Some(row) = all.clone().nth(self.done) else {
                (self.parts, self.done) = (others, 0);
                continue;
            };
            self.done += 1;
            let shown = histograms.shown(row);
            self.counts.add(shown.len());
            self.edges.add(edges_of(&shown));
            rows.push((*histograms, row, shown));
        }
        let edges = self.edges.take(self.edges.end - before.0);
        let counts = self.counts.take(self.counts.end - before.1);
        (!rows.is_empty()).then_some(Piece { rows, edges, counts })
    }
}

/// The number of edges of these buckets.
fn edges_of(buckets: &Range<usize>) -> usize {
    buckets.len() + usize::from(!buckets.is_empty())
}

/// Takes the first items from a slice.
fn take<'a>(rest: &mut &'a mut [f64], count: usize) -> &'a mut [f64] {
    let (taken, others) = mem::take(rest).split_at_mut(count);
    *rest = others;
    taken
}

/// Some histograms with the buckets that each shows, and where their edges and counts go.
struct Piece<'a> {
    rows: Vec<(&'a Histograms, usize, Range<usize>)>,
    edges: &'a mut [f64],
    counts: &'a mut [f64],
}

impl Piece<'_> {
    fn fill(mut self) {
        for (histograms, row, shown) in self.rows {
            // The outer edges are the least and the greatest value.
            if let [first, inner @ .., last] = take(&mut self.edges, edges_of(&shown)) {
                (*first, *last) = (histograms.min()[row], histograms.max()[row]);
                inner.copy_from_slice(&histograms.limits()[shown.start..shown.end - 1]);
            }
            take(&mut self.counts, shown.len()).copy_from_slice(&histograms.counts()[shown]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: NonZeroUsize = NonZeroUsize::MIN;

    fn histograms(buckets: &[(&[f64], &[f64])], tensors: Vec<bool>) -> Histograms {
        let rows = buckets.len();
        let column = |first: f64| (0..rows).map(|row| first + row as f64).collect::<Vec<_>>();
        let mut ends = Vec::new();
        let (mut limits, mut counts) = (Vec::new(), Vec::new());
        for (limit, count) in buckets {
            limits.extend_from_slice(limit);
            counts.extend_from_slice(count);
            ends.push(limits.len());
        }
        let (min, max, other) = (column(-100.0), column(100.0), column(0.0));
        let columns = [&min[..], &max, &other, &other, &other];
        let times = (&vec![0; rows][..], &other[..]);
        Histograms::of_columns(times, columns, (ends, &limits, &counts), tensors).unwrap()
    }

    #[test]
    fn empty_buckets_at_both_ends_are_left_out_but_of_tensors() {
        let some: (&[f64], &[f64]) = (&[1.0, 2.0, 3.0, 4.0, 5.0], &[0.0, 7.0, 0.0, 8.0, 0.0]);
        let none: (&[f64], &[f64]) = (&[1.0, 2.0], &[0.0, f64::NAN]);
        let old = histograms(&[some, (&[], &[]), none, some], vec![]);
        let new = histograms(&[some, none], vec![false, true]);
        let parts = [(&old, 0..3), (&new, 0..2), (&old, 3..3), (&old, 3..4)];
        let all = Buckets::of(&parts, ONE).unwrap();

        assert_eq!(all.count_ends[..], [0, 3, 3, 3, 6, 8, 11]);
        assert_eq!(all.edge_ends[..], [0, 4, 4, 4, 8, 11, 15]);
        assert_eq!(all.counts[..6], [7.0, 0.0, 8.0, 7.0, 0.0, 8.0]);
        assert!(all.counts[6] == 0.0 && all.counts[7].is_nan());
        assert_eq!(
            all.edges[..],
            [
                -100.0, 2.0, 3.0, 100.0, -100.0, 2.0, 3.0, 100.0, -99.0, 1.0, 101.0, -97.0, 2.0,
                3.0, 103.0
            ]
        );
    }

    #[test]
    fn many_threads_make_what_one_would() {
        // Most counts are 0, so many histograms show less than they have, and some show nothing.
        let limits: Vec<f64> = (0..40).map(f64::from).collect();
        let counts: Vec<f64> = (0..300_000u32).map(|i| f64::from(i % 13 * i % 13 / 12)).collect();
        let tag = |rows: usize| {
            let length = |row| row * row % 41;
            let starts = (0..rows).scan(0, |end, row| {
                *end = (*end + length(row)) % (counts.len() - 41);
                Some(*end)
            });
            let all: Vec<(&[f64], &[f64])> = starts
                .enumerate()
                .map(|(row, start)| (&limits[..length(row)], &counts[start..][..length(row)]))
                .collect();
            histograms(&all, vec![false, true, true])
        };
        let tags = [tag(30_000), tag(5), tag(40_000)];
        let parts = [(&tags[0], 0..30_000), (&tags[1], 1..4), (&tags[2], 7..39_000)];
        let made = Buckets::of(&parts, NonZeroUsize::new(3).unwrap()).unwrap();

        let (mut edges, mut counts) = (Vec::new(), Vec::new());
        let mut ends = (vec![0], vec![0]);
        for (histograms, row) in
            parts.iter().flat_map(|(of, rows)| rows.clone().map(move |row| (*of, row)))
        {
            let shown = histograms.shown(row);
            counts.extend_from_slice(&histograms.counts()[shown.clone()]);
            if !shown.is_empty() {
                edges.push(histograms.min()[row]);
                edges.extend_from_slice(&histograms.limits()[shown.start..shown.end - 1]);
                edges.push(histograms.max()[row]);
            }
            ends.0.push(edges.len() as i64);
            ends.1.push(counts.len() as i64);
        }
        assert!(counts.len() > 2 * PIECE);
        assert!(made.edge_ends[..] == ends.0[..] && made.count_ends[..] == ends.1[..]);
        assert!(made.edges[..] == edges[..] && made.counts[..] == counts[..]);
    }

    #[test]
    fn of_no_histograms_there_is_nothing() {
        let all = Buckets::of(&[], ONE).unwrap();
        assert_eq!((all.edge_ends[..].to_vec(), all.edges.len()), (vec![0], 0));
    }
}
