//! The event model over borrowed bytes: what one record's payload says.
//!
//! The messages are TensorFlow's (`tensorflow/core/util/event.proto`,
//! `tensorflow/core/framework/{summary,tensor,tensor_shape}.proto`). Decoding follows protobuf's
//! rules: unknown fields are skipped, of a `oneof` the last member counts, and a message that
//! occurs twice is merged.

mod tensor;

use std::borrow::Cow;

pub use crate::wire::Malformed;
use crate::wire::{Cursor, Field, Value};
pub use tensor::{Element, Number, Tensor, Text};

/// One event: what happened, when and at which step.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<'a> {
    /// Seconds since the epoch; 0 where the field is absent.
    pub wall_time: f64,
    /// The step; 0 where the field is absent.
    pub step: i64,
    /// The event's content.
    pub what: What<'a>,
}

/// An event's content.
#[derive(Debug, Clone, PartialEq)]
pub enum What<'a> {
    /// The event has no content.
    Nothing,
    /// The format's version; the first event of a file.
    FileVersion(&'a str),
    /// Values under tags.
    Summary(Summary<'a>),
    /// Another kind of content, by its field number.
    Other(u32),
}

/// The values of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary<'a>(Cow<'a, [u8]>);

/// One value under a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryValue<'a> {
    /// The tag; the node's name where a tensor has no tag, as files of 2017 have it.
    pub tag: &'a str,
    /// How the value is meant to be shown.
    pub metadata: Option<Metadata<'a>>,
    /// The value.
    pub data: Data<'a>,
    /// All bytes of this value within the summary, the field's key included.
    pub raw: &'a [u8],
}

/// A value's content.
#[derive(Debug, Clone, PartialEq)]
pub enum Data<'a> {
    /// The value has no content.
    Nothing,
    /// A `float`, by its four little-endian bytes.
    SimpleValue(&'a [u8]),
    /// A tensor.
    Tensor(Tensor<'a>),
    /// Another kind (image, histogram, audio), by its field number.
    Other(u32),
}

/// How a value is meant to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata<'a> {
    /// The plugin that shows it.
    pub plugin_name: Cow<'a, str>,
    /// The plugin's own data.
    pub content: Cow<'a, [u8]>,
    /// `DataClass`: 0 unknown, 1 scalar, 2 tensor, 3 blob sequence.
    pub data_class: i64,
}

/// Field numbers, as the messages define them.
mod number {
    pub const WALL_TIME: u32 = 1;
    pub const STEP: u32 = 2;
    pub const FILE_VERSION: u32 = 3;
    pub const SUMMARY: u32 = 5;
    pub const LAST_WHAT: u32 = 9;

    pub const VALUE: u32 = 1;
    pub const TAG: u32 = 1;
    pub const SIMPLE_VALUE: u32 = 2;
    pub const AUDIO: u32 = 6;
    pub const NODE_NAME: u32 = 7;
    pub const TENSOR: u32 = 8;
    pub const METADATA: u32 = 9;

    pub const PLUGIN_DATA: u32 = 1;
    pub const DISPLAY_NAME: u32 = 2;
    pub const SUMMARY_DESCRIPTION: u32 = 3;
    pub const DATA_CLASS: u32 = 4;
    pub const PLUGIN_NAME: u32 = 1;
    pub const CONTENT: u32 = 2;
}

impl<'a> Event<'a> {
    /// Decodes a record's payload.
    ///
    /// ```
    /// use tfevents::event::{Event, What};
    ///
    /// let event = Event::decode(b"\x10\x07\x1a\x0dbrain.Event:2").unwrap();
    /// assert_eq!((event.step, event.what), (7, What::FileVersion("brain.Event:2")));
    /// ```
    pub fn decode(payload: &'a [u8]) -> Result<Event<'a>, Malformed> {
        let mut event = Event { wall_time: 0.0, step: 0, what: What::Nothing };
        for field in Cursor::new(payload) {
            let field = field?;
            match (field.number, field.value) {
                (number::WALL_TIME, Value::Fixed64(bits)) => event.wall_time = f64::from_bits(bits),
                (number::STEP, Value::Varint(step)) => event.step = step as i64,
                (number::FILE_VERSION, Value::Bytes(text)) => {
                    event.what = What::FileVersion(utf8(text)?);
                }
                (number::SUMMARY, Value::Bytes(message)) => {
                    let before = match event.what {
                        What::Summary(Summary(before)) => Some(before),
                        _ => None,
                    };
                    event.what = What::Summary(Summary(merge(before, message)?));
                }
                (other @ number::FILE_VERSION..=number::LAST_WHAT, Value::Bytes(_)) => {
                    event.what = What::Other(other);
                }
                _ => {}
            }
        }
        Ok(event)
    }
}

impl Summary<'_> {
    /// The values, in order.
    pub fn values(&self) -> impl Iterator<Item = Result<SummaryValue<'_>, Malformed>> {
        Cursor::new(&self.0).filter_map(|field| match field {
            Ok(Field { number: number::VALUE, value: Value::Bytes(message), raw }) => {
                Some(SummaryValue::decode(message, raw))
            }
            Ok(_) => None,
            Err(malformed) => Some(Err(malformed)),
        })
    }
}

impl<'a> SummaryValue<'a> {
    fn decode(message: &'a [u8], raw: &'a [u8]) -> Result<SummaryValue<'a>, Malformed> {
        let (mut tag, mut node_name) = ("", "");
        let mut metadata: Option<Cow<'a, [u8]>> = None;
        let mut tensor: Option<Cow<'a, [u8]>> = None;
        let mut data = Data::Nothing;
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (number::TAG, Value::Bytes(text)) => tag = utf8(text)?,
                (number::NODE_NAME, Value::Bytes(text)) => node_name = utf8(text)?,
                (number::SIMPLE_VALUE, Value::Fixed32(_)) => {
                    tensor = None;
                    data = Data::SimpleValue(&field.raw[field.raw.len() - 4..]);
                }
                (number::TENSOR, Value::Bytes(message)) => {
                    tensor = Some(merge(tensor.take(), message)?);
                }
                (other @ number::SIMPLE_VALUE..=number::AUDIO, Value::Bytes(_)) => {
                    tensor = None;
                    data = Data::Other(other);
                }
                (number::METADATA, Value::Bytes(message)) => {
                    metadata = Some(merge(metadata.take(), message)?);
                }
                _ => {}
            }
        }
        if let Some(message) = tensor {
            data = Data::Tensor(Tensor::decode(message)?);
            if tag.is_empty() {
                tag = node_name;
            }
        }
        let metadata = metadata.map(Metadata::decode).transpose()?;
        Ok(SummaryValue { tag, metadata, data, raw })
    }
}

impl<'a> Metadata<'a> {
    fn decode(message: Cow<'a, [u8]>) -> Result<Metadata<'a>, Malformed> {
        match message {
            Cow::Borrowed(message) => Metadata::decode_borrowed(message),
            Cow::Owned(message) => {
                let Metadata { plugin_name, content, data_class } =
                    Metadata::decode_borrowed(&message)?;
                Ok(Metadata {
                    plugin_name: Cow::Owned(plugin_name.into_owned()),
                    content: Cow::Owned(content.into_owned()),
                    data_class,
                })
            }
        }
    }

    fn decode_borrowed(message: &'a [u8]) -> Result<Metadata<'a>, Malformed> {
        let mut metadata = Metadata::default();
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                // Merging two of these means that each field is replaced where it occurs again.
                (number::PLUGIN_DATA, Value::Bytes(plugin)) => {
                    for field in Cursor::new(plugin) {
                        let field = field?;
                        match (field.number, field.value) {
                            (number::PLUGIN_NAME, Value::Bytes(name)) => {
                                metadata.plugin_name = Cow::Borrowed(utf8(name)?);
                            }
                            (number::CONTENT, Value::Bytes(content)) => {
                                metadata.content = Cow::Borrowed(content);
                            }
                            _ => {}
                        }
                    }
                }
                (number::DISPLAY_NAME | number::SUMMARY_DESCRIPTION, Value::Bytes(text)) => {
                    utf8(text)?;
                }
                // An enum: protobuf keeps the low 32 bits.
                (number::DATA_CLASS, Value::Varint(class)) => {
                    metadata.data_class = i64::from(class as i32);
                }
                _ => {}
            }
        }
        Ok(metadata)
    }
}

fn utf8(text: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(text).map_err(|_| Malformed)
}

/// A message that occurs twice is merged, which is what decoding one after the other does.
fn merge<'a>(before: Option<Cow<'a, [u8]>>, message: &'a [u8]) -> Result<Cow<'a, [u8]>, Malformed> {
    let Some(before) = before else {
        return Ok(Cow::Borrowed(message));
    };
    // Each must be well-formed by itself.
    for part in [&before, message] {
        Cursor::new(part).try_for_each(|field| field.map(drop))?;
    }
    Ok(Cow::Owned([&before, message].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encode;

    fn message(build: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        build(&mut out);
        out
    }

    fn scalar(tag: &str, value: f32) -> Vec<u8> {
        message(|out| {
            encode::bytes_field(out, 1, tag.as_bytes());
            encode::float_field(out, 2, value);
        })
    }

    #[test]
    fn a_scalar_event() {
        let summary = message(|out| encode::bytes_field(out, 1, &scalar("loss", 0.5)));
        let payload = message(|out| {
            encode::double_field(out, 1, 12.5);
            encode::varint_field(out, 2, -3i64 as u64);
            encode::bytes_field(out, 5, &summary);
        });
        let event = Event::decode(&payload).unwrap();
        assert_eq!((event.wall_time, event.step), (12.5, -3));
        let What::Summary(values) = &event.what else { panic!("{event:?}") };
        let values: Vec<_> = values.values().map(Result::unwrap).collect();
        assert_eq!(values.len(), 1);
        assert_eq!(values[0].tag, "loss");
        assert_eq!(values[0].data, Data::SimpleValue(&0.5f32.to_le_bytes()));
        assert_eq!(values[0].raw, summary);
    }

    #[test]
    fn of_a_oneof_the_last_counts_and_equal_messages_merge() {
        let one = message(|out| encode::bytes_field(out, 1, &scalar("one", 1.0)));
        let two = message(|out| encode::bytes_field(out, 1, &scalar("two", 2.0)));
        let tags = |payload: &[u8]| match Event::decode(payload).unwrap().what {
            What::Summary(summary) => {
                summary.values().map(|value| value.unwrap().tag.to_owned()).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        let merged = message(|out| {
            encode::bytes_field(out, 5, &one);
            encode::bytes_field(out, 5, &two);
        });
        assert_eq!(tags(&merged), ["one", "two"]);
        let replaced = message(|out| {
            encode::bytes_field(out, 5, &one);
            encode::bytes_field(out, 3, b"brain.Event:2");
            encode::bytes_field(out, 5, &two);
        });
        assert_eq!(tags(&replaced), ["two"]);
    }

    #[test]
    fn merged_metadata_keeps_what_the_second_does_not_say() {
        let plugin = message(|out| encode::bytes_field(out, 1, b"scalars"));
        let first = message(|out| encode::bytes_field(out, 1, &plugin));
        let second = message(|out| encode::varint_field(out, 4, 1));
        let value = message(|out| {
            encode::bytes_field(out, 9, &first);
            encode::bytes_field(out, 9, &second);
        });
        let value = SummaryValue::decode(&value, &value).unwrap();
        let metadata = value.metadata.unwrap();
        assert_eq!((&*metadata.plugin_name, metadata.data_class), ("scalars", 1));
    }

    #[test]
    fn text_that_is_no_utf8_is_malformed() {
        let value = message(|out| encode::bytes_field(out, 1, b"\xff"));
        assert_eq!(SummaryValue::decode(&value, &value), Err(Malformed));
        assert_eq!(Event::decode(b"\x1a\x01\xff"), Err(Malformed));
    }
}
