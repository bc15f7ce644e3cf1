//! The values that restarts purge. They are found in a first pass, before the copy.
//!
//! [`columns`](crate::columns) do the same with all steps in memory. Here the steps of a series are
//! held as progressions. There are few of them if steps come at even distances.

use std::collections::HashSet;
use std::ops::Range;

use crate::columns::restarts::Purge;

/// The steps of a series, in the order of its values.
#[derive(Debug, Default)]
pub struct Steps {
    runs: Vec<Progression>,
    /// The number of steps.
    pub len: usize,
}

/// Steps at even distances, or one step that repeats.
#[derive(Debug, Clone, Copy)]
struct Progression {
    first: i64,
    last: i64,
    /// At least 0.
    stride: i64,
    count: usize,
}

impl Progression {
    fn step(&self, index: usize) -> i64 {
        // A distance may be larger than any i64, but a step is not.
        self.first.wrapping_add(self.stride.wrapping_mul(index as i64))
    }

    /// The number of steps that are less than `limit`.
    fn below(&self, limit: i64) -> usize {
        match self.stride {
            _ if self.first >= limit => 0,
            _ if self.last < limit => self.count,
            stride => ((limit.abs_diff(self.first) - 1) / stride.unsigned_abs() + 1) as usize,
        }
    }
}

impl Steps {
    /// Adds the step of the next value.
    pub fn push(&mut self, step: i64) {
        self.len += 1;
        if let Some(run) = self.runs.last_mut()
            && let Some(stride) = step.checked_sub(run.last).filter(|&stride| stride >= 0)
            && (run.count == 1 || stride == run.stride)
        {
            *run = Progression { last: step, stride, count: run.count + 1, ..*run };
            return;
        }
        self.runs.push(Progression { first: step, last: step, stride: 0, count: 1 });
    }

    /// The values that these purges drop, as ranges of indices. Both are in order.
    pub fn purged(&self, purges: &[Purge]) -> Vec<Range<usize>> {
        let mut purges = purges.iter().rev().peekable();
        let (mut taken, mut limit) = (Vec::new(), None::<i64>);
        let mut end = self.len;
        for run in self.runs.iter().rev() {
            let start = end - run.count;
            // This goes from the end, since each purge holds for the values before it.
            while end > start {
                while let Some(purge) = purges.next_if(|purge| purge.before >= end) {
                    limit = Some(limit.map_or(purge.step, |limit| limit.min(purge.step)));
                }
                let from = purges.peek().map_or(start, |purge| purge.before.max(start));
                if let Some(limit) = limit {
                    let kept = start + run.below(limit);
                    push_front(&mut taken, kept.clamp(from, end)..end);
                }
                end = from;
            }
        }
        taken.reverse();
        taken
    }

    /// The values whose step comes again later.
    pub fn superseded(&self) -> Vec<Range<usize>> {
        // Only steps that are not above all earlier ones can repeat.
        let mut highest = Vec::with_capacity(self.runs.len());
        let mut top = None::<i64>;
        for run in &self.runs {
            highest.push(top);
            top = top.max(Some(run.last));
        }
        let (mut taken, mut later) = (Vec::new(), HashSet::new());
        let (mut end, mut least) = (self.len, i64::MAX);
        for (run, highest) in self.runs.iter().zip(highest).rev() {
            let start = end - run.count;
            let distinct = if run.stride == 0 { 1 } else { run.count };
            for index in (0..distinct).rev() {
                let step = run.step(index);
                // The last value of each step stays.
                let at = start + index + (run.count - distinct);
                if step >= least && later.contains(&step) {
                    push_front(&mut taken, at..at + 1);
                }
                if highest.is_some_and(|highest| step <= highest) {
                    later.insert(step);
                } else if step < least && highest.is_none() {
                    break;
                }
            }
            push_front(&mut taken, start..start + (run.count - distinct));
            least = least.min(run.first);
            end = start;
        }
        taken.reverse();
        taken
    }
}

/// Adds indices that come before all others.
fn push_front(ranges: &mut Vec<Range<usize>>, new: Range<usize>) {
    match ranges.last_mut() {
        _ if new.is_empty() => {}
        Some(first) if first.start == new.end => first.start = new.start,
        _ => ranges.push(new),
    }
}

/// The starts of sessions. Each series asks for those since its last value.
#[derive(Debug, Default)]
pub struct Starts {
    count: usize,
    /// The starts whose step is less than that of all later ones, by their number.
    least: Vec<(usize, i64)>,
}

impl Starts {
    /// Notes that a session starts at this step.
    pub fn push(&mut self, step: i64) {
        while self.least.pop_if(|(_, before)| *before >= step).is_some() {}
        self.least.push((self.count, step));
        self.count += 1;
    }

    /// The number of starts.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The least step of the starts from this number on.
    pub fn since(&self, number: usize) -> Option<i64> {
        let at = self.least.partition_point(|(start, _)| *start < number);
        self.least.get(at).map(|(_, step)| *step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::restarts::{last_of_each, unpurged};
    use proptest::prelude::*;

    fn steps(all: &[i64]) -> Steps {
        let mut steps = Steps::default();
        all.iter().for_each(|&step| steps.push(step));
        assert_eq!(steps.len, all.len());
        steps
    }

    /// The remaining indices.
    fn left(taken: Vec<Range<usize>>, all: usize) -> Vec<usize> {
        assert!(taken.is_sorted_by(|a, b| a.end < b.start), "{taken:?}");
        (0..all).filter(|index| !taken.iter().any(|range| range.contains(index))).collect()
    }

    fn kept(ranges: Option<Vec<Range<usize>>>, all: usize) -> Vec<usize> {
        let mut kept: Vec<_> =
            ranges.map_or_else(|| (0..all).collect(), |it| it.into_iter().flatten().collect());
        kept.sort_unstable();
        kept
    }

    proptest! {
        #[test]
        fn purges_are_those_of_columns(
            all in prop::collection::vec(-3..9i64, 0..40),
            purges in prop::collection::btree_map(0..41usize, -4..10i64, 0..6),
        ) {
            let purges: Vec<_> = purges
                .into_iter()
                .filter(|(before, _)| *before <= all.len())
                .map(|(before, step)| Purge { before, step })
                .collect();
            let expected = kept(unpurged(&all, &purges), all.len());
            prop_assert_eq!(left(steps(&all).purged(&purges), all.len()), expected);
        }

        #[test]
        fn what_is_superseded_is_that_of_columns(all in prop::collection::vec(-3..9i64, 0..40)) {
            let expected = kept(last_of_each(&all), all.len());
            prop_assert_eq!(left(steps(&all).superseded(), all.len()), expected);
        }

        #[test]
        fn starts_know_the_least_since(all in prop::collection::vec(-5..5i64, 0..20)) {
            let mut starts = Starts::default();
            all.iter().for_each(|&step| starts.push(step));
            for from in 0..=all.len() {
                prop_assert_eq!(starts.since(from), all[from..].iter().min().copied());
            }
        }
    }

    #[test]
    fn the_ends_of_all_steps() {
        let all = [i64::MIN, i64::MAX, i64::MIN, 0, i64::MAX];
        assert_eq!(left(steps(&all).superseded(), 5), [2, 3, 4]);
        let purges = [Purge { before: 5, step: i64::MAX }];
        assert_eq!(left(steps(&all).purged(&purges), 5), [0, 2, 3]);
    }

    #[test]
    fn even_steps_take_no_memory() {
        let all: Vec<i64> =
            (0..10_000).map(|i| 5 * i).chain((0..10_000).map(|i| 100 + i)).collect();
        let steps = steps(&all);
        assert_eq!(steps.runs.len(), 2);
        assert_eq!(left(steps.superseded(), all.len()), kept(last_of_each(&all), all.len()));
    }
}
