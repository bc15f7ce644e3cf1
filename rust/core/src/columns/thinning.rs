//! Thins out points so that their curve looks the same.

use std::ops::Range;
use std::sync::Arc;

use crate::columns::extremes::{Extremes, bucket_size};
use crate::columns::series::{Segment, Series};

/// The indices of the scalars to show, about `most` or fewer. None if all are shown. The scalars
/// are those of `parts`, one after the other.
///
/// They are the first and the last value, and of each bucket the least, the greatest and the first
/// NaN. The size of the buckets is a power of two. So the chosen values stay the same while values
/// are appended, until the buckets double. The first part remembers what is chosen of it.
pub fn thinned(parts: &[Arc<Series>], most: usize) -> Option<Vec<usize>> {
    let size = bucket_size(parts.iter().map(|part| part.points.len()).sum(), most)?;
    let (first, rest) = parts.split_first()?;
    let mut extremes = first.extremes.of(first.points.values(), size);
    rest.iter().for_each(|part| extremes.extend(part.points.values()));
    Some(extremes.finish())
}

impl Series {
    /// The same tag with about `most` of its points. None if all points stay. All values of other
    /// kinds stay.
    pub(crate) fn thinned(&self, most: usize) -> Option<Series> {
        let mut extremes = Extremes::new(bucket_size(self.points.len(), most)?);
        extremes.extend(self.points.values());
        let kept = extremes.finish();
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
    use proptest::prelude::*;

    use super::*;
    use crate::proto::Kind;

    fn part(values: &[f64]) -> Arc<Series> {
        let mut series = Series::new("loss", Kind::Scalar, true);
        values.iter().for_each(|&value| series.points.push(0, 0.0, value));
        Arc::new(series)
    }

    fn of_one(values: &[f64], most: usize) -> Option<Vec<usize>> {
        thinned(&[part(values)], most)
    }

    fn values(count: Range<usize>) -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(prop_oneof![9 => -99.0..99.0f64, 1 => Just(f64::NAN)], count)
    }

    proptest! {
        #[test]
        fn extremes_and_ends_stay(values in values(0..999), most in 4..200usize) {
            let Some(kept) = of_one(&values, most) else {
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
            let (before, after) = (of_one(&values[..512], 260), of_one(&values, 400));
            let (before, after) = (before.unwrap(), after.unwrap());
            prop_assert!(before.iter().rev().skip(1).all(|index| after.contains(index)));
        }

        #[test]
        fn parts_are_thinned_as_the_whole(
            parts in prop::collection::vec(values(0..99), 1..6),
            most in prop::collection::vec(4..200usize, 1..4),
        ) {
            let whole = parts.concat();
            let parts: Vec<_> = parts.iter().map(|values| part(values)).collect();
            for most in most {
                // The first part is asked about a growing run.
                for end in 1..=parts.len() {
                    let count = parts[..end].iter().map(|part| part.len()).sum();
                    let expected = of_one(&whole[..count], most);
                    prop_assert_eq!(thinned(&parts[..end], most), expected);
                }
            }
        }
    }
}
