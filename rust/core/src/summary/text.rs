//! Texts: string tensors of the "text" plugin.

use super::*;

/// Appends a `Summary.value` with one text, a tensor of shape \[1\] as torch writes it.
pub fn text_value(out: &mut Vec<u8>, tag: &str, text: &str) {
    let mut tensor = tensor_of(DT_STRING, &[1]);
    encode::bytes_field(&mut tensor, TENSOR_STRING, text.as_bytes());
    tensor_value(out, tag, &tensor, &plugin_metadata("text", b""));
}
