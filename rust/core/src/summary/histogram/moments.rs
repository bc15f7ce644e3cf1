//! Minimum, maximum, sum and sum of squares, always in float64.

use crate::summary::histogram::bins::Float;

/// The number of values that are summed in a row. It is small enough that they are still cached
/// when they are counted.
pub const BLOCK: usize = 512;
/// The number of independent sums, for the processor's vector instructions.
const LANES: usize = 8;

/// The moments of values. NaN and infinities are ignored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// How many there are.
    pub num: f64,
    /// The least value; infinity if there are none.
    pub min: f64,
    /// The greatest value; -infinity if there are none.
    pub max: f64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub sum_squares: f64,
}

impl Moments {
    /// The moments of one block.
    pub(super) fn of<T: Float>(block: &[T]) -> Moments {
        let moments = Moments::of_finite(block);
        if moments.sum.is_finite() {
            return moments;
        }
        // A value that is not finite makes the sum not finite. A sum of large values may overflow
        // too.
        let mut finite = [T::default(); BLOCK];
        let mut count = 0;
        for &value in block {
            if value.into().is_finite() {
                finite[count] = value;
                count += 1;
            }
        }
        Moments::of_finite(&finite[..count])
    }

    fn of_finite<T: Float>(block: &[T]) -> Moments {
        Moments {
            num: block.len() as f64,
            min: folded(block, T::INFINITY, |a, b| if b < a { b } else { a })
                .into_iter()
                .fold(f64::INFINITY, |least, value| least.min(value.into())),
            max: folded(block, T::NEG_INFINITY, |a, b| if b > a { b } else { a })
                .into_iter()
                .fold(f64::NEG_INFINITY, |greatest, value| greatest.max(value.into())),
            sum: folded(block, 0.0, |sum, value| sum + value.into()).iter().sum(),
            sum_squares: folded(block, 0.0, |sum, value| {
                let value: f64 = value.into();
                sum + value * value
            })
            .iter()
            .sum(),
        }
    }

    pub(super) fn plus(&self, other: &Moments) -> Moments {
        Moments {
            num: self.num + other.num,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            sum: self.sum + other.sum,
            sum_squares: self.sum_squares + other.sum_squares,
        }
    }
}

/// Folds each lane of a block by itself.
fn folded<T: Copy, A: Copy>(block: &[T], start: A, step: impl Fn(A, T) -> A) -> [A; LANES] {
    let (rows, rest) = block.as_chunks::<LANES>();
    let mut lanes = [start; LANES];
    for row in rows {
        for (lane, &value) in lanes.iter_mut().zip(row) {
            *lane = step(*lane, value);
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(rest) {
        *lane = step(*lane, value);
    }
    lanes
}
