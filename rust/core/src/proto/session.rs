//! Events about the program that logs, not about what it computes.

use std::borrow::Cow;

use super::utf8;
use crate::wire::{Cursor, Malformed, Value};

/// `SessionLog`: a session of the training program that starts or stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLog<'a> {
    /// What happens to the session.
    pub status: Status,
    /// Where it keeps its state, if that is what the event is about.
    pub checkpoint_path: Cow<'a, str>,
    /// What else there is to say.
    pub message: Cow<'a, str>,
    raw: Cow<'a, [u8]>,
}

/// `SessionLog.SessionStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Status {
    #[default]
    Unspecified,
    Start,
    Stop,
    Checkpoint,
}

/// `TaggedRunMetadata`: what a step of a graph took, as TensorFlow's tracing says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunMetadata<'a> {
    /// The tag.
    pub tag: Cow<'a, str>,
    /// A serialized `RunMetadata`.
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> SessionLog<'a> {
    /// Decodes a serialized `SessionLog`.
    pub fn from_raw(raw: &'a [u8]) -> Result<SessionLog<'a>, Malformed> {
        SessionLog::decode(Cow::Borrowed(raw))
    }

    /// The serialized message.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    pub(crate) fn decode(message: Cow<'a, [u8]>) -> Result<SessionLog<'a>, Malformed> {
        let status = match varint(&message, 1)? as i32 {
            1 => Status::Start,
            2 => Status::Stop,
            3 => Status::Checkpoint,
            _ => Status::Unspecified,
        };
        let (checkpoint_path, text) = (text(&message, 2)?, text(&message, 3)?);
        Ok(SessionLog { status, checkpoint_path, message: text, raw: message })
    }
}

impl<'a> RunMetadata<'a> {
    pub(crate) fn decode(message: Cow<'a, [u8]>) -> Result<RunMetadata<'a>, Malformed> {
        Ok(RunMetadata { tag: text(&message, 1)?, bytes: bytes(&message, 2)? })
    }
}

/// The last value of an integer field; 0 if there is none.
fn varint(message: &[u8], number: u32) -> Result<u64, Malformed> {
    Cursor::new(message).try_fold(0, |last, field| {
        let field = field?;
        Ok(match field.value {
            Value::Varint(value) if field.number == number => value,
            _ => last,
        })
    })
}

/// The last value of a bytes field; none are empty.
pub(crate) fn bytes<'a>(message: &Cow<'a, [u8]>, number: u32) -> Result<Cow<'a, [u8]>, Malformed> {
    fn last(message: &[u8], number: u32) -> Result<&[u8], Malformed> {
        Cursor::new(message).try_fold(&[][..], |last, field| {
            let field = field?;
            Ok(match field.value {
                Value::Bytes(bytes) if field.number == number => bytes,
                _ => last,
            })
        })
    }
    Ok(match message {
        Cow::Borrowed(message) => Cow::Borrowed(last(message, number)?),
        Cow::Owned(message) => Cow::Owned(last(message, number)?.to_vec()),
    })
}

/// The last value of a string field.
pub(crate) fn text<'a>(message: &Cow<'a, [u8]>, number: u32) -> Result<Cow<'a, str>, Malformed> {
    Ok(match bytes(message, number)? {
        Cow::Borrowed(bytes) => Cow::Borrowed(utf8(bytes)?),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).map_err(|_| Malformed)?),
    })
}
