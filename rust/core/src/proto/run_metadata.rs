//! `RunMetadata`: the cost of one step of a graph, from TensorFlow's tracing.

use std::borrow::Cow;

use crate::proto::field::{last_bytes, last_text, lossy, put_bytes, put_message, put_text};
use crate::proto::message::Message;
use crate::proto::number::{
    device_step_stats, run_metadata, step_stats, tagged_run_metadata as number,
};
use crate::wire::{Cursor, Malformed, Value};

/// A [`RunMetadata`] with its tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedRunMetadata<'a> {
    /// The tag.
    pub tag: Cow<'a, str>,
    /// A serialized [`RunMetadata`].
    pub run_metadata: Cow<'a, [u8]>,
}

impl<'a> TaggedRunMetadata<'a> {
    pub(crate) fn decode(message: Cow<'a, [u8]>) -> Result<TaggedRunMetadata<'a>, Malformed> {
        Ok(TaggedRunMetadata {
            tag: last_text(&message, number::TAG)?,
            run_metadata: last_bytes(&message, number::RUN_METADATA)?,
        })
    }

    /// Appends the fields.
    pub fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, number::TAG, &self.tag);
        put_bytes(out, number::RUN_METADATA, &self.run_metadata);
    }
}

/// The part of the message that torch writes: the devices on which the step ran.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunMetadata {
    /// The names of the devices, such as `/device:CPU:0`.
    pub devices: Vec<String>,
}

impl Message<'_> for RunMetadata {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for stats in messages(message, run_metadata::STEP_STATS) {
            for device in messages(stats?, step_stats::DEV_STATS) {
                let name = messages(device?, device_step_stats::DEVICE).last().transpose()?;
                self.devices.push(lossy(name.unwrap_or_default()));
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        if self.devices.is_empty() {
            return;
        }
        put_message(out, run_metadata::STEP_STATS, |stats| {
            for name in &self.devices {
                put_message(stats, step_stats::DEV_STATS, |device| {
                    put_text(device, device_step_stats::DEVICE, name);
                });
            }
        });
    }
}

fn messages(message: &[u8], number: u32) -> impl Iterator<Item = Result<&[u8], Malformed>> {
    Cursor::new(message).filter_map(move |field| match field {
        Ok(field) => match field.value {
            Value::Bytes(bytes) if field.number == number => Some(Ok(bytes)),
            _ => None,
        },
        Err(malformed) => Some(Err(malformed)),
    })
}
