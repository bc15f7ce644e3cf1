//! `Event`: the message in each record of a file.

use std::borrow::Cow;

use crate::proto::field::{oneof, put_double, put_message, put_text, utf8};
use crate::proto::log_message::LogMessage;
use crate::proto::message::Message;
use crate::proto::number::{event as number, source_metadata};
use crate::proto::run_metadata::TaggedRunMetadata;
use crate::proto::scalar_event::ScalarEvent;
use crate::proto::session_log::SessionLog;
use crate::proto::summary::Summary;
use crate::wire::{Cursor, Malformed, Value, encode};

/// One event, with its content, time and step.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<'a> {
    /// Seconds since the epoch; 0 if the field is absent.
    pub wall_time: f64,
    /// The step; 0 if the field is absent.
    pub step: i64,
    /// The event's content.
    pub what: What<'a>,
    /// `source_metadata.writer`, the name of the program that wrote the file, if the event has it.
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
    /// A line of a log. Current programs do not write it.
    LogMessage(LogMessage),
    /// A session that starts or stops.
    SessionLog(SessionLog<'a>),
    /// The cost of one step of a graph.
    RunMetadata(TaggedRunMetadata<'a>),
    /// A serialized `MetaGraphDef`.
    MetaGraph(&'a [u8]),
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
        // The bytes of any message are well-formed. A message without a field of `Event` is not
        // one. Neither is one with other types in the place of the time and the step, such as a
        // tensor, whose content has the number of a graph.
        let mut is_event = payload.is_empty();
        let (mut has_place, mut has_other) = (false, false);
        for field in Cursor::new(payload) {
            let field = field?;
            let was_event = std::mem::replace(&mut is_event, true);
            match (field.number, field.value) {
                (number::WALL_TIME, Value::Fixed64(bits)) => {
                    (wall_time, has_place) = (f64::from_bits(bits), true);
                }
                (number::STEP, Value::Varint(value)) => (step, has_place) = (value as i64, true),
                (number::WALL_TIME | number::STEP, _) => {
                    (has_other, is_event) = (true, was_event);
                }
                (number @ number::FILE_VERSION..=number::META_GRAPH_DEF, Value::Bytes(bytes)) => {
                    content = Some((number, oneof(content, number, is_message, bytes)?));
                }
                (number::SOURCE_METADATA, Value::Bytes(message)) => {
                    writer = writer.or(Some(""));
                    for field in Cursor::new(message) {
                        let field = field?;
                        if let (source_metadata::WRITER, Value::Bytes(name)) =
                            (field.number, field.value)
                        {
                            writer = Some(utf8(name)?);
                        }
                    }
                }
                _ => is_event = was_event,
            }
        }
        if !is_event || (has_other && !has_place) {
            return Err(Malformed);
        }
        Ok(Event { wall_time, step, what: What::decode(content)?, writer })
    }

    /// Appends the fields.
    pub fn encode(&self, out: &mut Vec<u8>) {
        put_time_and_step(out, self.wall_time, Some(self.step));
        self.what.encode(out);
        if let Some(writer) = self.writer {
            put_message(out, number::SOURCE_METADATA, |out| {
                put_text(out, source_metadata::WRITER, writer);
            });
        }
    }
}

/// Whether a payload is a well-formed event, down to its values.
pub fn is_event(payload: &[u8]) -> bool {
    let is_well_formed = || -> Result<(), Malformed> {
        match Event::decode(payload)?.what {
            What::Summary(summary) => summary.values().try_for_each(|value| value.map(drop)),
            _ => Ok(()),
        }
    };
    ScalarEvent::decode(payload).is_some() || is_well_formed().is_ok()
}

/// Whether the member with this field number is a message. Repeated messages are merged.
fn is_message(number: u32) -> bool {
    (number::SUMMARY..=number::TAGGED_RUN_METADATA).contains(&number)
}

impl<'a> What<'a> {
    fn decode(content: Option<(u32, Cow<'a, [u8]>)>) -> Result<What<'a>, Malformed> {
        Ok(match content {
            None => What::Nothing,
            Some((number::SUMMARY, message)) => What::Summary(Summary::new(message)),
            Some((number::LOG_MESSAGE, message)) => What::LogMessage(LogMessage::decode(&message)?),
            Some((number::SESSION_LOG, message)) => What::SessionLog(SessionLog::decode(message)?),
            Some((number::TAGGED_RUN_METADATA, message)) => {
                What::RunMetadata(TaggedRunMetadata::decode(message)?)
            }
            Some((number, Cow::Borrowed(bytes))) => match number {
                number::FILE_VERSION => What::FileVersion(utf8(bytes)?),
                number::GRAPH_DEF => What::Graph(bytes),
                _ => What::MetaGraph(bytes),
            },
            // Merging made this content, but only messages are merged.
            Some((_, Cow::Owned(_))) => return Err(Malformed),
        })
    }

    /// The field of a oneof is written even if it is empty.
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            What::Nothing => {}
            What::FileVersion(version) => {
                encode::bytes_field(out, number::FILE_VERSION, version.as_bytes());
            }
            What::Graph(graph) => encode::bytes_field(out, number::GRAPH_DEF, graph),
            What::Summary(summary) => encode::bytes_field(out, number::SUMMARY, summary.raw()),
            What::LogMessage(log) => put_message(out, number::LOG_MESSAGE, |out| log.encode(out)),
            What::SessionLog(log) => encode::bytes_field(out, number::SESSION_LOG, log.raw()),
            What::RunMetadata(tagged) => {
                put_message(out, number::TAGGED_RUN_METADATA, |out| tagged.encode(out));
            }
            What::MetaGraph(graph) => encode::bytes_field(out, number::META_GRAPH_DEF, graph),
        }
    }
}

/// Appends the fields that every event begins with.
#[inline(always)]
pub fn put_time_and_step(out: &mut Vec<u8>, wall_time: f64, step: Option<i64>) {
    put_double(out, number::WALL_TIME, wall_time);
    if let Some(step) = step.filter(|&step| step != 0) {
        encode::varint_field(out, number::STEP, step as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::session_log::SessionStatus;
    use crate::proto::value::Data;

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
    fn other_messages_are_no_events() {
        let other = |build: fn(&mut Vec<u8>)| message(build);
        // A tensor, and a graph: their type and their nodes have the number of the time, and their
        // content and their versions that of a graph.
        for payload in [
            other(|out| {
                encode::varint_field(out, 1, 1);
                encode::bytes_field(out, 2, b"");
                encode::bytes_field(out, 4, &[0; 4]);
            }),
            other(|out| {
                encode::bytes_field(out, 1, b"");
                encode::bytes_field(out, 4, b"");
            }),
            other(|out| encode::bytes_field(out, 1, b"")),
            other(|out| encode::varint_field(out, 15, 1)),
        ] {
            assert_eq!(Event::decode(&payload), Err(Malformed));
        }
        let unknown = other(|out| {
            encode::double_field(out, 1, 1.5);
            encode::varint_field(out, 1, 2);
            encode::bytes_field(out, 2, b"");
        });
        assert_eq!(Event::decode(&unknown).unwrap().wall_time, 1.5);
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
        // The last of several bytes fields counts. Messages are merged.
        assert_eq!(what(&[event(4, b"ab"), event(4, b"c")].concat()), "Graph([99])");
        let log = [event(7, &[8, 1]), event(7, &message(|o| encode::bytes_field(o, 3, b"hi")))];
        let log = log.concat();
        let What::SessionLog(log) = Event::decode(&log).unwrap().what else { panic!() };
        assert_eq!((log.status, &*log.message), (SessionStatus::Start, "hi"));
        let metadata = message(|out| {
            encode::bytes_field(out, 1, b"step 1");
            encode::bytes_field(out, 2, b"xyz");
        });
        let metadata = event(8, &metadata);
        let What::RunMetadata(found) = Event::decode(&metadata).unwrap().what else { panic!() };
        assert_eq!((&*found.tag, &*found.run_metadata), ("step 1", &b"xyz"[..]));
        let writer = event(10, &message(|out| encode::bytes_field(out, 1, b"me")));
        assert_eq!(Event::decode(&writer).unwrap().writer, Some("me"));
        assert_eq!(Event::decode(&event(10, b"")).unwrap().writer, Some(""));
    }

    #[test]
    fn text_that_is_no_utf8_is_malformed() {
        assert_eq!(Event::decode(b"\x1a\x01\xff"), Err(Malformed));
    }
}
