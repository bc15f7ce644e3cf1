//! Summaries and events in their wire encoding, one file a kind.
//!
//! Field numbers are those of TensorFlow's `event.proto`, `summary.proto` and `tensor.proto`.
//! Fields are written in the order of their numbers and left out where they hold the default, as
//! every protobuf serializer does, so that our bytes equal theirs.
//!
//! Functions that append a whole record leave its checksums to [`record::seal`](crate::record::seal).

mod deferred;
mod event;
mod scalar;
mod text;

pub use deferred::{DeferredEvent, Summary, Values};
pub use event::{FILE_VERSION, event, file_version, rewritten_event, session_start, summary_event};
pub use scalar::{Precision, scalar_event, scalar_value, tensor_scalar_value};
pub use text::text_value;

use crate::wire::encode;

/// `Summary.value`.
const SUMMARY_VALUE: u32 = 1;
/// `Summary.Value.tag`, `.simple_value`, `.tensor`, `.metadata`.
const VALUE_TAG: u32 = 1;
const VALUE_SIMPLE: u32 = 2;
const VALUE_TENSOR: u32 = 8;
const VALUE_METADATA: u32 = 9;
/// `TensorProto.dtype`, `.tensor_shape`, `.float_val`, `.double_val`, `.string_val`.
const TENSOR_DTYPE: u32 = 1;
const TENSOR_SHAPE: u32 = 2;
const TENSOR_FLOAT: u32 = 5;
const TENSOR_DOUBLE: u32 = 6;
const TENSOR_STRING: u32 = 8;
/// `DataType` of `types.proto`.
const DT_FLOAT: u64 = 1;
const DT_DOUBLE: u64 = 2;
const DT_STRING: u64 = 7;

/// Appends a `Summary.value` that holds a tensor for the plugin of this name.
fn tensor_value(out: &mut Vec<u8>, tag: &str, tensor: &[u8], plugin: &str) {
    let plugin_data = encode::bytes_field_len(1, plugin.len());
    let metadata = encode::bytes_field_len(1, plugin_data);
    let length = tag_len(tag)
        + encode::bytes_field_len(VALUE_TENSOR, tensor.len())
        + encode::bytes_field_len(VALUE_METADATA, metadata);
    encode::bytes_key(out, SUMMARY_VALUE, length);
    put_tag(out, tag);
    encode::bytes_field(out, VALUE_TENSOR, tensor);
    // SummaryMetadata.plugin_data.plugin_name
    encode::bytes_key(out, VALUE_METADATA, metadata);
    encode::bytes_key(out, 1, plugin_data);
    encode::bytes_field(out, 1, plugin.as_bytes());
}

/// Bytes that a value's tag takes.
#[inline(always)]
fn tag_len(tag: &str) -> usize {
    if tag.is_empty() { 0 } else { encode::bytes_field_len(VALUE_TAG, tag.len()) }
}

/// Appends a value's tag.
#[inline(always)]
fn put_tag(out: &mut Vec<u8>, tag: &str) {
    if !tag.is_empty() {
        encode::bytes_field(out, VALUE_TAG, tag.as_bytes());
    }
}
