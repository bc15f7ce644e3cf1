//! Thins out points so that their curve looks the same.

use std::ops::Range;

use crate::columns::series::{Segment, Series};

/// The indices of the values to show, about `most` or fewer. None if all values are shown.
///
/// They are the first and the last value, and of each bucket the least, the greatest and the first
/// NaN. The size of the buckets is a power of two. So the chosen values stay the same while values
/// are appended, until the buckets double.
pub fn thinned(values: &[f64], most: usize) -> Option<Vec<usize>> {
    if values.len() <= most {
        return None;
    }
    let mut size = 4;
    // The first and the last value are two more.
    while 2 * values.len().div_ceil(size) + 2 > most.max(4) {
        size *= 2;
    }
    let mut kept = vec![0];
    for (bucket, values) in values.chunks(size).enumerate() {
        let (mut least, mut greatest, mut no_number) = (None, None, None);
        for (index, &value) in values.iter().enumerate() {
            if value.is_nan() {
                no_number = no_number.or(Some(index));
                continue;
            }
            if least.is_none_or(|least: usize| value < values[least]) {
                least = Some(index);
            }
            if greatest.is_none_or(|greatest: usize| value > values[greatest]) {
                greatest = Some(index);
            }
        }
        let mut chosen = [least, greatest, no_number];
        chosen.sort_unstable();
        kept.extend(chosen.into_iter().flatten().map(|index| bucket * size + index));
    }
    kept.push(values.len() - 1);
    kept.dedup();
    Some(kept)
}

impl Series {
    /// The same tag with about `most` of its points. None if all points stay. All values of other
    /// kinds stay.
    pub(crate) fn thinned(&self, most: usize) -> Option<Series> {
        let kept = thinned(self.points.values(), most)?;
        let before = |index: usize| kept.partition_point(|&it| it < index);
        let ranges: Vec<Range<usize>> = kept.iter().map(|&index| index..index + 1).collect();
        let moved = |mut segment: Segment| {
            segment.range = before(segment.range.start)..before(segment.range.end);
            segment.purges.iter_mut().for_each(|purge| purge.before = before(purge.before));
            segment
        };
        let segments = self.segments().into_owned().into_iter().map(moved).collect();
        Some(Series { segments, ..self.of_ranges(&ranges) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn extremes_and_ends_stay(
            values in prop::collection::vec(prop_oneof![9 => -99.0..99.0f64, 1 => Just(f64::NAN)], 0..999),
            most in 4..200usize,
        ) {
            let Some(kept) = thinned(&values, most) else {
                prop_assert!(values.len() <= most);
                return Ok(());
            };
            prop_assert!(kept.is_sorted_by(|a, b| a < b));
            prop_assert_eq!((kept[0], kept[kept.len() - 1]), (0, values.len() - 1));
            let numbers = kept.iter().filter(|&&index| !values[index].is_nan()).count();
            prop_assert!(numbers <= most);
            let least = |of: &mut dyn Iterator<Item = f64>| of.fold(f64::INFINITY, f64::min);
            let greatest = |of: &mut dyn Iterator<Item = f64>| of.fold(-f64::INFINITY, f64::max);
            let mut shown = kept.iter().map(|&index| values[index]);
            prop_assert_eq!(least(&mut shown), least(&mut values.iter().copied()));
            let mut shown = kept.iter().map(|&index| values[index]);
            prop_assert_eq!(greatest(&mut shown), greatest(&mut values.iter().copied()));
            let is_shown = kept.iter().any(|&index| values[index].is_nan());
            prop_assert_eq!(is_shown, values.iter().any(|value| value.is_nan()));
        }

        #[test]
        fn what_is_chosen_stays_while_values_come(
            values in prop::collection::vec(-99.0..99.0f64, 512..600),
        ) {
            // There are as many buckets, and all except the last are full.
            let (before, after) = (thinned(&values[..512], 260), thinned(&values, 400));
            let (before, after) = (before.unwrap(), after.unwrap());
            prop_assert!(before.iter().rev().skip(1).all(|index| after.contains(index)));
        }
    }
}
