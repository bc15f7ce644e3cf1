//! Restarts: training crashed and continued from an earlier step, so some steps were logged twice.

use std::cmp::Ordering;
use std::ops::Range;

/// What to do with the values of steps that were logged again after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Restarts {
    /// All values stay, in the order of the files.
    #[default]
    Raw,
    /// Values that TensorBoard's `EventAccumulator` drops are dropped (`event_accumulator.py`). The
    /// start of a session drops earlier values of all tags, from its step on. In files whose
    /// version is less than 2, a step less than the one before drops values in the same way, but
    /// only those of its event's tags.
    TensorBoard,
    /// The last value of each step stays. Values are in the order of their steps.
    LastWins,
    /// Values that [`Restarts::TensorBoard`] drops are dropped. So are values whose step was logged
    /// again after another step, or in a later file. Values are in the order of their steps.
    /// Several values that were logged for one step in a row all stay.
    Latest,
}

impl Restarts {
    /// Whether the starts of sessions matter.
    pub(crate) fn purges(self) -> bool {
        matches!(self, Restarts::TensorBoard | Restarts::Latest)
    }
}

/// A restart, which drops earlier values of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Purge {
    /// The number of the tag's values before the restart.
    pub before: usize,
    /// Those of this step and of later ones are dropped.
    pub step: i64,
}

impl Purge {
    /// The same purge after the values have moved.
    pub fn moved(self, from: usize, to: usize) -> Purge {
        Purge { before: self.before - from + to, ..self }
    }
}

/// Adds a purge to an ordered list. Of two purges at one place, the one with the lesser step is
/// enough.
pub(crate) fn add(purges: &mut Vec<Purge>, new: Purge) {
    match purges.last_mut() {
        Some(last) if last.before == new.before => last.step = last.step.min(new.step),
        _ => purges.push(new),
    }
}

/// The values that no purge drops, as ranges of indices. None if no value is dropped.
pub(crate) fn unpurged(steps: &[i64], purges: &[Purge]) -> Option<Vec<Range<usize>>> {
    if purges.is_empty() {
        return None;
    }
    let mut purges = purges.iter().rev().peekable();
    // This goes from the end to the beginning, since later purges drop earlier values.
    let (mut kept, mut limit) = (Vec::<Range<usize>>::new(), None::<i64>);
    let mut count = 0;
    for (index, &step) in steps.iter().enumerate().rev() {
        while let Some(purge) = purges.next_if(|purge| purge.before > index) {
            limit = Some(limit.map_or(purge.step, |limit| limit.min(purge.step)));
        }
        if limit.is_none_or(|limit| step < limit) {
            count += 1;
            match kept.last_mut() {
                Some(range) if range.start == index + 1 => range.start = index,
                _ => kept.push(index..index + 1),
            }
        }
    }
    kept.reverse();
    (count < steps.len()).then_some(kept)
}

/// The last value of each step, in the order of the steps, as ranges of indices. None if all values
/// stay in their order.
pub(crate) fn last_of_each(steps: &[i64]) -> Option<Vec<Range<usize>>> {
    if steps.is_sorted_by(|a, b| a < b) {
        return None;
    }
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by_key(|&index| steps[index]);
    let mut kept = Vec::<Range<usize>>::new();
    for same in order.chunk_by(|&a, &b| steps[a] == steps[b]) {
        let Some(&last) = same.last() else { continue };
        match kept.last_mut() {
            Some(range) if range.end == last => range.end = last + 1,
            _ => kept.push(last..last + 1),
        }
    }
    Some(kept)
}

/// For each step, the last values that were logged for it in a row, as ranges of indices in the
/// order of the steps. None if all values stay in their order. `ends` are the indices at which
/// files end.
pub(crate) fn latest_of_each(steps: &[i64], ends: &[usize]) -> Option<Vec<Range<usize>>> {
    let starts_file = |index: usize| ends.binary_search(&index).is_ok();
    let is_next = |index: usize| match steps[index - 1].cmp(&steps[index]) {
        Ordering::Less => true,
        Ordering::Equal => !starts_file(index),
        Ordering::Greater => false,
    };
    if (1..steps.len()).all(is_next) {
        return None;
    }
    let mut groups = Vec::<Range<usize>>::new();
    for (index, &step) in steps.iter().enumerate() {
        match groups.last_mut() {
            Some(last) if steps[last.start] == step && !starts_file(index) => last.end = index + 1,
            _ => groups.push(index..index + 1),
        }
    }
    groups.sort_by_key(|group| steps[group.start]);
    let mut kept = Vec::<Range<usize>>::new();
    for same in groups.chunk_by(|a, b| steps[a.start] == steps[b.start]) {
        let Some(last) = same.last() else { continue };
        match kept.last_mut() {
            Some(range) if range.end == last.start => range.end = last.end,
            _ => kept.push(last.clone()),
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn indices(ranges: Option<Vec<Range<usize>>>, all: usize) -> Vec<usize> {
        ranges.map_or_else(|| (0..all).collect(), |ranges| ranges.into_iter().flatten().collect())
    }

    proptest! {
        #[test]
        fn purges_are_as_if_each_came_in_its_turn(
            steps in prop::collection::vec(0..9i64, 0..30),
            restarts in prop::collection::vec((0..31usize, 0..9i64), 0..5),
        ) {
            let mut restarts: Vec<_> =
                restarts.into_iter().map(|(at, step)| (at.min(steps.len()), step)).collect();
            restarts.sort_by_key(|restart| restart.0);
            let mut expected = Vec::new();
            for index in 0..=steps.len() {
                for &(_, step) in restarts.iter().filter(|restart| restart.0 == index) {
                    expected.retain(|&index: &usize| steps[index] < step);
                }
                if index < steps.len() {
                    expected.push(index);
                }
            }
            let mut purges = Vec::new();
            restarts.iter().for_each(|&(before, step)| add(&mut purges, Purge { before, step }));
            prop_assert_eq!(indices(unpurged(&steps, &purges), steps.len()), expected);
        }

        #[test]
        fn the_last_that_came_together_stay(
            steps in prop::collection::vec(0..5i64, 0..30),
            ends in prop::collection::btree_set(0..31usize, 0..4),
        ) {
            let ends: Vec<usize> = ends.into_iter().collect();
            let mut last = std::collections::BTreeMap::<i64, Vec<usize>>::new();
            for (index, &step) in steps.iter().enumerate() {
                let goes_on = index > 0 && steps[index - 1] == step && !ends.contains(&index);
                let values = last.entry(step).or_default();
                if !goes_on {
                    values.clear();
                }
                values.push(index);
            }
            let expected: Vec<usize> = last.into_values().flatten().collect();
            prop_assert_eq!(indices(latest_of_each(&steps, &ends), steps.len()), expected);
        }

        #[test]
        fn the_last_of_each_step_stays(steps in prop::collection::vec(-5..9i64, 0..30)) {
            let mut last = std::collections::BTreeMap::new();
            steps.iter().enumerate().for_each(|(index, &step)| { last.insert(step, index); });
            let expected: Vec<usize> = last.into_values().collect();
            prop_assert_eq!(indices(last_of_each(&steps), steps.len()), expected);
        }
    }
}
