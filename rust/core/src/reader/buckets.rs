//! The buckets of many histograms in columns, as TensorBoard shows them.

use std::collections::TryReserveError;
use std::ops::Range;

use crate::columns::Histograms;
use crate::columns::memory::Column;

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
    /// The buckets of some histograms of each of these tags.
    pub fn of(parts: &[(&Histograms, Range<usize>)]) -> Result<Buckets, TryReserveError> {
        let rows: usize = parts.iter().map(|(_, rows)| rows.len()).sum();
        let most = parts.iter().map(|(of, rows)| of.start(rows.end) - of.start(rows.start)).sum();
        let mut all = Buckets {
            edge_ends: Column::with_capacity(rows + 1)?,
            edges: Column::with_capacity(most + rows)?,
            count_ends: Column::with_capacity(rows + 1)?,
            counts: Column::with_capacity(most)?,
        };
        all.end();
        for (histograms, rows) in parts {
            for row in rows.clone() {
                all.push(histograms, row);
            }
        }
        Ok(all)
    }

    fn push(&mut self, histograms: &Histograms, row: usize) {
        let shown = histograms.shown(row);
        if !shown.is_empty() {
            // The outer edges are the least and the greatest value.
            self.edges.extend_from_slice(&[histograms.min()[row]]);
            self.edges.extend_from_slice(&histograms.limits()[shown.start..shown.end - 1]);
            self.edges.extend_from_slice(&[histograms.max()[row]]);
            self.counts.extend_from_slice(&histograms.counts()[shown]);
        }
        self.end();
    }

    fn end(&mut self) {
        self.edge_ends.extend_from_slice(&[self.edges.len() as i64]);
        self.count_ends.extend_from_slice(&[self.counts.len() as i64]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let columns = [column(-100.0), column(100.0), column(0.0), column(0.0), column(0.0)];
        let times = (vec![0; rows], column(0.0));
        Histograms::of_columns(times, columns, (ends, &limits, &counts), tensors).unwrap()
    }

    #[test]
    fn empty_buckets_at_both_ends_are_left_out_but_of_tensors() {
        let some: (&[f64], &[f64]) = (&[1.0, 2.0, 3.0, 4.0, 5.0], &[0.0, 7.0, 0.0, 8.0, 0.0]);
        let none: (&[f64], &[f64]) = (&[1.0, 2.0], &[0.0, f64::NAN]);
        let old = histograms(&[some, (&[], &[]), none, some], vec![]);
        let new = histograms(&[some, none], vec![false, true]);
        let all = Buckets::of(&[(&old, 0..3), (&new, 0..2), (&old, 3..3), (&old, 3..4)]).unwrap();

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
    fn of_no_histograms_there_is_nothing() {
        let all = Buckets::of(&[]).unwrap();
        assert_eq!((all.edge_ends[..].to_vec(), all.edges.len()), (vec![0], 0));
    }
}
