//! Scalars: `simple_value`, and tensors of the "scalars" plugin.

use crate::proto::event::put_time_and_step;
use crate::proto::number::{event, summary};
use crate::proto::value::{
    put_described_scalar_value, put_scalar_value, put_tensor_value, scalar_len,
};
use crate::proto::{Metadata, plugin, tensor_of_double, tensor_of_float};
use crate::record;
use crate::wire::encode;

/// The tensor type of a scalar in the new style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// `float_val`
    Single,
    /// `double_val`
    Double,
}

/// Appends one record: an event with one scalar. Every training loop calls this most often.
#[inline(always)]
pub fn scalar_event(out: &mut Vec<u8>, wall_time: f64, step: Option<i64>, tag: &str, value: f32) {
    let start = record::start(out);
    put_time_and_step(out, wall_time, step);
    let length = encode::bytes_field_len(summary::VALUE, scalar_len(tag));
    encode::bytes_key(out, event::SUMMARY, length);
    put_scalar_value(out, tag, value);
    record::finish(out, start);
}

/// Appends a `Summary.value` with a `simple_value`.
#[inline(always)]
pub fn scalar_value(out: &mut Vec<u8>, tag: &str, value: f32) {
    put_scalar_value(out, tag, value);
}

/// Appends a `Summary.value` with a tensor of no dimensions for the "scalars" plugin.
pub fn tensor_scalar_value(out: &mut Vec<u8>, tag: &str, value: f64, precision: Precision) {
    described_scalar_value(out, tag, value, Some(precision), "", "");
}

/// Appends a `Summary.value` with a scalar, a title and a description in Markdown. Without a
/// precision the scalar is a `simple_value`.
pub fn described_scalar_value(
    out: &mut Vec<u8>,
    tag: &str,
    value: f64,
    precision: Option<Precision>,
    display_name: &str,
    description: &str,
) {
    let described = |metadata: Metadata<'static>| metadata.described(display_name, description);
    let tensor = match precision {
        None if display_name.is_empty() && description.is_empty() => {
            return put_scalar_value(out, tag, value as f32);
        }
        None => {
            let metadata = described(Metadata::default());
            return put_described_scalar_value(out, tag, value as f32, &metadata);
        }
        Some(Precision::Single) => tensor_of_float(value as f32),
        Some(Precision::Double) => tensor_of_double(value),
    };
    put_tensor_value(out, tag, &tensor, &described(Metadata::of_plugin(plugin::SCALARS, b"")));
}
