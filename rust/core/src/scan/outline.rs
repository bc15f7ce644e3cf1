//! The content of a large event, found without reading all of it.

use std::io;

use crate::proto::kind::Kind;
use crate::proto::number::{event, summary, tensor, value};
use crate::proto::{Data, Metadata, Tensor};
use crate::storage::source::{Source, read_exact_at};
use crate::wire::{BYTES, Cursor, FIXED64, Malformed, VARINT, encode};

/// The fields of an event, without the large values in them.
#[derive(Debug, PartialEq)]
pub struct Outline {
    /// Seconds since the epoch.
    pub wall_time: f64,
    /// The step.
    pub step: i64,
    /// The values of its summary.
    pub values: Vec<Value>,
    /// The graph or meta graph that the event holds instead, and the place of its bytes.
    pub graph: Option<(Kind, Part)>,
}

/// A value of a summary.
#[derive(Debug, PartialEq)]
pub struct Value {
    /// The tag.
    pub tag: String,
    /// The metadata.
    pub metadata: Option<Metadata<'static>>,
    /// The content, without the large value itself. For a tensor, it has the type and the shape.
    pub data: Data<'static>,
    /// The place of the value, as by [`SummaryValue::raw`](crate::proto::SummaryValue::raw).
    pub raw: Part,
}

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub offset: u64,
    pub length: u64,
}

/// The greatest size of a tag, of metadata and of a shape, and the greatest number of values in an
/// event and of fields in a tensor. Events that exceed it are decoded in full.
const MAX_SMALL: u64 = 1 << 20;
const MAX_VALUES: usize = 1 << 10;

/// The number of bytes that are read at a time.
const PIECE: u64 = 1 << 10;

impl Outline {
    /// The outline of the event in this part of `source`. `None` if the whole event must be
    /// decoded.
    pub fn read(source: &dyn Source, event: Part) -> io::Result<Option<Outline>> {
        let end = event.offset + event.length;
        match (Walk { source, at: event.offset, start: 0, piece: Vec::new() }).event(end) {
            Ok(outline) => Ok(Some(outline)),
            Err(Stop::Unusual) => Ok(None),
            Err(Stop::Io(error)) => Err(error),
        }
    }
}

/// Why there is no outline.
enum Stop {
    Io(io::Error),
    /// The event is malformed, or is not written as nearly all writers do it.
    Unusual,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Io(error)
    }
}

impl From<Malformed> for Stop {
    fn from(_: Malformed) -> Stop {
        Stop::Unusual
    }
}

/// A place in a file that moves from field to field.
struct Walk<'s> {
    source: &'s dyn Source,
    at: u64,
    /// The bytes from `start` on.
    piece: Vec<u8>,
    start: u64,
}

impl Walk<'_> {
    fn event(mut self, end: u64) -> Result<Outline, Stop> {
        let mut outline = Outline { wall_time: 0.0, step: 0, values: Vec::new(), graph: None };
        let mut has_content = false;
        while self.at < end {
            let field = self.key(end)?;
            if let (event::GRAPH_DEF | event::SUMMARY | event::META_GRAPH_DEF, _) = field
                && std::mem::replace(&mut has_content, true)
            {
                return Err(Stop::Unusual);
            }
            match field {
                (event::WALL_TIME, FIXED64) => {
                    let bytes = self.take(size_of::<f64>() as u64, end)?;
                    let bytes = bytes.first_chunk().ok_or(Stop::Unusual)?;
                    outline.wall_time = f64::from_le_bytes(*bytes);
                }
                (event::STEP, VARINT) => outline.step = self.varint(end)? as i64,
                (event::SUMMARY, BYTES) => {
                    let summary = self.part(end)?;
                    self.at = summary.offset;
                    self.summary(summary.offset + summary.length, &mut outline.values)?;
                }
                (event::GRAPH_DEF, BYTES) => outline.graph = Some((Kind::Graph, self.part(end)?)),
                (event::META_GRAPH_DEF, BYTES) => {
                    outline.graph = Some((Kind::MetaGraph, self.part(end)?));
                }
                _ => return Err(Stop::Unusual),
            }
        }
        Ok(outline)
    }

    fn summary(&mut self, end: u64, values: &mut Vec<Value>) -> Result<(), Stop> {
        while self.at < end {
            let start = self.at;
            if self.key(end)? != (summary::VALUE, BYTES) || values.len() == MAX_VALUES {
                return Err(Stop::Unusual);
            }
            let message = self.part(end)?;
            let value_end = self.at;
            self.at = message.offset;
            let raw = Part { offset: start, length: value_end - start };
            values.push(self.value(value_end, raw)?);
        }
        Ok(())
    }

    fn value(&mut self, end: u64, raw: Part) -> Result<Value, Stop> {
        let mut value = Value { tag: String::new(), metadata: None, data: Data::Nothing, raw };
        let mut node_name = String::new();
        while self.at < end {
            match self.key(end)? {
                (value::TAG, BYTES) => value.tag = self.text(end)?,
                (value::NODE_NAME, BYTES) => node_name = self.text(end)?,
                (value::METADATA, BYTES) if value.metadata.is_none() => {
                    let message = self.small(end)?;
                    value.metadata = Some(Metadata::from_message(&message)?);
                }
                (content @ (value::IMAGE | value::HISTO | value::AUDIO), BYTES)
                    if value.data == Data::Nothing =>
                {
                    value.data = Data::empty(Some(content));
                    self.part(end)?;
                }
                (value::TENSOR, BYTES) if value.data == Data::Nothing => {
                    let message = self.part(end)?;
                    self.at = message.offset;
                    value.data = Data::Tensor(self.tensor(message.offset + message.length)?);
                }
                _ => return Err(Stop::Unusual),
            }
        }
        if value.tag.is_empty() && matches!(value.data, Data::Tensor(_)) {
            value.tag = node_name;
        }
        Ok(value)
    }

    /// The type and the shape of a tensor.
    fn tensor(&mut self, end: u64) -> Result<Tensor<'static>, Stop> {
        let (mut message, mut fields) = (Vec::new(), 0);
        while self.at < end {
            fields += 1;
            match self.key(end)? {
                (tensor::DTYPE, VARINT) => {
                    encode::varint_field(&mut message, tensor::DTYPE, self.varint(end)?);
                }
                (tensor::TENSOR_SHAPE, BYTES) => {
                    encode::bytes_field(&mut message, tensor::TENSOR_SHAPE, &self.small(end)?);
                }
                (field, BYTES) if fields <= MAX_VALUES => {
                    self.part(end)?;
                    // A writer may leave out the type of strings.
                    if field == tensor::STRING_VAL {
                        encode::bytes_field(&mut message, field, b"");
                    }
                }
                _ => return Err(Stop::Unusual),
            }
        }
        Ok(Tensor::decode(message.into())?)
    }

    /// The number and the wire type of the field that begins here.
    fn key(&mut self, end: u64) -> Result<(u32, u32), Stop> {
        let key = u32::try_from(self.varint(end)?).map_err(|_| Stop::Unusual)?;
        Ok((key >> 3, key & 7))
    }

    fn varint(&mut self, end: u64) -> Result<u64, Stop> {
        const LONGEST: u64 = 10;
        let bytes = self.peek(LONGEST.min(end - self.at))?;
        let mut cursor = Cursor::new(bytes);
        let varint = cursor.varint()?;
        let length = (bytes.len() - cursor.rest().len()) as u64;
        self.at += length;
        Ok(varint)
    }

    /// Steps over a field's length and bytes. Returns the place of the bytes.
    fn part(&mut self, end: u64) -> Result<Part, Stop> {
        let length = self.varint(end)?;
        let offset = self.at;
        self.at = offset.checked_add(length).filter(|&at| at <= end).ok_or(Stop::Unusual)?;
        Ok(Part { offset, length })
    }

    fn text(&mut self, end: u64) -> Result<String, Stop> {
        String::from_utf8(self.small(end)?).map_err(|_| Stop::Unusual)
    }

    /// The bytes of a small field.
    fn small(&mut self, end: u64) -> Result<Vec<u8>, Stop> {
        let length = self.varint(end)?;
        Ok(self.take(length, end)?.to_vec())
    }

    fn take(&mut self, length: u64, end: u64) -> Result<&[u8], Stop> {
        if length > MAX_SMALL || length > end - self.at {
            return Err(Stop::Unusual);
        }
        let at = self.at;
        self.at += length;
        self.bytes(at, length)
    }

    fn peek(&mut self, length: u64) -> Result<&[u8], Stop> {
        self.bytes(self.at, length)
    }

    /// These bytes, at most `MAX_SMALL`.
    fn bytes(&mut self, at: u64, length: u64) -> Result<&[u8], Stop> {
        let read = self.start..self.start + self.piece.len() as u64;
        if !(read.contains(&at) && at + length <= read.end) {
            self.start = at;
            self.piece.resize(PIECE.max(length) as usize, 0);
            let mut got = self.source.read_at(&mut self.piece, at)?;
            if (got as u64) < length {
                got = length as usize;
                if !read_exact_at(self.source, &mut self.piece[..got], at)? {
                    return Err(Stop::Unusual);
                }
            }
            self.piece.truncate(got);
        }
        let start = (at - self.start) as usize;
        Ok(&self.piece[start..start + length as usize])
    }
}
