//! The layout of the "custom_scalars" plugin: charts that show several tags.

use crate::proto::value::put_tensor_value;
use crate::proto::{LAYOUT_TAG, Layout, Message, Metadata, plugin, tensor_of_strings};

/// Appends the `Summary.value` with a layout.
pub fn custom_scalars_value(out: &mut Vec<u8>, layout: &Layout) {
    let tensor = tensor_of_strings(&[], &[layout.to_bytes()]);
    let metadata = Metadata::of_plugin(plugin::CUSTOM_SCALARS, b"");
    put_tensor_value(out, LAYOUT_TAG, &tensor, &metadata);
}
