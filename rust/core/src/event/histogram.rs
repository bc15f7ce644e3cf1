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

    /// Appends each bucket's upper limit and its count. There may be more of the one than of the
    /// other.
    pub fn buckets(&self, limits: &mut Vec<f64>, counts: &mut Vec<f64>) {
        for field in Cursor::new(&self.message) {
            let Ok(field) = field else { return };
            let column = match field.number {
                number::BUCKET_LIMIT => &mut *limits,
                number::BUCKET => &mut *counts,
                _ => continue,
            };
            match field.value {
                Value::Fixed64(bits) => column.push(f64::from_bits(bits)),
                Value::Bytes(packed) => {
                    column.extend(packed.as_chunks().0.iter().copied().map(f64::from_le_bytes));
                }
                _ => {}
            }
        }
    }
}
