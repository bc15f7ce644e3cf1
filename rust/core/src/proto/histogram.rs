//! `HistogramProto`.

use std::borrow::Cow;

use crate::proto::field::put_double;
use crate::proto::number::histogram as number;
use crate::proto::scalar_event::{varint, whole};
use crate::wire::{BYTES, Cursor, FIXED64, Malformed, Value, encode, key};

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
            Cow::Borrowed(message) => Histogram::decode_usual(message)
                .map_or_else(|| Histogram::decode_borrowed(message), Ok),
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

    /// Reads a message whose fields are all there, in their order, as most writers have them. They
    /// are read without a decision for each.
    #[inline]
    fn decode_usual(message: &[u8]) -> Option<Histogram<'_>> {
        const DOUBLES: [u8; 5] = keys(
            [number::MIN, number::MAX, number::NUM, number::SUM, number::SUM_SQUARES],
            FIXED64,
        );
        const BUCKETS: [u8; 2] = keys([number::BUCKET_LIMIT, number::BUCKET], BYTES);
        let (doubles, rest) = message.split_first_chunk::<{ DOUBLES.len() * DOUBLE }>()?;
        let mut found = [0.0; DOUBLES.len()];
        for ((found, key), field) in found.iter_mut().zip(DOUBLES).zip(doubles.chunks(DOUBLE)) {
            let (&first, double) = field.split_first_chunk::<1>()?;
            *found = f64::from_le_bytes((first == [key]).then_some(*double.first_chunk()?)?);
        }
        let (length, rest) = varint(rest.strip_prefix(&BUCKETS[..1])?)?;
        let (limits, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let counts = whole(rest.strip_prefix(&BUCKETS[1..])?)?;
        let are_doubles = (limits.len() | counts.len()).is_multiple_of(size_of::<f64>());
        let [min, max, num, sum, sum_squares] = found;
        let (limits, counts) = (Cow::Borrowed(limits), Cow::Borrowed(counts));
        are_doubles.then_some(Histogram { min, max, num, sum, sum_squares, limits, counts })
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

/// The bytes that the field of a double takes.
const DOUBLE: usize = 1 + size_of::<f64>();

/// The keys of these fields, of which each takes a byte.
const fn keys<const N: usize>(numbers: [u32; N], wire_type: u32) -> [u8; N] {
    let mut keys = [0; N];
    let mut at = 0;
    while at < N {
        keys[at] = key(numbers[at], wire_type) as u8;
        at += 1;
    }
    keys
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bits(histogram: &Histogram<'_>) -> ([u64; 5], Vec<u8>, Vec<u8>) {
        let it = histogram;
        let doubles = [it.min, it.max, it.num, it.sum, it.sum_squares].map(f64::to_bits);
        (doubles, it.limits.to_vec(), it.counts.to_vec())
    }

    proptest! {
        #[test]
        fn what_is_usual_is_read_alike(
            doubles: [f64; 5], limits in prop::collection::vec(any::<u64>(), 0..40),
            counts in prop::collection::vec(any::<u64>(), 0..40),
            change: Option<(prop::sample::Index, u8)>,
        ) {
            let bytes = |words: &[u64]| words.iter().flat_map(|it| it.to_le_bytes()).collect();
            let [min, max, num, sum, sum_squares] = doubles;
            let (limits, counts): (Vec<u8>, Vec<u8>) = (bytes(&limits), bytes(&counts));
            let is_whole = doubles.iter().all(|it| it.to_bits() != 0)
                && !limits.is_empty() && !counts.is_empty();
            let (limits, counts) = (Cow::Owned(limits), Cow::Owned(counts));
            let mut message = Vec::new();
            Histogram { min, max, num, sum, sum_squares, limits, counts }.encode(&mut message);
            if let Some((at, byte)) = change && !message.is_empty() {
                let at = at.index(message.len());
                message[at] = byte;
            } else {
                prop_assert_eq!(Histogram::decode_usual(&message).is_some(), is_whole);
            }
            if let Some(usual) = Histogram::decode_usual(&message) {
                let decoded = Histogram::decode_borrowed(&message).unwrap();
                prop_assert_eq!(bits(&usual), bits(&decoded));
            }
        }
    }
}
