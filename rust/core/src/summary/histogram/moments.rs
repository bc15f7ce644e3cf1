//! Least, greatest, sum and sum of squares, in float64 whatever the values are.

use super::Sample;

/// Values that are summed in a row, small enough to be cached when they are counted.
pub const BLOCK: usize = 512;
/// Sums that are independent of each other, for the processor's vectors.
const LANES: usize = 8;

/// What is known of values besides their bins. NaN and infinities are left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// How many there are.
    pub num: f64,
    /// The least; infinity where there are none.
    pub min: f64,
    /// The greatest; -infinity where there are none.
    pub max: f64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub sum_squares: f64,
}

impl Moments {
    /// Of one block.
    pub(super) fn of<T: Sample>(block: &[T]) -> Moments {
        let moments = Moments::of_finite(block);
        if moments.sum.is_finite() {
            return moments;
        }
        // One that is not finite makes the sum so; a sum of large ones may be so by itself.
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

    fn of_finite<T: Sample>(block: &[T]) -> Moments {
        let (rows, rest) = block.as_chunks::<LANES>();
        let mut sum = [0.0; LANES];
        let mut sum_squares = [0.0; LANES];
        let mut min = [T::INFINITY; LANES];
        let mut max = [T::NEG_INFINITY; LANES];
        for row in rows {
            for lane in 0..LANES {
                let value: f64 = row[lane].into();
                sum[lane] += value;
                sum_squares[lane] += value * value;
                min[lane] = if row[lane] < min[lane] { row[lane] } else { min[lane] };
                max[lane] = if row[lane] > max[lane] { row[lane] } else { max[lane] };
            }
        }
        for (lane, &value) in rest.iter().enumerate() {
            let wide: f64 = value.into();
            sum[lane] += wide;
            sum_squares[lane] += wide * wide;
            min[lane] = if value < min[lane] { value } else { min[lane] };
            max[lane] = if value > max[lane] { value } else { max[lane] };
        }
        Moments {
            num: block.len() as f64,
            min: min.map(Into::into).into_iter().fold(f64::INFINITY, f64::min),
            max: max.map(Into::into).into_iter().fold(f64::NEG_INFINITY, f64::max),
            sum: sum.iter().sum(),
            sum_squares: sum_squares.iter().sum(),
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
