//! `Event`, the message in every record.

use crate::record;
use crate::wire::{Cursor, Malformed, encode};

const WALL_TIME: u32 = 1;
const STEP: u32 = 2;
const FILE_VERSION_FIELD: u32 = 3;
pub(super) const SUMMARY: u32 = 5;
const SESSION_LOG: u32 = 7;
const SOURCE_METADATA: u32 = 10;

/// What the first event of a file says.
pub const FILE_VERSION: &str = "brain.Event:2";

/// Appends the fields that every event begins with.
#[inline(always)]
pub(super) fn time_and_step(out: &mut Vec<u8>, wall_time: f64, step: Option<i64>) {
    if wall_time.to_bits() != 0 {
        encode::double_field(out, WALL_TIME, wall_time);
    }
    if let Some(step) = step.filter(|&step| step != 0) {
        encode::varint_field(out, STEP, step as u64);
    }
}

/// Appends one record: an event whose `field` holds `payload`, a string, bytes or a message.
pub fn event(out: &mut Vec<u8>, wall_time: f64, step: Option<i64>, field: u32, payload: &[u8]) {
    let start = record::start(out);
    time_and_step(out, wall_time, step);
    encode::bytes_field(out, field, payload);
    record::finish(out, start);
}

/// Appends one record: an event with this encoded `Summary`.
pub fn summary_event(out: &mut Vec<u8>, wall_time: f64, step: Option<i64>, summary: &[u8]) {
    event(out, wall_time, step, SUMMARY, summary);
}

/// Appends the record with which a file begins. `writer` says who wrote it.
pub fn file_version(out: &mut Vec<u8>, wall_time: f64, writer: &str) {
    let start = record::start(out);
    time_and_step(out, wall_time, None);
    encode::bytes_field(out, FILE_VERSION_FIELD, FILE_VERSION.as_bytes());
    encode::bytes_key(out, SOURCE_METADATA, encode::bytes_field_len(1, writer.len()));
    encode::bytes_field(out, 1, writer.as_bytes());
    record::finish(out, start);
}

/// Appends the two records that make TensorBoard drop what was logged from `step` on.
pub fn session_start(out: &mut Vec<u8>, wall_time: f64, step: i64) {
    event(out, wall_time, Some(step), FILE_VERSION_FIELD, FILE_VERSION.as_bytes());
    // SessionLog.status = START
    event(out, wall_time, Some(step), SESSION_LOG, &[0x08, 0x01]);
}

/// Appends one record: the encoded `Event` in `message`, with its wall time replaced, and its step
/// where one is given.
pub fn rewritten_event(
    out: &mut Vec<u8>,
    message: &[u8],
    wall_time: f64,
    step: Option<i64>,
) -> Result<(), Malformed> {
    let fields = Cursor::new(message).collect::<Result<Vec<_>, _>>()?;
    let start = record::start(out);
    time_and_step(out, wall_time, step);
    for field in fields {
        if field.number != WALL_TIME && (field.number != STEP || step.is_none()) {
            out.extend_from_slice(field.raw);
        }
    }
    record::finish(out, start);
    Ok(())
}
