//! Finds values in the bytes of an event, and replaces an event's summary.

use crate::columns::shape::WALL_TIME_LEN;
use crate::proto::number::event as number;
use crate::proto::scalar_event::{self, SUMMARY, whole};
use crate::wire::{Cursor, encode};

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
        let (_, step, summary) = scalar_event::head(payload)?;
        let values = whole(summary.strip_prefix(&[SUMMARY])?)?;
        let head = payload.len() - summary.len();
        Some(Values { step, head, step_len: head - WALL_TIME_LEN, summary, values })
    }
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
