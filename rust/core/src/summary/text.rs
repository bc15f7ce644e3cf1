//! Texts: string tensors of the "text" plugin.

use super::*;

/// Appends a `Summary.value` with one text, a tensor of shape \[1\] as torch writes it.
pub fn text_value(out: &mut Vec<u8>, tag: &str, text: &str) {
    let mut tensor = Vec::with_capacity(16 + text.len());
    encode::varint_field(&mut tensor, TENSOR_DTYPE, DT_STRING);
    // TensorShapeProto.dim = [{size: 1}]
    encode::bytes_field(&mut tensor, TENSOR_SHAPE, &[0x12, 0x02, 0x08, 0x01]);
    encode::bytes_field(&mut tensor, TENSOR_STRING, text.as_bytes());
    tensor_value(out, tag, &tensor, "text");
}
