//! Changes the tag, type or metadata of a value, and keeps all its other fields.

use std::borrow::Cow;
use std::ops::Range;

use crate::proto::metadata::data_class;
use crate::proto::number::{
    metadata, plugin_data, summary, tensor as tensor_number, value as number,
};
use crate::proto::{
    Data, DataType, Element, Kind, Metadata, SummaryValue, TensorScalar, plugin, tensor_of_float,
};
use crate::rewrite::named::{self, Rename};
use crate::wire::{Cursor, Field, Value, encode};

/// What to do with scalars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cast {
    /// They become a `simple_value` or a tensor, the forms of old and of new writers.
    pub style: Option<Style>,
    /// Tensors of doubles become tensors of floats.
    pub is_float: bool,
}

/// The form of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A `simple_value`, a float.
    SimpleValue,
    /// A tensor of the plugin `scalars`.
    Tensor,
}

/// The changes of a value.
#[derive(Clone, Copy, Default)]
pub struct Change<'a> {
    /// The new tag.
    pub tag: Option<&'a str>,
    /// Metadata for a value without any.
    pub metadata: Option<&'a [u8]>,
    /// The new form, if it is a scalar.
    pub cast: Cast,
    /// The new names of tags that are named in it.
    pub rename: Option<Rename<'a>>,
}

/// The content of a value after a cast.
enum Content {
    SimpleValue(f32),
    Tensor(Vec<u8>),
}

/// The value's metadata in the file. Several metadata are merged.
pub fn metadata_of(value: &SummaryValue<'_>) -> Option<Vec<u8>> {
    value.metadata.as_ref()?;
    let parts = fields(value).filter(|field| field.number == number::METADATA);
    Some(parts.filter_map(|field| bytes(&field)).flatten().copied().collect())
}

/// A changed value.
pub struct Changed {
    /// The whole field of a summary.
    pub field: Vec<u8>,
    pub metadata: Option<Vec<u8>>,
    /// The place of the number, if it is a scalar with a number of a fixed length.
    pub number: Option<Range<usize>>,
}

/// The changed value. None if it stays as it is.
pub fn changed(value: &SummaryValue<'_>, kind: Kind, change: &Change<'_>) -> Option<Changed> {
    let content = match (kind, &value.data, change.rename) {
        (Kind::Scalar, _, _) => cast(value, change.cast),
        (Kind::CustomScalars, Data::Tensor(tensor), Some(rename)) => {
            named::charts(tensor.raw(), rename).map(Content::Tensor)
        }
        _ => None,
    };
    let mut before = metadata_of(value).or(change.metadata.map(<[u8]>::to_vec));
    let metrics = match (kind, &before, change.rename) {
        (Kind::HParams, Some(metadata), Some(rename)) => named::metrics(metadata, rename),
        _ => None,
    };
    if content.is_none() && change.tag.is_none() && change.metadata.is_none() && metrics.is_none() {
        return None;
    }
    before = metrics.or(before);
    let after = match content {
        Some(Content::SimpleValue(_)) => {
            before.map(|it| without_plugin(&it)).filter(|it| !it.is_empty())
        }
        Some(Content::Tensor(_)) if matches!(value.data, Data::SimpleValue(_)) => {
            Some(with_plugin(before.unwrap_or_default()))
        }
        _ => before,
    };

    let old_number = match value.number() {
        Some(TensorScalar::Fixed(_, bytes)) if kind == Kind::Scalar && content.is_none() => bytes,
        _ => &[],
    };
    let mut number = None;
    let mut message = Vec::with_capacity(value.raw.len() + 64);
    let mut tag = change.tag;
    if let (Some(new), false) = (tag, value.is_tagged) {
        encode::bytes_field(&mut message, number::TAG, new.as_bytes());
        tag = None;
    }
    let has_new_content = content.is_some();
    let mut put_content = content;
    for field in fields(value) {
        match field.number {
            number::TAG if change.tag.is_some() => {
                if let Some(tag) = tag.take() {
                    encode::bytes_field(&mut message, number::TAG, tag.as_bytes());
                }
            }
            number::SIMPLE_VALUE
            | number::OBSOLETE_OLD_STYLE_HISTOGRAM
            | number::IMAGE
            | number::HISTO
            | number::AUDIO
            | number::TENSOR
                if has_new_content =>
            {
                match put_content.take() {
                    Some(Content::SimpleValue(it)) => {
                        encode::float_field(&mut message, number::SIMPLE_VALUE, it);
                        number = Some(message.len() - size_of::<f32>()..message.len());
                    }
                    Some(Content::Tensor(it)) => {
                        encode::bytes_field(&mut message, number::TENSOR, &it);
                        // The number is the last field of the tensor.
                        number = Some(message.len() - size_of::<f32>()..message.len());
                    }
                    None => {}
                }
            }
            number::METADATA => {}
            _ => {
                if let Some(at) = place(old_number, field.raw) {
                    number = Some(message.len() + at..message.len() + at + old_number.len());
                }
                message.extend_from_slice(field.raw);
            }
        }
    }
    if let Some(metadata) = &after {
        encode::bytes_field(&mut message, number::METADATA, metadata);
    }
    let mut field = Vec::with_capacity(message.len() + 8);
    encode::bytes_field(&mut field, summary::VALUE, &message);
    let before = field.len() - message.len();
    let number = number.map(|it| before + it.start..before + it.end);
    Some(Changed { field, metadata: after, number })
}

/// The offset of `part` in `whole`, if it is a part of it.
fn place(part: &[u8], whole: &[u8]) -> Option<usize> {
    let at = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    (!part.is_empty() && at + part.len() <= whole.len()).then_some(at)
}

/// The fields of a value's message, which is well-formed.
fn fields<'a>(value: &SummaryValue<'a>) -> impl Iterator<Item = Field<'a>> {
    let message = Cursor::new(value.raw).flatten().next().and_then(|field| bytes(&field));
    Cursor::new(message.unwrap_or_default()).flatten()
}

fn bytes<'a>(field: &Field<'a>) -> Option<&'a [u8]> {
    match field.value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn cast(value: &SummaryValue<'_>, cast: Cast) -> Option<Content> {
    match (&value.data, cast.style) {
        (Data::SimpleValue(bytes), Some(Style::Tensor)) => {
            let number = f32::from_le_bytes(*bytes.first_chunk()?);
            Some(Content::Tensor(tensor_of_float(number)))
        }
        (Data::Tensor(tensor), Some(Style::SimpleValue)) => {
            Some(Content::SimpleValue(as_float(tensor.scalar()?)?))
        }
        (Data::Tensor(tensor), _) if cast.is_float && tensor.dtype == DataType::Float64 as i32 => {
            let number = as_float(tensor.scalar()?)?;
            let mut message = Vec::with_capacity(tensor.raw().len());
            encode::varint_field(&mut message, tensor_number::DTYPE, DataType::Float32 as u64);
            for field in Cursor::new(tensor.raw()).flatten() {
                match field.number {
                    tensor_number::DTYPE
                    | tensor_number::TENSOR_CONTENT
                    | tensor_number::DOUBLE_VAL => {}
                    _ => message.extend_from_slice(field.raw),
                }
            }
            encode::bytes_field(&mut message, tensor_number::FLOAT_VAL, &number.to_le_bytes());
            Some(Content::Tensor(message))
        }
        _ => None,
    }
}

/// A number as a float. A number that is a float stays the same, bit by bit.
pub fn as_float(number: TensorScalar<'_>) -> Option<f32> {
    match number {
        TensorScalar::Fixed(Element::F32, bytes) => Some(f32::from_le_bytes(*bytes.first_chunk()?)),
        number => number.to_f64().map(|number| number as f32),
    }
}

/// The metadata that make a tensor a scalar, added to the earlier metadata.
fn with_plugin(mut before: Vec<u8>) -> Vec<u8> {
    let known = Metadata::decode(Cow::Borrowed(&before));
    if known
        .is_ok_and(|it| it.plugin_name == plugin::SCALARS && it.data_class == data_class::SCALAR)
    {
        return before;
    }
    let mut plugin = Vec::new();
    encode::bytes_field(&mut plugin, plugin_data::PLUGIN_NAME, plugin::SCALARS.as_bytes());
    encode::bytes_field(&mut before, metadata::PLUGIN_DATA, &plugin);
    encode::varint_field(&mut before, metadata::DATA_CLASS, data_class::SCALAR as u64);
    before
}

/// The metadata, without the fields that tell the kind of a value.
fn without_plugin(before: &[u8]) -> Vec<u8> {
    let says_kind = |number| matches!(number, metadata::PLUGIN_DATA | metadata::DATA_CLASS);
    let rest = Cursor::new(before).flatten().filter(|field| !says_kind(field.number));
    rest.flat_map(|field| field.raw).copied().collect()
}
