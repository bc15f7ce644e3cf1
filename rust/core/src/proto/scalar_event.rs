//! The most common event: one `simple_value`, with its fields in the order that every writer uses.
//!
//! It is read without a decision for each field. [`Event::decode`](super::Event::decode) reads
//! events with any other layout, and gives the same result for these.

use crate::proto::number::{event, summary, value};
use crate::wire::{BYTES, Cursor, FIXED32, FIXED64, VARINT, key};

/// The keys of the fields. A key has the field's number and its wire type.
pub(crate) const WALL_TIME: u8 = key(event::WALL_TIME, FIXED64) as u8;
const STEP: u64 = key(event::STEP, VARINT) as u64;
pub(crate) const SUMMARY: u8 = key(event::SUMMARY, BYTES) as u8;
pub(crate) const VALUE: u8 = key(summary::VALUE, BYTES) as u8;
pub(crate) const TAG: u8 = key(value::TAG, BYTES) as u8;
const SIMPLE_VALUE: u8 = key(value::SIMPLE_VALUE, FIXED32) as u8;

/// An event of `wall_time, step?, summary`, whose summary is one value of `tag, simple_value`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScalarEvent<'a> {
    /// Seconds since the epoch.
    pub wall_time: f64,
    /// The step; 0 if the field is absent.
    pub step: i64,
    /// The tag.
    pub tag: &'a str,
    /// The value.
    pub value: f32,
    /// The value's field within the summary, its key included.
    pub raw: &'a [u8],
}

impl<'a> ScalarEvent<'a> {
    /// Reads a record's payload, if it is such an event.
    #[inline]
    pub fn decode(payload: &'a [u8]) -> Option<ScalarEvent<'a>> {
        let (wall_time, step, field) = head(payload)?;
        let raw = whole(field.strip_prefix(&[SUMMARY])?)?;
        let value = whole(raw.strip_prefix(&[VALUE])?)?;
        let (length, rest) = varint(value.strip_prefix(&[TAG])?)?;
        let (tag, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let &[SIMPLE_VALUE, ref number @ ..] = rest else { return None };
        let value = f32::from_le_bytes(number.try_into().ok()?);
        Some(ScalarEvent { wall_time, step, tag: str::from_utf8(tag).ok()?, value, raw })
    }
}

/// The wall time and step at the beginning of an event, and the bytes after them.
#[inline(always)]
pub(crate) fn head(payload: &[u8]) -> Option<(f64, i64, &[u8])> {
    // A key, a double, and eight more bytes, most of which are the step. No event with a value is
    // shorter than that.
    let (&[WALL_TIME, ref times @ ..], _) = payload.split_first_chunk::<17>()? else {
        return None;
    };
    let (wall_time, word) = times.split_first_chunk::<8>()?;
    let word = u64::from_le_bytes(*word.first_chunk()?);
    let (step, length) = match word & 0xff {
        STEP if word & 0x8000 == 0 => (word >> 8 & 0x7f, 2),
        STEP if word & 0x80_0000 == 0 => (word >> 8 & 0x7f | word >> 9 & 0x3f80, 3),
        STEP if word & 0x8000_0000 == 0 => {
            (word >> 8 & 0x7f | word >> 9 & 0x3f80 | word >> 10 & 0x1f_c000, 4)
        }
        STEP => {
            let (step, rest) = varint(&payload[10..])?;
            (step, payload.len() - 9 - rest.len())
        }
        summary if summary == u64::from(SUMMARY) => (0, 0),
        _ => return None,
    };
    Some((f64::from_le_bytes(*wall_time), step as i64, payload.get(9 + length..)?))
}

/// The content of a field, from `bytes` that begin with its length, and the bytes after it.
#[inline(always)]
pub(crate) fn whole(field: &[u8]) -> Option<&[u8]> {
    let (length, bytes) = varint(field)?;
    (length == bytes.len() as u64).then_some(bytes)
}

/// What is in a field `summary`, of which the end may be missing.
#[inline(always)]
pub(crate) fn values_of(summary: &[u8]) -> Option<&[u8]> {
    Some(varint(summary.strip_prefix(&[SUMMARY])?)?.1)
}

/// The tag of the first of these values, and the bytes after it, if it comes first in the value.
#[inline(always)]
pub(crate) fn first_tag(values: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, value) = varint(values.strip_prefix(&[VALUE])?)?;
    let (length, rest) = varint(value.strip_prefix(&[TAG])?)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}

/// The varint at the beginning of `bytes`, and the bytes after it.
#[inline(always)]
pub(crate) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    match bytes {
        [a @ ..0x80, rest @ ..] => Some((u64::from(*a), rest)),
        [a, b @ ..0x80, rest @ ..] => Some((u64::from(a & 0x7f) | u64::from(*b) << 7, rest)),
        _ => {
            let mut cursor = Cursor::new(bytes);
            Some((cursor.varint().ok()?, cursor.rest()))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proto::{Data, Event, What};
    use crate::wire::encode;

    fn event(step: Option<u64>, tag: &[u8], value: f32) -> Vec<u8> {
        let (mut message, mut summary, mut event) = (Vec::new(), Vec::new(), Vec::new());
        encode::bytes_field(&mut message, value::TAG, tag);
        encode::float_field(&mut message, value::SIMPLE_VALUE, value);
        encode::bytes_field(&mut summary, summary::VALUE, &message);
        encode::double_field(&mut event, event::WALL_TIME, 1.5);
        if let Some(step) = step {
            encode::varint_field(&mut event, event::STEP, step);
        }
        encode::bytes_field(&mut event, event::SUMMARY, &summary);
        event
    }

    /// Checks that the fast path and the full decoder give the same result.
    fn agrees(payload: &[u8]) -> bool {
        let Some(scalar) = ScalarEvent::decode(payload) else { return false };
        let event = Event::decode(payload).unwrap();
        let What::Summary(summary) = event.what else { panic!("no summary") };
        let values: Vec<_> = summary.values().map(Result::unwrap).collect();
        let [value] = &values[..] else { panic!("{} values", values.len()) };
        assert_eq!(
            (scalar.wall_time.to_bits(), scalar.step),
            (event.wall_time.to_bits(), event.step)
        );
        assert_eq!((scalar.tag, scalar.raw), (value.tag, value.raw));
        assert_eq!(value.data, Data::SimpleValue(&scalar.value.to_le_bytes()));
        assert!(value.metadata.is_none() && event.writer.is_none());
        true
    }

    #[test]
    fn scalars_are_read_whatever_their_step() {
        assert!(agrees(&event(None, b"loss", 1.0)));
        for bits in 0..64 {
            assert!(agrees(&event(Some(1 << bits), b"train/loss", f32::NAN)), "{bits}");
        }
        assert!(agrees(&event(Some(7), &[b'a'; 300], -0.0)));
    }

    #[test]
    fn others_are_left_alone() {
        assert!(!agrees(b""));
        assert!(!agrees(&event(Some(7), b"\xff", 1.0)));
        let mut longer = event(Some(7), b"loss", 1.0);
        encode::varint_field(&mut longer, event::STEP, 8);
        assert!(!agrees(&longer));
    }

    proptest! {
        #[test]
        fn changed_bytes_are_read_alike_or_left_alone(
            at: prop::sample::Index, byte: u8, step: Option<u64>, tag in "[a-z/]{0,40}",
        ) {
            let mut payload = event(step, tag.as_bytes(), 0.5);
            let at = at.index(payload.len());
            payload[at] = byte;
            agrees(&payload);
        }
    }
}
