//! `Summary.Value`: one value under a tag.

use std::borrow::Cow;

use crate::proto::audio::Audio;
use crate::proto::element::Element;
use crate::proto::field::{merge, oneof, put_text, utf8};
use crate::proto::histogram::Histogram;
use crate::proto::image::Image;
use crate::proto::metadata::Metadata;
use crate::proto::number::{summary, value as number};
use crate::proto::tensor::Tensor;
use crate::proto::tensor_scalar::TensorScalar;
use crate::wire::{BYTES, Cursor, FIXED32, Field, Malformed, Value, encode, key};

/// One value under a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryValue<'a> {
    /// The tag. Tensors in files of 2017 have no tag; for these it is the node's name.
    pub tag: &'a str,
    /// Whether `tag` is a tag, and not the node's name.
    pub is_tagged: bool,
    /// How the value is meant to be shown.
    pub metadata: Option<Metadata<'a>>,
    /// The value.
    pub data: Data<'a>,
    /// All bytes of this value within the summary, including the field's key.
    pub raw: &'a [u8],
}

/// A value's content.
#[derive(Debug, Clone, PartialEq)]
pub enum Data<'a> {
    /// The value has no content.
    Nothing,
    /// The four little-endian bytes of a `float`.
    SimpleValue(&'a [u8]),
    /// A histogram's `HistogramProto`.
    Histogram(Histogram<'a>),
    /// A picture, encoded.
    Image(Image<'a>),
    /// A sound, encoded.
    Audio(Audio<'a>),
    /// A tensor.
    Tensor(Tensor<'a>),
    /// The field number of another kind. The only one is `obsolete_old_style_histogram`.
    Other(u32),
}

impl<'a> SummaryValue<'a> {
    /// Decodes bytes that came from [`raw`](SummaryValue::raw).
    pub fn from_raw(raw: &'a [u8]) -> Result<SummaryValue<'a>, Malformed> {
        match Cursor::new(raw).next() {
            Some(Ok(Field { number: summary::VALUE, value: Value::Bytes(message), raw })) => {
                SummaryValue::decode(message, raw)
            }
            _ => Err(Malformed),
        }
    }

    pub(crate) fn decode(message: &'a [u8], raw: &'a [u8]) -> Result<SummaryValue<'a>, Malformed> {
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
                    number @ (number::OBSOLETE_OLD_STYLE_HISTOGRAM
                    | number::IMAGE
                    | number::HISTO
                    | number::AUDIO
                    | number::TENSOR),
                    Value::Bytes(message),
                ) => {
                    let is_message = |number| number != number::OBSOLETE_OLD_STYLE_HISTOGRAM;
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
            Some((number::HISTO, message)) => Data::Histogram(Histogram::decode(message)?),
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

    /// The number, if it holds exactly one.
    pub(crate) fn number(&self) -> Option<TensorScalar<'_>> {
        match &self.data {
            Data::SimpleValue(bytes) => Some(TensorScalar::Fixed(Element::F32, bytes)),
            Data::Tensor(tensor) => tensor.scalar(),
            _ => None,
        }
    }

    /// Appends the whole field of a `Summary`. For [`Data::Other`] it appends an empty field.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut message = Vec::new();
        if self.is_tagged {
            put_text(&mut message, number::TAG, self.tag);
        }
        let mut content = Vec::new();
        match &self.data {
            Data::Nothing => {}
            Data::SimpleValue(bytes) => {
                encode::varint(&mut message, key(number::SIMPLE_VALUE, FIXED32).into());
                message.extend_from_slice(bytes);
            }
            Data::Histogram(histogram) => {
                histogram.encode(&mut content);
                encode::bytes_field(&mut message, number::HISTO, &content);
            }
            Data::Image(image) => {
                image.encode(&mut content);
                encode::bytes_field(&mut message, number::IMAGE, &content);
            }
            Data::Audio(audio) => {
                audio.encode(&mut content);
                encode::bytes_field(&mut message, number::AUDIO, &content);
            }
            Data::Tensor(tensor) => {
                if !self.is_tagged {
                    put_text(&mut message, number::NODE_NAME, self.tag);
                }
                encode::bytes_field(&mut message, number::TENSOR, tensor.raw());
            }
            Data::Other(number) => encode::bytes_field(&mut message, *number, b""),
        }
        if let Some(metadata) = &self.metadata {
            encode::bytes_field(&mut message, number::METADATA, &metadata.to_bytes());
        }
        encode::bytes_field(out, summary::VALUE, &message);
    }
}

impl Data<'_> {
    /// Empty content of the kind that belongs to the field of this number.
    pub(crate) fn empty(number: Option<u32>) -> Data<'static> {
        let nothing = || Cow::Borrowed(&[][..]);
        let decoded = match number {
            Some(number::IMAGE) => Image::decode(nothing()).map(Data::Image),
            Some(number::HISTO) => Histogram::decode(nothing()).map(Data::Histogram),
            Some(number::AUDIO) => Audio::decode(nothing()).map(Data::Audio),
            Some(number::TENSOR) => Tensor::decode(nothing()).map(Data::Tensor),
            _ => Ok(Data::Nothing),
        };
        decoded.unwrap_or(Data::Nothing)
    }
}

/// Appends a `Summary.value` that holds a tensor.
pub fn put_tensor_value(out: &mut Vec<u8>, tag: &str, tensor: &[u8], metadata: &Metadata<'_>) {
    let metadata = metadata.to_bytes();
    let length = tag_len(tag)
        + encode::bytes_field_len(number::TENSOR, tensor.len())
        + encode::bytes_field_len(number::METADATA, metadata.len());
    encode::bytes_key(out, summary::VALUE, length);
    put_tag(out, tag);
    encode::bytes_field(out, number::TENSOR, tensor);
    encode::bytes_field(out, number::METADATA, &metadata);
}

/// Appends a `Summary.value` that has this message in its field `number`.
pub fn put_message_value(out: &mut Vec<u8>, tag: &str, number: u32, message: &[u8]) {
    let length = tag_len(tag) + encode::bytes_field_len(number, message.len());
    encode::bytes_key(out, summary::VALUE, length);
    put_tag(out, tag);
    encode::bytes_field(out, number, message);
}

/// The size of the `Summary.Value` of a `simple_value` in bytes.
#[inline(always)]
pub fn scalar_len(tag: &str) -> usize {
    tag_len(tag) + 1 + size_of::<f32>()
}

/// Appends a `Summary.value` with a `simple_value`.
#[inline(always)]
pub fn put_scalar_value(out: &mut Vec<u8>, tag: &str, value: f32) {
    const VALUE: u8 = key(summary::VALUE, BYTES) as u8;
    const TAG: u8 = key(number::TAG, BYTES) as u8;
    const SIMPLE_VALUE: u8 = key(number::SIMPLE_VALUE, FIXED32) as u8;
    if let Ok(length @ 1..=100) = u8::try_from(tag.len()) {
        // All lengths have one byte. This writes the same bytes as below in fewer steps.
        out.extend_from_slice(&[VALUE, length + 7, TAG, length]);
        out.extend_from_slice(tag.as_bytes());
        let [a, b, c, d] = value.to_le_bytes();
        out.extend_from_slice(&[SIMPLE_VALUE, a, b, c, d]);
        return;
    }
    encode::bytes_key(out, summary::VALUE, scalar_len(tag));
    put_tag(out, tag);
    encode::float_field(out, number::SIMPLE_VALUE, value);
}

/// Appends a `Summary.value` with a `simple_value` and its metadata.
pub fn put_described_scalar_value(
    out: &mut Vec<u8>,
    tag: &str,
    value: f32,
    metadata: &Metadata<'_>,
) {
    let metadata = metadata.to_bytes();
    let length = scalar_len(tag) + encode::bytes_field_len(number::METADATA, metadata.len());
    encode::bytes_key(out, summary::VALUE, length);
    put_tag(out, tag);
    encode::float_field(out, number::SIMPLE_VALUE, value);
    encode::bytes_field(out, number::METADATA, &metadata);
}

/// The size of a value's tag in bytes.
#[inline(always)]
fn tag_len(tag: &str) -> usize {
    if tag.is_empty() { 0 } else { encode::bytes_field_len(number::TAG, tag.len()) }
}

/// Appends a value's tag.
#[inline(always)]
fn put_tag(out: &mut Vec<u8>, tag: &str) {
    put_text(out, number::TAG, tag);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(build: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        build(&mut out);
        out
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
    }
}
