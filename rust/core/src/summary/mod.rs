//! Summaries and events in their wire encoding, one file a kind.
//!
//! Field numbers are those of TensorFlow's `event.proto`, `summary.proto` and `tensor.proto`.
//! Fields are written in the order of their numbers and left out where they hold the default, as
//! every protobuf serializer does, so that our bytes equal theirs.
//!
//! Functions that append a whole record leave its checksums to [`record::seal`](crate::record::seal).

mod audio;
mod boxes;
mod custom_scalars;
mod deferred;
mod event;
mod histogram;
mod hparams;
mod image;
mod mesh;
mod picture;
mod pixels;
mod pr_curve;
mod scalar;
mod tensor;
mod text;
mod video;

pub use audio::{Amplitude, Audio};
pub use custom_scalars::{Category, Chart, ChartContent, custom_scalars_value};
pub use deferred::{DeferredEvent, Summary, Values};
pub use event::{FILE_VERSION, event, file_version, rewritten_event, session_start, summary_event};
pub use histogram::{Buckets, EDGES, Float, Moments, histogram, histogram_value};
pub use hparams::{
    Hparam, HparamValue, hparams_experiment_value, hparams_session_end_value,
    hparams_session_start_value,
};
pub use image::Image;
pub(crate) use image::png;
pub use mesh::{MeshComponent, MeshTensor, mesh_values};
pub use picture::{Picture, decode_png};
pub use pixels::{Channel, Grid, tile};
pub use pr_curve::{PrCurve, Prediction, pr_curve, pr_curve_value};
pub use scalar::{
    Precision, described_scalar_value, scalar_event, scalar_value, tensor_scalar_value,
};
pub use tensor::{Dtype, tensor_of_numbers_value, tensor_of_strings_value};
pub use text::text_value;
pub use video::Video;

use crate::wire::encode;

/// `Summary.value`.
const SUMMARY_VALUE: u32 = 1;
/// `Summary.Value.tag`, `.simple_value`, `.image`, `.audio`, `.tensor`, `.metadata`.
const VALUE_TAG: u32 = 1;
const VALUE_SIMPLE: u32 = 2;
const VALUE_IMAGE: u32 = 4;
const VALUE_AUDIO: u32 = 6;
const VALUE_TENSOR: u32 = 8;
const VALUE_METADATA: u32 = 9;
/// `TensorProto.dtype`, `.tensor_shape`, `.tensor_content` and the fields of its elements.
const TENSOR_DTYPE: u32 = 1;
const TENSOR_SHAPE: u32 = 2;
const TENSOR_CONTENT: u32 = 4;
const TENSOR_FLOAT: u32 = 5;
const TENSOR_DOUBLE: u32 = 6;
const TENSOR_INT: u32 = 7;
const TENSOR_STRING: u32 = 8;
const TENSOR_SCOMPLEX: u32 = 9;
const TENSOR_INT64: u32 = 10;
const TENSOR_BOOL: u32 = 11;
const TENSOR_DCOMPLEX: u32 = 12;
const TENSOR_HALF: u32 = 13;
/// `DataType` of `types.proto`.
const DT_FLOAT: u64 = 1;
const DT_DOUBLE: u64 = 2;
const DT_STRING: u64 = 7;

/// A `TensorProto` of this type and shape, to which the elements are to be appended.
fn tensor_of(dtype: u64, shape: &[u64]) -> Vec<u8> {
    let mut tensor = Vec::new();
    encode::varint_field(&mut tensor, TENSOR_DTYPE, dtype);
    let mut dimensions = Vec::new();
    for &size in shape {
        // TensorShapeProto.dim.size
        let mut dimension = Vec::new();
        if size != 0 {
            encode::varint_field(&mut dimension, 1, size);
        }
        encode::bytes_field(&mut dimensions, 2, &dimension);
    }
    encode::bytes_field(&mut tensor, TENSOR_SHAPE, &dimensions);
    tensor
}

/// A `SummaryMetadata` for the plugin of this name, with its own data.
fn plugin_metadata(plugin: &str, content: &[u8]) -> Vec<u8> {
    // SummaryMetadata.plugin_data: plugin_name, content
    let mut data = Vec::new();
    encode::bytes_field(&mut data, 1, plugin.as_bytes());
    if !content.is_empty() {
        encode::bytes_field(&mut data, 2, content);
    }
    let mut metadata = Vec::new();
    encode::bytes_field(&mut metadata, 1, &data);
    metadata
}

/// Adds `SummaryMetadata.display_name`, a title in place of the tag, and `.summary_description`,
/// in Markdown, where they are not empty.
fn put_description(metadata: &mut Vec<u8>, display_name: &str, description: &str) {
    put_text(metadata, 2, display_name);
    put_text(metadata, 3, description);
}

/// Appends a `Summary.value` that holds a tensor.
fn tensor_value(out: &mut Vec<u8>, tag: &str, tensor: &[u8], metadata: &[u8]) {
    let length = tag_len(tag)
        + encode::bytes_field_len(VALUE_TENSOR, tensor.len())
        + encode::bytes_field_len(VALUE_METADATA, metadata.len());
    encode::bytes_key(out, SUMMARY_VALUE, length);
    put_tag(out, tag);
    encode::bytes_field(out, VALUE_TENSOR, tensor);
    encode::bytes_field(out, VALUE_METADATA, metadata);
}

/// Appends a `Summary.value` that holds this message in its field `number`.
fn message_value(out: &mut Vec<u8>, tag: &str, number: u32, message: &[u8]) {
    let length = tag_len(tag) + encode::bytes_field_len(number, message.len());
    encode::bytes_key(out, SUMMARY_VALUE, length);
    put_tag(out, tag);
    encode::bytes_field(out, number, message);
}

/// Bytes that a value's tag takes.
#[inline(always)]
fn tag_len(tag: &str) -> usize {
    if tag.is_empty() { 0 } else { encode::bytes_field_len(VALUE_TAG, tag.len()) }
}

/// Appends a value's tag.
#[inline(always)]
fn put_tag(out: &mut Vec<u8>, tag: &str) {
    put_text(out, VALUE_TAG, tag);
}

/// Appends a string field, left out where it is empty.
#[inline(always)]
fn put_text(out: &mut Vec<u8>, number: u32, text: &str) {
    if !text.is_empty() {
        encode::bytes_field(out, number, text.as_bytes());
    }
}
