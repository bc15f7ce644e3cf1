//! `HistogramProto`.

use std::borrow::Cow;

use crate::proto::field::put_double;
use crate::proto::number::histogram as number;
use crate::wire::{Cursor, Malformed, Value, encode};

/// The message of a histogram, which was checked to be well-formed.
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
    /// The upper limits of the buckets, stored as little-endian doubles.
    pub limits: Cow<'a, [u8]>,
    /// The counts of the buckets, stored in the same way. Their number may differ from that of the
    /// limits.
    pub counts: Cow<'a, [u8]>,
}

impl<'a> Histogram<'a> {
    pub(crate) fn decode(message: Cow<'a, [u8]>) -> Result<Histogram<'a>, Malformed> {
        match message {
            Cow::Borrowed(message) => Histogram::decode_borrowed(message),
            Cow::Owned(message) => {
                let it = Histogram::decode_borrowed(&message)?;
                let limits = Cow::Owned(it.limits.into_owned());
                Ok(Histogram { limits, counts: Cow::Owned(it.counts.into_owned()), ..it })
            }
        }
    }

    /// Appends the fields.
    pub fn encode(&self, out: &mut Vec<u8>) {
        for (number, value) in [
            (number::MIN, self.min),
            (number::MAX, self.max),
            (number::NUM, self.num),
            (number::SUM, self.sum),
            (number::SUM_SQUARES, self.sum_squares),
        ] {
            put_double(out, number, value);
        }
        for (number, doubles) in
            [(number::BUCKET_LIMIT, &self.limits), (number::BUCKET, &self.counts)]
        {
            if !doubles.is_empty() {
                encode::bytes_field(out, number, doubles);
            }
        }
    }

    /// Appends the upper limits and the counts of the buckets. Their numbers may differ.
    pub fn buckets(&self, limits: &mut Vec<f64>, counts: &mut Vec<f64>) {
        for (column, bytes) in [(limits, &self.limits), (counts, &self.counts)] {
            column.extend(bytes.as_chunks().0.iter().copied().map(f64::from_le_bytes));
        }
    }

    fn decode_borrowed(message: &[u8]) -> Result<Histogram<'_>, Malformed> {
        let (mut min, mut max, mut num, mut sum, mut sum_squares) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let (mut limits, mut counts) = (Cow::Borrowed(&[][..]), Cow::Borrowed(&[][..]));
        for field in Cursor::new(message) {
            let field = field?;
            let doubles = match field.value {
                Value::Fixed64(_) => &field.raw[field.raw.len() - size_of::<f64>()..],
                Value::Bytes(packed) => packed,
                _ => continue,
            };
            let number = || match field.value {
                Value::Fixed64(bits) => Some(f64::from_bits(bits)),
                _ => None,
            };
            match field.number {
                number::MIN => min = number().unwrap_or(min),
                number::MAX => max = number().unwrap_or(max),
                number::NUM => num = number().unwrap_or(num),
                number::SUM => sum = number().unwrap_or(sum),
                number::SUM_SQUARES => sum_squares = number().unwrap_or(sum_squares),
                number::BUCKET_LIMIT => append(&mut limits, doubles)?,
                number::BUCKET => append(&mut counts, doubles)?,
                _ => {}
            }
        }
        Ok(Histogram { min, max, num, sum, sum_squares, limits, counts })
    }
}

/// Appends doubles to the earlier ones. Usually there are no earlier ones, so nothing is copied.
fn append<'a>(column: &mut Cow<'a, [u8]>, doubles: &'a [u8]) -> Result<(), Malformed> {
    if !doubles.len().is_multiple_of(size_of::<f64>()) {
        return Err(Malformed);
    }
    if column.is_empty() {
        *column = Cow::Borrowed(doubles);
    } else {
        column.to_mut().extend_from_slice(doubles);
    }
    Ok(())
}
