//! The event model over borrowed bytes: what one record's payload says.
//!
//! The messages are TensorFlow's (`tensorflow/core/util/event.proto`,
//! `tensorflow/core/framework/{summary,tensor,tensor_shape}.proto`). Decoding follows protobuf's
//! rules: unknown fields are skipped, of a `oneof` the last member counts, and a message that
//! occurs twice is merged.

mod array;
mod histogram;
pub(crate) mod kind;
mod media;
mod session;
mod tensor;

use std::borrow::Cow;

pub use crate::wire::Malformed;
use crate::wire::{Cursor, Field, Value};
pub use array::{Array, DType, Elements, NoArray};
pub use histogram::Histogram;
pub use kind::Kind;
pub use media::{Audio, Image};
pub use session::{RunMetadata, SessionLog, Status};
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
    /// Who wrote the file, where the event has a `source_metadata`, of which this is the `writer`.
    pub writer: Option<&'a str>,
}

/// An event's content.
#[derive(Debug, Clone, PartialEq)]
pub enum What<'a> {
    /// The event has no content.
    Nothing,
    /// The format's version; the first event of a file.
    FileVersion(&'a str),
    /// A serialized `GraphDef`.
    Graph(&'a [u8]),
    /// Values under tags.
    Summary(Summary<'a>),
    /// A `LogMessage`, which nothing writes any more.
    LogMessage(Cow<'a, [u8]>),
    /// A session that starts or stops.
    SessionLog(SessionLog<'a>),
    /// A serialized `RunMetadata` under a tag.
    RunMetadata(RunMetadata<'a>),
    /// A serialized `MetaGraphDef`.
    MetaGraph(&'a [u8]),
}

/// The values of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary<'a>(Cow<'a, [u8]>);

/// One value under a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryValue<'a> {
    /// The tag; the node's name where a tensor has no tag, as files of 2017 have it.
    pub tag: &'a str,
    /// Whether the tag is one, and not the node's name.
    pub is_tagged: bool,
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
    /// A histogram's `HistogramProto`.
    Histogram(Histogram<'a>),
    /// A picture, encoded.
    Image(Image<'a>),
    /// A sound, encoded.
    Audio(Audio<'a>),
    /// A tensor.
    Tensor(Tensor<'a>),
    /// Another kind, by its field number; only `obsolete_old_style_histogram` is.
    Other(u32),
}

/// How a value is meant to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata<'a> {
    /// The plugin that shows it.
    pub plugin_name: Cow<'a, str>,
    /// The plugin's own data.
    pub content: Cow<'a, [u8]>,
    /// The name to show instead of the tag.
    pub display_name: Cow<'a, str>,
    /// What it is, in Markdown.
    pub description: Cow<'a, str>,
    /// `DataClass`: 0 unknown, 1 scalar, 2 tensor, 3 blob sequence.
    pub data_class: i64,
}

/// Field numbers, as the messages define them.
mod number {
    pub const WALL_TIME: u32 = 1;
    pub const STEP: u32 = 2;
    pub const FILE_VERSION: u32 = 3;
    pub const GRAPH: u32 = 4;
    pub const SUMMARY: u32 = 5;
    pub const LOG_MESSAGE: u32 = 6;
    pub const SESSION_LOG: u32 = 7;
    pub const RUN_METADATA: u32 = 8;
    pub const META_GRAPH: u32 = 9;
    pub const SOURCE_METADATA: u32 = 10;
    pub const WRITER: u32 = 1;

    pub const VALUE: u32 = 1;
    pub const TAG: u32 = 1;
    pub const SIMPLE_VALUE: u32 = 2;
    pub const OLD_HISTOGRAM: u32 = 3;
    pub const IMAGE: u32 = 4;
    pub const HISTOGRAM: u32 = 5;
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
    /// use tfevents::proto::{Event, What};
    ///
    /// let event = Event::decode(b"\x10\x07\x1a\x0dbrain.Event:2").unwrap();
    /// assert_eq!((event.step, event.what), (7, What::FileVersion("brain.Event:2")));
    /// ```
    pub fn decode(payload: &'a [u8]) -> Result<Event<'a>, Malformed> {
        let (mut wall_time, mut step, mut writer) = (0.0, 0, None);
        let mut content: Option<(u32, Cow<'a, [u8]>)> = None;
        // Any message is well-formed; one that has no field of an event is another one.
        let mut is_event = payload.is_empty();
        for field in Cursor::new(payload) {
            let field = field?;
            let was_event = std::mem::replace(&mut is_event, true);
            match (field.number, field.value) {
                (number::WALL_TIME, Value::Fixed64(bits)) => wall_time = f64::from_bits(bits),
                (number::STEP, Value::Varint(value)) => step = value as i64,
                (number @ number::FILE_VERSION..=number::META_GRAPH, Value::Bytes(bytes)) => {
                    content = Some((number, oneof(content, number, is_message, bytes)?));
                }
                (number::SOURCE_METADATA, Value::Bytes(message)) => {
                    writer = writer.or(Some(""));
                    for field in Cursor::new(message) {
                        let field = field?;
                        if let (number::WRITER, Value::Bytes(name)) = (field.number, field.value) {
                            writer = Some(utf8(name)?);
                        }
                    }
                }
                _ => is_event = was_event,
            }
        }
        if !is_event {
            return Err(Malformed);
        }
        Ok(Event { wall_time, step, what: What::decode(content)?, writer })
    }
}

/// Whether a payload is a well-formed event, down to its values.
pub(crate) fn is_event(payload: &[u8]) -> bool {
    let is_well_formed = || -> Result<(), Malformed> {
        match Event::decode(payload)?.what {
            What::Summary(summary) => summary.values().try_for_each(|value| value.map(drop)),
            _ => Ok(()),
        }
    };
    is_well_formed().is_ok()
}

/// Whether the content of this number is a message, of which several are merged.
fn is_message(number: u32) -> bool {
    (number::SUMMARY..=number::RUN_METADATA).contains(&number)
}

impl<'a> What<'a> {
    fn decode(content: Option<(u32, Cow<'a, [u8]>)>) -> Result<What<'a>, Malformed> {
        Ok(match content {
            None => What::Nothing,
            Some((number::SUMMARY, message)) => What::Summary(Summary(message)),
            Some((number::LOG_MESSAGE, message)) => What::LogMessage(message),
            Some((number::SESSION_LOG, message)) => What::SessionLog(SessionLog::decode(message)?),
            Some((number::RUN_METADATA, message)) => {
                What::RunMetadata(RunMetadata::decode(message)?)
            }
            Some((number, Cow::Borrowed(bytes))) => match number {
                number::FILE_VERSION => What::FileVersion(utf8(bytes)?),
                number::GRAPH => What::Graph(bytes),
                _ => What::MetaGraph(bytes),
            },
            // Only messages are merged, and these are none.
            Some((_, Cow::Owned(_))) => return Err(Malformed),
        })
    }
}

impl Summary<'_> {
    /// The values, in order.
    pub fn values(&self) -> impl Iterator<Item = Result<SummaryValue<'_>, Malformed>> + Clone {
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
    /// Decodes the bytes that [`raw`](SummaryValue::raw) of such a value gave.
    pub fn from_raw(raw: &'a [u8]) -> Result<SummaryValue<'a>, Malformed> {
        match Cursor::new(raw).next() {
            Some(Ok(Field { number: number::VALUE, value: Value::Bytes(message), raw })) => {
                SummaryValue::decode(message, raw)
            }
            _ => Err(Malformed),
        }
    }

    fn decode(message: &'a [u8], raw: &'a [u8]) -> Result<SummaryValue<'a>, Malformed> {
        let (mut tag, mut node_name) = ("", "");
        let mut metadata: Option<Cow<'a, [u8]>> = None;
        let mut content: Option<(u32, Cow<'a, [u8]>)> = None;
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (number::TAG, Value::Bytes(text)) => tag = utf8(text)?,
                (number::NODE_NAME, Value::Bytes(text)) => node_name = utf8(text)?,
                (number::SIMPLE_VALUE, Value::Fixed32(_)) => {
                    let number = &field.raw[field.raw.len() - size_of::<f32>()..];
                    content = Some((number::SIMPLE_VALUE, Cow::Borrowed(number)));
                }
                (
                    number @ (number::OLD_HISTOGRAM..=number::AUDIO | number::TENSOR),
                    Value::Bytes(message),
                ) => {
                    let is_message = |number| number != number::OLD_HISTOGRAM;
                    content = Some((number, oneof(content, number, is_message, message)?));
                }
                (number::METADATA, Value::Bytes(message)) => {
                    metadata = Some(merge(metadata.take(), message)?);
                }
                _ => {}
            }
        }
        let is_tagged = !tag.is_empty();
        let data = match content {
            None => Data::Nothing,
            Some((number::SIMPLE_VALUE, Cow::Borrowed(number))) => Data::SimpleValue(number),
            Some((number::IMAGE, message)) => Data::Image(Image::decode(message)?),
            Some((number::HISTOGRAM, message)) => Data::Histogram(Histogram::decode(message)?),
            Some((number::AUDIO, message)) => Data::Audio(Audio::decode(message)?),
            Some((number::TENSOR, message)) => {
                if tag.is_empty() {
                    tag = node_name;
                }
                Data::Tensor(Tensor::decode(message)?)
            }
            Some((other, _)) => Data::Other(other),
        };
        let metadata = metadata.map(Metadata::decode).transpose()?;
        Ok(SummaryValue { tag, is_tagged, metadata, data, raw })
    }
}

impl Data<'_> {
    /// Content of the kind that the field of this number holds, without anything in it.
    pub(crate) fn empty(number: Option<u32>) -> Data<'static> {
        let nothing = || Cow::Borrowed(&[][..]);
        let decoded = match number {
            Some(number::IMAGE) => Image::decode(nothing()).map(Data::Image),
            Some(number::HISTOGRAM) => Histogram::decode(nothing()).map(Data::Histogram),
            Some(number::AUDIO) => Audio::decode(nothing()).map(Data::Audio),
            Some(number::TENSOR) => Tensor::decode(nothing()).map(Data::Tensor),
            _ => Ok(Data::Nothing),
        };
        decoded.unwrap_or(Data::Nothing)
    }
}

impl<'a> Metadata<'a> {
    /// Decodes a serialized `SummaryMetadata`.
    pub(crate) fn from_message(message: &[u8]) -> Result<Metadata<'static>, Malformed> {
        Ok(Metadata::decode_borrowed(message)?.into_owned())
    }

    fn decode(message: Cow<'a, [u8]>) -> Result<Metadata<'a>, Malformed> {
        match message {
            Cow::Borrowed(message) => Metadata::decode_borrowed(message),
            Cow::Owned(message) => Metadata::from_message(&message),
        }
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Metadata<'static> {
        Metadata {
            plugin_name: Cow::Owned(self.plugin_name.into_owned()),
            content: Cow::Owned(self.content.into_owned()),
            display_name: Cow::Owned(self.display_name.into_owned()),
            description: Cow::Owned(self.description.into_owned()),
            data_class: self.data_class,
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
                (number::DISPLAY_NAME, Value::Bytes(text)) => {
                    metadata.display_name = Cow::Borrowed(utf8(text)?);
                }
                (number::SUMMARY_DESCRIPTION, Value::Bytes(text)) => {
                    metadata.description = Cow::Borrowed(utf8(text)?);
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

/// The content of a `oneof` after the member `number` was found to hold `bytes`.
fn oneof<'a>(
    before: Option<(u32, Cow<'a, [u8]>)>,
    number: u32,
    is_message: impl Fn(u32) -> bool,
    bytes: &'a [u8],
) -> Result<Cow<'a, [u8]>, Malformed> {
    let before = before.filter(|(it, _)| *it == number && is_message(number));
    merge(before.map(|(_, message)| message), bytes)
}

/// A message that occurs twice is merged, which is what decoding one after the other does.
fn merge<'a>(before: Option<Cow<'a, [u8]>>, message: &'a [u8]) -> Result<Cow<'a, [u8]>, Malformed> {
    let Some(before) = before else {
        return Ok(Cow::Borrowed(message));
    };
    // Each must be well-formed by itself; what was merged before is.
    let check = |part| Cursor::new(part).try_for_each(|field| field.map(drop));
    if let Cow::Borrowed(before) = before {
        check(before)?;
    }
    check(message)?;
    // Appended, not put together anew: a record may hold a million of them.
    let mut merged = before.into_owned();
    merged.extend_from_slice(message);
    Ok(Cow::Owned(merged))
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
    fn every_content_of_an_event() {
        let event =
            |number, content: &[u8]| message(|out| encode::bytes_field(out, number, content));
        let what = |payload: &[u8]| format!("{:?}", Event::decode(payload).unwrap().what);
        assert_eq!(what(&event(4, b"ab")), "Graph([97, 98])");
        assert_eq!(what(&event(9, b"ab")), "MetaGraph([97, 98])");
        // Of bytes the last count, messages are merged.
        assert_eq!(what(&[event(4, b"ab"), event(4, b"c")].concat()), "Graph([99])");
        let log = [event(7, &[8, 1]), event(7, &message(|o| encode::bytes_field(o, 3, b"hi")))];
        let log = log.concat();
        let What::SessionLog(log) = Event::decode(&log).unwrap().what else { panic!() };
        assert_eq!((log.status, &*log.message), (Status::Start, "hi"));
        let metadata = message(|out| {
            encode::bytes_field(out, 1, b"step 1");
            encode::bytes_field(out, 2, b"xyz");
        });
        let metadata = event(8, &metadata);
        let What::RunMetadata(found) = Event::decode(&metadata).unwrap().what else { panic!() };
        assert_eq!((&*found.tag, &*found.bytes), ("step 1", &b"xyz"[..]));
        let writer = event(10, &message(|out| encode::bytes_field(out, 1, b"me")));
        assert_eq!(Event::decode(&writer).unwrap().writer, Some("me"));
        assert_eq!(Event::decode(&event(10, b"")).unwrap().writer, Some(""));
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
