//! Scalars of many runs and tags in one table. A long table has a row for each point, and a wide
//! one a column for each tag.

use std::borrow::Cow;
use std::collections::TryReserveError;
use std::sync::Arc;

pub use crate::columns::memory::{Column, Number};
use crate::columns::points::Points;
use crate::columns::series::Series;

/// The points of one tag of one run.
#[derive(Debug, Clone)]
pub struct Part {
    /// The number of the run. Parts are sorted by it.
    pub run: i32,
    /// The number of the tag, which is the same in all runs. A run has each tag once.
    pub tag: i32,
    /// The tag, with its points.
    pub series: Arc<Series>,
}

/// Rows of a long table, as columns.
#[derive(Debug, Default)]
pub struct Long {
    /// The numbers of the runs.
    pub run: Column<i32>,
    /// The numbers of the tags.
    pub tag: Column<i32>,
    /// The steps.
    pub step: Column<i64>,
    /// Seconds since the epoch.
    pub wall_time: Column<f64>,
    /// The values.
    pub value: Column<f64>,
}

impl Long {
    /// An empty table with room for `rows`.
    fn with_capacity(rows: usize) -> Result<Long, TryReserveError> {
        Ok(Long {
            run: Column::with_capacity(rows)?,
            tag: Column::with_capacity(rows)?,
            step: Column::with_capacity(rows)?,
            wall_time: Column::with_capacity(rows)?,
            value: Column::with_capacity(rows)?,
        })
    }
}

/// The rows of a long table in batches: part after part, each in its order.
#[derive(Debug)]
pub struct Batches {
    parts: Arc<[Part]>,
    /// The first part that is not done, and the number of its rows that are done.
    part: usize,
    row: usize,
}

impl Batches {
    /// The batches of all rows of these parts.
    pub fn new(parts: Arc<[Part]>) -> Batches {
        Batches { parts, part: 0, row: 0 }
    }

    /// At most `limit` more rows. `None` at the end.
    pub fn next(&mut self, limit: usize) -> Result<Option<Long>, TryReserveError> {
        let rest = self.parts[self.part..].iter().map(|part| part.series.points.len());
        let rest = rest.scan(0usize, |sum, len| {
            let before = *sum;
            *sum = sum.saturating_add(len);
            (before < limit.saturating_add(self.row)).then_some(*sum)
        });
        let rows = rest.last().unwrap_or(0).saturating_sub(self.row).min(limit);
        if rows == 0 {
            return Ok(None);
        }
        let mut long = Long::with_capacity(rows)?;
        while long.step.len() < rows {
            let part = &self.parts[self.part];
            let from = self.row;
            let to = part.series.points.len().min(from + rows - long.step.len());
            long.step.extend_from_slice(&part.series.points.steps()[from..to]);
            long.wall_time.extend_from_slice(&part.series.points.wall_times()[from..to]);
            long.value.extend_from_slice(&part.series.points.values()[from..to]);
            let end = long.step.len();
            long.run.resize(end, part.run);
            long.tag.resize(end, part.tag);
            self.row = to;
            if to == part.series.points.len() {
                (self.part, self.row) = (self.part + 1, 0);
            }
        }
        Ok(Some(long))
    }
}

/// A wide table. It has a row for each step of a run at which any tag has a point, in the order of
/// the steps. If a tag has several points at a step, the last one counts.
#[derive(Debug, Default)]
pub struct Wide {
    /// The number of rows of each run, by the run's number.
    pub rows: Vec<usize>,
    /// Each row's step.
    pub step: Vec<i64>,
    /// The tags' columns, one after the other. A value is NaN if the tag has no point there.
    pub values: Column<f64>,
    /// For each tag, a bit for each row, which is set if the tag has a point there. The lowest bit
    /// of a byte comes first. `None` for a tag that has a point in every row.
    pub valid: Vec<Option<Vec<u8>>>,
}

/// Makes a wide table of these parts, with `runs` runs and `tags` columns.
pub fn pivot(parts: &[Part], runs: usize, tags: usize) -> Result<Wide, TryReserveError> {
    let mut wide = Wide { rows: vec![0; runs], ..Wide::default() };
    let mut counts = vec![0; tags];
    // The parts, sorted by their steps, and the rows where their runs begin.
    let mut sorted = Vec::with_capacity(parts.len());
    for run in parts.chunk_by(|a, b| a.run == b.run) {
        let start = wide.step.len();
        let columns: Vec<_> = run.iter().map(|part| last_by_step(&part.series.points)).collect();
        let union = union(columns.iter().map(|(steps, _)| Cow::Borrowed(&**steps)).collect());
        wide.rows[run[0].run as usize] = union.len();
        wide.step.try_reserve(union.len())?;
        wide.step.extend_from_slice(&union);
        for (part, column) in run.iter().zip(columns) {
            counts[part.tag as usize] += column.0.len();
            sorted.push((part.tag as usize, start..wide.step.len(), column));
        }
    }
    let rows = wide.step.len();
    wide.values = Column::with_capacity(rows.saturating_mul(tags))?;
    wide.values.resize(rows * tags, f64::NAN);
    wide.valid =
        counts.iter().map(|&count| (count < rows).then(|| vec![0; rows.div_ceil(8)])).collect();
    for (tag, run, (steps, values)) in sorted {
        let column = &mut wide.values[tag * rows..][run.clone()];
        if steps.len() == column.len() {
            column.copy_from_slice(&values);
            if let Some(valid) = &mut wide.valid[tag] {
                run.for_each(|row| valid[row / 8] |= 1 << (row % 8));
            }
        } else if let Some(valid) = &mut wide.valid[tag] {
            let mut row = 0;
            for (&step, &value) in steps.iter().zip(&*values) {
                while wide.step[run.start + row] < step {
                    row += 1;
                }
                column[row] = value;
                valid[(run.start + row) / 8] |= 1 << ((run.start + row) % 8);
            }
        }
    }
    Ok(wide)
}

/// A tag's steps and values.
type Sorted<'a> = (Cow<'a, [i64]>, Cow<'a, [f64]>);

/// The points in strictly increasing order of their steps. The last of several at a step counts.
fn last_by_step(points: &Points) -> Sorted<'_> {
    let (steps, values) = (points.steps(), points.values());
    if steps.is_sorted_by(|a, b| a < b) {
        return (Cow::Borrowed(steps), Cow::Borrowed(values));
    }
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by_key(|&row| steps[row]);
    let last = order.chunk_by(|&a, &b| steps[a] == steps[b]).filter_map(<[usize]>::last);
    let (steps, values): (Vec<_>, Vec<_>) = last.map(|&row| (steps[row], values[row])).unzip();
    (Cow::Owned(steps), Cow::Owned(values))
}

/// The numbers in any of these increasing lists, in increasing order.
fn union(mut lists: Vec<Cow<'_, [i64]>>) -> Cow<'_, [i64]> {
    // Neighbouring lists are merged in pairs, again and again, so that each number is handled
    // log(lists) times.
    while lists.len() > 1 {
        let mut pairs = lists.into_iter();
        let mut merged = Vec::with_capacity(pairs.len().div_ceil(2));
        while let Some(first) = pairs.next() {
            merged.push(match pairs.next() {
                Some(second) if first != second => Cow::Owned(merge(&first, &second)),
                _ => first,
            });
        }
        lists = merged;
    }
    lists.pop().unwrap_or_default()
}

fn merge(mut a: &[i64], mut b: &[i64]) -> Vec<i64> {
    let mut merged = Vec::with_capacity(a.len().max(b.len()));
    while let ([first, rest @ ..], [second, other @ ..]) = (a, b) {
        merged.push(*first.min(second));
        if first <= second {
            a = rest;
        }
        if second <= first {
            b = other;
        }
    }
    merged.extend_from_slice(a);
    merged.extend_from_slice(b);
    merged
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::proto::Kind;
    use proptest::prelude::*;

    fn parts(tags: &[(i32, i32, Vec<i64>)]) -> Vec<Part> {
        (tags.iter().enumerate())
            .map(|(index, (run, tag, steps))| {
                let mut series = Series::new("", Kind::Scalar, true);
                for (row, &step) in steps.iter().enumerate() {
                    series.points.push(step, row as f64 / 2.0, (index * 1000 + row) as f64);
                }
                Part { run: *run, tag: *tag, series: Arc::new(series) }
            })
            .collect()
    }

    fn tables() -> impl Strategy<Value = Vec<Part>> {
        let steps = prop_oneof![
            prop::collection::vec(-3i64..6, 0..8),
            (0..8i64).prop_map(|end| (0..end).collect()),
        ];
        prop::collection::btree_map((0..4i32, 0..5i32), steps, 0..8).prop_map(|tags| {
            parts(&tags.into_iter().map(|((run, tag), s)| (run, tag, s)).collect::<Vec<_>>())
        })
    }

    proptest! {
        #[test]
        fn batches_are_the_parts_one_after_the_other(parts in tables(), limit in 1..9usize) {
            let mut batches = Batches::new(parts.clone().into());
            let mut rows = Vec::new();
            while let Some(batch) = batches.next(limit).unwrap() {
                prop_assert!(batch.step.len() <= limit);
                for row in 0..batch.step.len() {
                    let point = (batch.step[row], batch.wall_time[row], batch.value[row]);
                    rows.push((batch.run[row], batch.tag[row], point));
                }
            }
            let expected: Vec<_> = parts.iter().flat_map(|part| {
                let points = &part.series.points;
                (0..points.len()).map(move |row| {
                    let point = (points.steps()[row], points.wall_times()[row], points.values()[row]);
                    (part.run, part.tag, point)
                })
            }).collect();
            prop_assert_eq!(rows, expected);
        }

        #[test]
        fn a_wide_table_has_the_last_point_of_each_step(parts in tables()) {
            let wide = pivot(&parts, 4, 5).unwrap();
            let mut expected: BTreeMap<(i32, i64), [Option<f64>; 5]> = BTreeMap::new();
            for part in &parts {
                for (&step, &value) in part.series.points.steps().iter().zip(part.series.points.values()) {
                    expected.entry((part.run, step)).or_default()[part.tag as usize] = Some(value);
                }
            }
            let runs: Vec<i32> =
                (0..4).flat_map(|run| vec![run; wide.rows[run as usize]]).collect();
            let rows: Vec<_> = runs.into_iter().zip(wide.step.iter().copied()).collect();
            prop_assert_eq!(&rows, &expected.keys().copied().collect::<Vec<_>>());
            for (row, values) in expected.values().enumerate() {
                for (tag, value) in values.iter().enumerate() {
                    let found = wide.values[tag * rows.len() + row];
                    let bit = wide.valid[tag].as_ref().map(|bits| bits[row / 8] >> (row % 8) & 1);
                    prop_assert_eq!(value.is_some(), bit != Some(0));
                    prop_assert_eq!(value.unwrap_or(f64::NAN).to_bits(), found.to_bits());
                }
            }
        }
    }
}
