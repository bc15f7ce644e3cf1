//! Scalars: `simple_value`, and tensors of the "scalars" plugin.

use super::event::{SUMMARY, time_and_step};
use super::*;
use crate::record;

/// The tensor type of a scalar in the new style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// `float_val`
    Single,
    /// `double_val`
    Double,
}

/// Appends one record: an event with one scalar. The hot path of every training loop.
#[inline(always)]
pub fn scalar_event(out: &mut Vec<u8>, wall_time: f64, step: Option<i64>, tag: &str, value: f32) {
    let start = record::start(out);
    time_and_step(out, wall_time, step);
    encode::bytes_key(out, SUMMARY, encode::bytes_field_len(SUMMARY_VALUE, scalar_value_len(tag)));
    scalar_value(out, tag, value);
    record::finish(out, start);
}

#[inline(always)]
fn scalar_value_len(tag: &str) -> usize {
    tag_len(tag) + 1 + size_of::<f32>()
}

/// Appends a `Summary.value` with a `simple_value`.
#[inline(always)]
pub fn scalar_value(out: &mut Vec<u8>, tag: &str, value: f32) {
    if let Ok(length @ 1..=100) = u8::try_from(tag.len()) {
        // Lengths of one byte: the same bytes as below in fewer steps.
        out.extend_from_slice(&[0x0a, length + 7, 0x0a, length]);
        out.extend_from_slice(tag.as_bytes());
        let [a, b, c, d] = value.to_le_bytes();
        out.extend_from_slice(&[0x15, a, b, c, d]);
        return;
    }
    encode::bytes_key(out, SUMMARY_VALUE, scalar_value_len(tag));
    put_tag(out, tag);
    encode::float_field(out, VALUE_SIMPLE, value);
}

/// Appends a `Summary.value` with a tensor of no dimensions for the "scalars" plugin.
pub fn tensor_scalar_value(out: &mut Vec<u8>, tag: &str, value: f64, precision: Precision) {
    described_scalar_value(out, tag, value, Some(precision), "", "");
}

/// Appends a `Summary.value` with a scalar and what is said about it: a title in place of the tag,
/// and a text in Markdown. Without a precision it is a `simple_value`.
pub fn described_scalar_value(
    out: &mut Vec<u8>,
    tag: &str,
    value: f64,
    precision: Option<Precision>,
    display_name: &str,
    description: &str,
) {
    let mut tensor = Vec::with_capacity(16);
    match precision {
        None if display_name.is_empty() && description.is_empty() => {
            return scalar_value(out, tag, value as f32);
        }
        None => {
            let mut metadata = Vec::new();
            put_description(&mut metadata, display_name, description);
            let length =
                scalar_value_len(tag) + encode::bytes_field_len(VALUE_METADATA, metadata.len());
            encode::bytes_key(out, SUMMARY_VALUE, length);
            put_tag(out, tag);
            encode::float_field(out, VALUE_SIMPLE, value as f32);
            return encode::bytes_field(out, VALUE_METADATA, &metadata);
        }
        Some(Precision::Single) => {
            encode::varint_field(&mut tensor, TENSOR_DTYPE, DT_FLOAT);
            encode::bytes_field(&mut tensor, TENSOR_FLOAT, &(value as f32).to_le_bytes());
        }
        Some(Precision::Double) => {
            encode::varint_field(&mut tensor, TENSOR_DTYPE, DT_DOUBLE);
            encode::bytes_field(&mut tensor, TENSOR_DOUBLE, &value.to_le_bytes());
        }
    }
    let mut metadata = plugin_metadata("scalars", b"");
    put_description(&mut metadata, display_name, description);
    tensor_value(out, tag, &tensor, &metadata);
}
