//! Events as whole records.

use crate::proto::event::put_time_and_step;
use crate::proto::number::event as number;
use crate::proto::{Event, SessionLog, SessionStatus, What};
use crate::record;
use crate::wire::{Cursor, Malformed, encode};

/// What the first event of a file says.
pub const FILE_VERSION: &str = "brain.Event:2";

/// Appends one record: an event whose `field` holds `payload`, a string, bytes or a message.
pub fn event(out: &mut Vec<u8>, wall_time: f64, step: Option<i64>, field: u32, payload: &[u8]) {
    let start = record::start(out);
    put_time_and_step(out, wall_time, step);
    encode::bytes_field(out, field, payload);
    record::finish(out, start);
}

/// Appends one record: an event with this encoded `Summary`.
pub fn summary_event(out: &mut Vec<u8>, wall_time: f64, step: Option<i64>, summary: &[u8]) {
    event(out, wall_time, step, number::SUMMARY, summary);
}

/// Appends the record with which a file begins. `writer` says who wrote it.
pub fn file_version(out: &mut Vec<u8>, wall_time: f64, writer: &str) {
    let what = What::FileVersion(FILE_VERSION);
    let start = record::start(out);
    Event { wall_time, step: 0, what, writer: Some(writer) }.encode(out);
    record::finish(out, start);
}

/// Appends the two records that make TensorBoard drop what was logged from `step` on.
pub fn session_start(out: &mut Vec<u8>, wall_time: f64, step: i64) {
    event(out, wall_time, Some(step), number::FILE_VERSION, FILE_VERSION.as_bytes());
    let started = SessionLog::new(SessionStatus::Start, "", "");
    event(out, wall_time, Some(step), number::SESSION_LOG, started.raw());
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
    put_time_and_step(out, wall_time, step);
    for field in fields {
        let is_replaced = match field.number {
            number::WALL_TIME => true,
            number::STEP => step.is_some(),
            _ => false,
        };
        if !is_replaced {
            out.extend_from_slice(field.raw);
        }
    }
    record::finish(out, start);
    Ok(())
}
