//! Training that crashed and went on from an earlier step, so that steps came twice.

use std::cmp::Ordering;
use std::ops::Range;

/// What becomes of the values of steps that came again after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Restarts {
    /// They stay, as written.
    #[default]
    Raw,
    /// They go, where TensorBoard's `EventAccumulator` drops them (`event_accumulator.py`): at the
    /// start of a session, what came before and has its step or a later one, under any tag; in
    /// files whose version is less than 2, at a step less than the one before, likewise under its
    /// event's tags.
    TensorBoard,
    /// The last value of a step stays. Values are in the order of their steps.
    LastWins,
    /// What a person wants to see: those go that [`Restarts::TensorBoard`] drops, and of the others
    /// those whose step came again after another step, or in a later file. Values are in the order
    /// of their steps; several that were logged for one step, one after the other, all stay.
    Latest,
}

impl Restarts {
    /// Whether it matters when sessions started.
    pub(crate) fn purges(self) -> bool {
        matches!(self, Restarts::TensorBoard | Restarts::Latest)
    }
}

/// Values that came before a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Purge {
    /// As many values of the tag came before.
    pub before: usize,
    /// Those of this step and later ones go.
    pub step: i64,
}

impl Purge {
    /// The same, where values have moved.
    pub fn moved(self, from: usize, to: usize) -> Purge {
        Purge { before: self.before - from + to, ..self }
    }
}

/// Adds a purge to those that are in order. Of two at one place the lesser step says it all.
pub(crate) fn add(purges: &mut Vec<Purge>, new: Purge) {
    match purges.last_mut() {
        Some(last) if last.before == new.before => last.step = last.step.min(new.step),
        _ => purges.push(new),
    }
}

/// The values that no purge takes, as ranges of indices; None if that is all.
pub(crate) fn unpurged(steps: &[i64], purges: &[Purge]) -> Option<Vec<Range<usize>>> {
    if purges.is_empty() {
        return None;
    }
    let mut purges = purges.iter().rev().peekable();
    // From the end on: what comes later purges what came before.
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

/// The last value of each step, in the order of the steps, as ranges of indices; None if that is
/// all, as it is.
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

/// The last values of each step that came together, in the order of the steps, as ranges of indices;
/// None if that is all, as it is. `ends` are the indices at which files end.
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
