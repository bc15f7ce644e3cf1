//! Events by their bytes: those that hold one number, and those that get another summary.

use crate::proto::number::{event as number, summary, value as field};
use crate::wire::{BYTES, Cursor, FIXED32, FIXED64, VARINT, encode, key};

/// Bytes that a `simple_value` takes, with its key.
pub const NUMBER: usize = 1 + size_of::<f32>();

/// An event with one `simple_value`, and nothing else but a time and a step.
pub struct Scalar<'p> {
    pub step: i64,
    pub tag: &'p [u8],
    /// How many bytes come before the summary.
    pub head: usize,
}

impl<'p> Scalar<'p> {
    #[inline]
    pub fn of(payload: &'p [u8]) -> Option<Scalar<'p>> {
        const WALL_TIME: u8 = key(number::WALL_TIME, FIXED64) as u8;
        const STEP: u8 = key(number::STEP, VARINT) as u8;
        const SUMMARY: u8 = key(number::SUMMARY, BYTES) as u8;
        const VALUE: u8 = key(summary::VALUE, BYTES) as u8;
        const TAG: u8 = key(field::TAG, BYTES) as u8;
        const SIMPLE: u8 = key(field::SIMPLE_VALUE, FIXED32) as u8;
        let after_time = payload.strip_prefix(&[WALL_TIME])?.get(size_of::<f64>()..)?;
        let (step, rest) = match after_time.strip_prefix(&[STEP]) {
            Some(rest) => {
                let mut cursor = Cursor::new(rest);
                (cursor.varint().ok()? as i64, cursor.rest())
            }
            None => (0, after_time),
        };
        let head = payload.len() - rest.len();
        let value = whole(whole(rest, SUMMARY)?, VALUE)?;
        let (value, number) = value.split_last_chunk::<NUMBER>()?;
        let tag = whole(value, TAG)?;
        (number[0] == SIMPLE).then_some(Scalar { step, tag, head })
    }
}

/// What the only field of a message holds, if it has this key.
#[inline]
fn whole(message: &[u8], key: u8) -> Option<&[u8]> {
    let rest = message.strip_prefix(&[key])?;
    let mut cursor = Cursor::new(rest);
    let length = cursor.varint().ok()?;
    (cursor.rest().len() as u64 == length).then_some(cursor.rest())
}

/// Appends an event's fields with another summary in the place of its own.
pub fn put_event(out: &mut Vec<u8>, payload: &[u8], summary: &[u8]) {
    let is_content = |number| (number::FILE_VERSION..=number::META_GRAPH_DEF).contains(&number);
    let mut is_put = false;
    for field in Cursor::new(payload).flatten() {
        match field.number {
            // A summary may come in parts, which are one.
            number::SUMMARY if !std::mem::replace(&mut is_put, true) => {
                encode::bytes_field(out, number::SUMMARY, summary);
            }
            number if is_content(number) => {}
            _ => out.extend_from_slice(field.raw),
        }
    }
}
