//! Whole tensors, for the plugin "tensor", as torch calls it.

use crate::proto::value::put_tensor_value;
use crate::proto::{DataType, Metadata, plugin, tensor_of_numbers, tensor_of_strings};

/// Appends a `Summary.value` with a tensor. Its elements are given in row-major order as
/// little-endian bytes. Its type must be [writable](DataType::is_writable).
pub fn tensor_of_numbers_value(
    out: &mut Vec<u8>,
    tag: &str,
    dtype: DataType,
    shape: &[u64],
    elements: &[u8],
) {
    let tensor = tensor_of_numbers(dtype, shape, elements);
    put_tensor_value(out, tag, &tensor, &Metadata::of_plugin(plugin::TENSOR, b""));
}

/// Appends a `Summary.value` with a tensor of strings in row-major order.
pub fn tensor_of_strings_value<S: AsRef<[u8]>>(
    out: &mut Vec<u8>,
    tag: &str,
    shape: &[u64],
    strings: &[S],
) {
    let tensor = tensor_of_strings(shape, strings);
    put_tensor_value(out, tag, &tensor, &Metadata::of_plugin(plugin::TENSOR, b""));
}
