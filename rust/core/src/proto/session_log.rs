//! `SessionLog`: starts and stops of the program that logs.

use std::borrow::Cow;

use crate::proto::field::{last_text, last_varint, put_text, put_varint};
use crate::proto::number::session_log as number;
use crate::wire::Malformed;

/// A session of the training program that starts or stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLog<'a> {
    /// Whether it starts or stops.
    pub status: SessionStatus,
    /// The path of the checkpoint, in an event about a checkpoint.
    pub checkpoint_path: Cow<'a, str>,
    /// A message for the reader.
    pub message: Cow<'a, str>,
    raw: Cow<'a, [u8]>,
}

/// `SessionLog.SessionStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum SessionStatus {
    #[default]
    Unspecified = 0,
    Start = 1,
    Stop = 2,
    Checkpoint = 3,
}

impl SessionStatus {
    fn of(number: i32) -> SessionStatus {
        match number {
            1 => SessionStatus::Start,
            2 => SessionStatus::Stop,
            3 => SessionStatus::Checkpoint,
            _ => SessionStatus::Unspecified,
        }
    }

    /// One word, such as `start`.
    pub fn name(self) -> &'static str {
        match self {
            SessionStatus::Unspecified => "unspecified",
            SessionStatus::Start => "start",
            SessionStatus::Stop => "stop",
            SessionStatus::Checkpoint => "checkpoint",
        }
    }
}

impl<'a> SessionLog<'a> {
    /// A session log with these fields.
    pub fn new(
        status: SessionStatus,
        checkpoint_path: &'a str,
        message: &'a str,
    ) -> SessionLog<'a> {
        let mut raw = Vec::new();
        put_varint(&mut raw, number::STATUS, status as u64);
        put_text(&mut raw, number::CHECKPOINT_PATH, checkpoint_path);
        put_text(&mut raw, number::MSG, message);
        let (checkpoint_path, message) = (checkpoint_path.into(), message.into());
        SessionLog { status, checkpoint_path, message, raw: raw.into() }
    }

    /// Decodes a serialized `SessionLog`.
    pub fn from_raw(raw: &'a [u8]) -> Result<SessionLog<'a>, Malformed> {
        SessionLog::decode(Cow::Borrowed(raw))
    }

    /// The serialized message.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    pub(crate) fn decode(message: Cow<'a, [u8]>) -> Result<SessionLog<'a>, Malformed> {
        Ok(SessionLog {
            status: SessionStatus::of(last_varint(&message, number::STATUS)? as i32),
            checkpoint_path: last_text(&message, number::CHECKPOINT_PATH)?,
            message: last_text(&message, number::MSG)?,
            raw: message,
        })
    }
}
