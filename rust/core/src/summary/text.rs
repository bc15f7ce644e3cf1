//! Texts: string tensors of the "text" plugin.

use crate::proto::value::put_tensor_value;
use crate::proto::{Metadata, plugin, tensor_of_strings};

/// Appends a `Summary.value` with one text, a tensor of shape \[1\] as torch writes it.
pub fn text_value(out: &mut Vec<u8>, tag: &str, text: &str) {
    let tensor = tensor_of_strings(&[1], &[text]);
    put_tensor_value(out, tag, &tensor, &Metadata::of_plugin(plugin::TEXT, b""));
}
