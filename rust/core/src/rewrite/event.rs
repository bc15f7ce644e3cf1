//! Finds values in the bytes of an event, and replaces an event's summary.

use crate::proto::number::{event as number, summary, value as field};
use crate::wire::{BYTES, Cursor, FIXED64, VARINT, encode, key};

const VALUE: u8 = key(summary::VALUE, BYTES) as u8;
const TAG: u8 = key(field::TAG, BYTES) as u8;

/// An event that consists of a time, a step and a summary, in this order.
pub struct Values<'p> {
    pub step: i64,
    /// The number of bytes before the summary, and the number of bytes of the step's field among
    /// them.
    pub head: usize,
    pub step_len: usize,
    /// The whole field.
    pub summary: &'p [u8],
    /// The content of the field.
    pub values: &'p [u8],
}

impl<'p> Values<'p> {
    #[inline]
    pub fn of(payload: &'p [u8]) -> Option<Values<'p>> {
        const WALL_TIME: u8 = key(number::WALL_TIME, FIXED64) as u8;
        const STEP: u8 = key(number::STEP, VARINT) as u8;
        const SUMMARY: u8 = key(number::SUMMARY, BYTES) as u8;
        let after_time = payload.strip_prefix(&[WALL_TIME])?.get(size_of::<f64>()..)?;
        let (step, summary) = match after_time.strip_prefix(&[STEP]) {
            Some(rest) => {
                let mut cursor = Cursor::new(rest);
                (cursor.varint().ok()? as i64, cursor.rest())
            }
            None => (0, after_time),
        };
        let values = whole(summary, SUMMARY)?;
        let (head, step_len) = (payload.len() - summary.len(), after_time.len() - summary.len());
        Some(Values { step, head, step_len, summary, values })
    }
}

/// The tag of the first of these values, if it comes first in the value.
#[inline]
pub fn first_tag(values: &[u8]) -> Option<&[u8]> {
    let mut value = Cursor::new(values.strip_prefix(&[VALUE])?);
    value.varint().ok()?;
    let mut tag = Cursor::new(value.rest().strip_prefix(&[TAG])?);
    let length = usize::try_from(tag.varint().ok()?).ok()?;
    tag.rest().get(..length)
}

/// The content of the only field of a message, if it has this key.
#[inline]
fn whole(message: &[u8], key: u8) -> Option<&[u8]> {
    let rest = message.strip_prefix(&[key])?;
    let mut cursor = Cursor::new(rest);
    let length = cursor.varint().ok()?;
    (cursor.rest().len() as u64 == length).then_some(cursor.rest())
}

/// Appends the fields of an event, with another summary in place of its own.
pub fn put_event(out: &mut Vec<u8>, payload: &[u8], summary: &[u8]) {
    let is_content = |number| (number::FILE_VERSION..=number::META_GRAPH_DEF).contains(&number);
    let mut is_put = false;
    for field in Cursor::new(payload).flatten() {
        match field.number {
            // A summary may have several parts, which count as one.
            number::SUMMARY if !std::mem::replace(&mut is_put, true) => {
                encode::bytes_field(out, number::SUMMARY, summary);
            }
            number if is_content(number) => {}
            _ => out.extend_from_slice(field.raw),
        }
    }
}
