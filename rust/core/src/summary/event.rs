//! Events as whole records.

use crate::proto::event::put_time_and_step;
use crate::proto::number::event as number;
use crate::proto::number::{summary, value};
use crate::proto::{Event, SessionLog, SessionStatus, What};
use crate::record;
use crate::wire::{Cursor, Malformed, encode};

/// The `file_version` in the first event of a file.
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

/// Appends the first record of a file. `writer` is the name of the program that writes it.
pub fn file_version(out: &mut Vec<u8>, wall_time: f64, writer: &str) {
    let what = What::FileVersion(FILE_VERSION);
    let start = record::start(out);
    Event { wall_time, step: 0, what, writer: Some(writer) }.encode(out);
    record::finish(out, start);
}

/// Appends the two records that make TensorBoard drop earlier values from `step` on.
pub fn session_start(out: &mut Vec<u8>, wall_time: f64, step: i64) {
    event(out, wall_time, Some(step), number::FILE_VERSION, FILE_VERSION.as_bytes());
    let started = SessionLog::new(SessionStatus::Start, "", "");
    event(out, wall_time, Some(step), number::SESSION_LOG, started.raw());
}

/// Appends one record: the encoded `Event` in `message`, unchanged. Appends nothing if the event is
/// the version at the beginning of a file, since the new file has its own.
pub fn copied_event(out: &mut Vec<u8>, message: &[u8]) -> Result<(), Malformed> {
    let mut is_version = false;
    for field in Cursor::new(message) {
        is_version |= field?.number == number::FILE_VERSION;
    }
    if !is_version {
        record::frame(out, message);
    }
    Ok(())
}

/// The encoded `Event` in `message`, with another wall time, step or content if these are given.
/// The content is given as encoded `Summary.Value`s.
pub fn replaced_event(
    message: &[u8],
    wall_time: Option<f64>,
    step: Option<i64>,
    values: Option<&[Vec<u8>]>,
) -> Result<Vec<u8>, Malformed> {
    let mut out = Vec::with_capacity(message.len() + 20);
    put_time_and_step(&mut out, wall_time.unwrap_or_default(), step);
    for field in Cursor::new(message) {
        let field = field?;
        let is_replaced = match field.number {
            number::WALL_TIME => wall_time.is_some(),
            number::STEP => step.is_some(),
            // All other fields are members of one `oneof`.
            number::SOURCE_METADATA => false,
            _ => values.is_some(),
        };
        if !is_replaced {
            out.extend_from_slice(field.raw);
        }
    }
    if let Some(values) = values {
        let mut message = Vec::new();
        for value in values {
            encode::bytes_field(&mut message, summary::VALUE, value);
        }
        encode::bytes_field(&mut out, number::SUMMARY, &message);
    }
    Ok(out)
}

/// The field of a `Summary` that holds the encoded `Summary.Value` in `message` under another tag.
pub fn retagged_value(message: &[u8], tag: &str) -> Result<Vec<u8>, Malformed> {
    let mut retagged = Vec::with_capacity(message.len() + tag.len() + 4);
    if !tag.is_empty() {
        encode::bytes_field(&mut retagged, value::TAG, tag.as_bytes());
    }
    for field in Cursor::new(message) {
        let field = field?;
        if field.number != value::TAG {
            retagged.extend_from_slice(field.raw);
        }
    }
    let mut out = Vec::with_capacity(retagged.len() + 6);
    encode::bytes_field(&mut out, summary::VALUE, &retagged);
    Ok(out)
}

/// Appends one record: the encoded `Event` in `message`, with another wall time, and with another
/// step if one is given.
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
