//! `LogMessage`: a line of a log. Current programs do not write it.

use crate::proto::field::{lossy, put_text, put_varint};
use crate::proto::message::Message;
use crate::proto::number::log_message as number;
use crate::wire::{Cursor, Malformed, Value};

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogMessage {
    /// 0 unknown, 10 debugging, 20 info, 30 warning, 40 error, 50 fatal.
    pub level: i32,
    /// The text.
    pub message: String,
}

impl Message<'_> for LogMessage {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (number::LEVEL, Value::Varint(level)) => self.level = level as i32,
                (number::MESSAGE, Value::Bytes(text)) => self.message = lossy(text),
                _ => {}
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_varint(out, number::LEVEL, i64::from(self.level) as u64);
        put_text(out, number::MESSAGE, &self.message);
    }
}
