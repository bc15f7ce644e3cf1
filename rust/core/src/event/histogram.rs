//! Histograms as `HistogramProto` holds them (`tensorflow/core/framework/summary.proto`).

use std::borrow::Cow;

use crate::wire::{Cursor, Malformed, Value};

/// A histogram's message, found well-formed.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram<'a> {
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// How many values.
    pub num: f64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub sum_squares: f64,
    message: Cow<'a, [u8]>,
}

/// Field numbers of `HistogramProto`.
mod number {
    pub const MIN: u32 = 1;
    pub const MAX: u32 = 2;
    pub const NUM: u32 = 3;
    pub const SUM: u32 = 4;
    pub const SUM_SQUARES: u32 = 5;
    pub const BUCKET_LIMIT: u32 = 6;
    pub const BUCKET: u32 = 7;
}

impl<'a> Histogram<'a> {
    pub(super) fn decode(message: Cow<'a, [u8]>) -> Result<Histogram<'a>, Malformed> {
        let (mut min, mut max, mut num, mut sum, mut sum_squares) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for field in Cursor::new(&message) {
            let field = field?;
            let number = match field.value {
                Value::Fixed64(bits) => f64::from_bits(bits),
                Value::Bytes(packed)
                    if matches!(field.number, number::BUCKET_LIMIT | number::BUCKET)
                        && packed.len() % size_of::<f64>() != 0 =>
                {
                    return Err(Malformed);
                }
                _ => continue,
            };
            match field.number {
                number::MIN => min = number,
                number::MAX => max = number,
                number::NUM => num = number,
                number::SUM => sum = number,
                number::SUM_SQUARES => sum_squares = number,
                _ => {}
            }
        }
        Ok(Histogram { min, max, num, sum, sum_squares, message })
    }

    /// Calls `put` with the buckets' upper limits and their counts, as they are stored: packed,
    /// each eight little-endian bytes. There may be more of the one than of the other.
    pub fn with_buckets<T>(&self, put: impl FnOnce(&[[u8; 8]], &[[u8; 8]]) -> T) -> T {
        let (limits, counts) = (self.column(number::BUCKET_LIMIT), self.column(number::BUCKET));
        put(limits.as_chunks().0, counts.as_chunks().0)
    }

    /// A field of many doubles, packed.
    fn column(&self, number: u32) -> Cow<'_, [u8]> {
        let mut column = Cow::Borrowed(&[][..]);
        for field in Cursor::new(&self.message).flatten().filter(|it| it.number == number) {
            let part = match &field.value {
                Value::Bytes(packed) => packed,
                Value::Fixed64(_) => &field.raw[field.raw.len() - size_of::<f64>()..],
                _ => continue,
            };
            match &mut column {
                empty if empty.is_empty() => *empty = Cow::Borrowed(part),
                more => more.to_mut().extend_from_slice(part),
            }
        }
        column
    }
}
