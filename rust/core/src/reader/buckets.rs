//! The buckets of many histograms in columns, as TensorBoard shows them.

use std::collections::TryReserveError;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::{iter, mem, slice};

use crate::columns::Histograms;
use crate::columns::memory::Column;
use crate::reader::help::with_help;

/// The edges and counts of histograms. A histogram of k buckets has k + 1 edges. One without
/// buckets has no edges.
#[derive(Debug, Default)]
pub struct Buckets {
    /// A 0, and the index at which the edges of each histogram end.
    pub edge_ends: Column<i64>,
    /// The edges of all histograms.
    pub edges: Column<f64>,
    /// A 0, and the index at which the counts of each histogram end.
    pub count_ends: Column<i64>,
    /// The counts of all histograms.
    pub counts: Column<f64>,
}

impl Buckets {
    /// The buckets of some histograms of each of these tags, made by up to so many threads.
    pub fn of(parts: &[Part<'_>], threads: NonZeroUsize) -> Result<Buckets, TryReserveError> {
        let rows: usize = parts.iter().map(|(_, rows)| rows.len()).sum();
        let most = parts.iter().map(|(of, rows)| of.start(rows.end) - of.start(rows.start)).sum();
        let mut all = Buckets {
            edge_ends: Column::zeros(rows + 1)?,
            edges: Column::zeros(most + rows)?,
            count_ends: Column::zeros(rows + 1)?,
            counts: Column::zeros(most)?,
        };
        let rest = Mutex::new(Rest {
            parts: parts.iter(),
            part: None,
            edges: Lists::new(&mut all.edge_ends, &mut all.edges),
            counts: Lists::new(&mut all.count_ends, &mut all.counts),
        });
        let next = || rest.lock().unwrap_or_else(PoisonError::into_inner).next();
        let work = || iter::from_fn(next).for_each(Piece::fill);
        match (threads.get() - 1).min(most / WORTH_A_THREAD) {
            0 => work(),
            help => with_help(help, work, work),
        }
        let Rest { edges, counts, .. } = rest.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (edges, counts) = (edges.before, counts.before);
        all.edges.truncate(edges);
        all.counts.truncate(counts);
        Ok(all)
    }
}

/// A tag's histograms, and the rows of some of them.
pub type Part<'p> = (&'p Histograms, Range<usize>);

/// A thread takes histograms of about so many buckets at a time.
const PIECE: usize = 1 << 15;

/// So many buckets are worth one more thread.
const WORTH_A_THREAD: usize = 4 * PIECE;

/// The histograms that no thread took yet, and where their lists go.
struct Rest<'a> {
    parts: slice::Iter<'a, Part<'a>>,
    part: Option<Part<'a>>,
    edges: Lists<'a>,
    counts: Lists<'a>,
}

/// Consecutive lists that are still to be filled.
struct Lists<'a> {
    /// The number of items in all lists before them.
    before: usize,
    ends: &'a mut [i64],
    items: &'a mut [f64],
}

/// Histograms of one tag that a thread took.
struct Piece<'a> {
    histograms: &'a Histograms,
    rows: Range<usize>,
    /// The buckets that each shows.
    shown: Vec<Range<usize>>,
    edges: Lists<'a>,
    counts: Lists<'a>,
}

impl<'a> Rest<'a> {
    /// The next histograms. How many items they have is counted here, so that the place of those
    /// after them is known.
    fn next(&mut self) -> Option<Piece<'a>> {
        let (histograms, mut rows) = match self.part.take() {
            Some(part) => part,
            None => self.parts.next()?.clone(),
        };
        let until = histograms.start(rows.start) + PIECE;
        let ends = &histograms.ends()[rows.clone()];
        let count = ends.partition_point(|&end| end <= until).clamp(1, PIECE).min(rows.len());
        let taken = rows.start..rows.start + count;
        rows.start = taken.end;
        if !rows.is_empty() {
            self.part = Some((histograms, rows));
        }
        let shown = Vec::from_iter(taken.clone().map(|row| histograms.shown(row)));
        let counts = shown.iter().map(Range::len).sum::<usize>();
        let edges = counts + shown.iter().filter(|shown| !shown.is_empty()).count();
        let (edges, counts) = (self.edges.take(count, edges), self.counts.take(count, counts));
        Some(Piece { histograms, rows: taken, shown, edges, counts })
    }
}

impl<'a> Lists<'a> {
    /// All lists. The first end is 0.
    fn new(ends: &'a mut [i64], items: &'a mut [f64]) -> Lists<'a> {
        Lists { before: 0, ends: &mut ends[1..], items }
    }

    /// Takes the first of these lists, with so many items.
    fn take(&mut self, lists: usize, items: usize) -> Lists<'a> {
        let (ends, rest) = mem::take(&mut self.ends).split_at_mut(lists);
        self.ends = rest;
        let (taken, rest) = mem::take(&mut self.items).split_at_mut(items);
        self.items = rest;
        let before = self.before;
        self.before += items;
        Lists { before, ends, items: taken }
    }

    /// The memory of the next list, with so many items.
    fn next(&mut self, items: usize) -> &'a mut [f64] {
        let Lists { before, ends: [end], items } = self.take(1, items) else { return &mut [] };
        *end = (before + items.len()) as i64;
        items
    }
}

impl Piece<'_> {
    fn fill(mut self) {
        let (limits, counts) = (self.histograms.limits(), self.histograms.counts());
        let outer = self.histograms.min().iter().zip(self.histograms.max());
        for (shown, (&min, &max)) in self.shown.into_iter().zip(outer.skip(self.rows.start)) {
            self.counts.next(shown.len()).copy_from_slice(&counts[shown.clone()]);
            // The outer edges are the least and the greatest value.
            let edges = self.edges.next(shown.len() + usize::from(!shown.is_empty()));
            if let [first, inner @ .., last] = edges {
                (*first, *last) = (min, max);
                inner.copy_from_slice(&limits[shown.start..shown.end - 1]);
            }
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
        let counts: Vec<f64> = (0..300_000u32).map(|i| f64::from(i * i % 13 / 12)).collect();
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
        let tags = [tag(9000), tag(5), tag(20_000)];
        let parts = [(&tags[0], 0..9000), (&tags[1], 1..4), (&tags[2], 7..19_000)];
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
        assert!(counts.len() > 2 * WORTH_A_THREAD);
        assert!(made.edge_ends[..] == ends.0[..] && made.count_ends[..] == ends.1[..]);
        assert!(made.edges[..] == edges[..] && made.counts[..] == counts[..]);
    }

    #[test]
    fn of_no_histograms_there_is_nothing() {
        let all = Buckets::of(&[], ONE).unwrap();
        assert_eq!((all.edge_ends[..].to_vec(), all.edges.len()), (vec![0], 0));
    }
}
