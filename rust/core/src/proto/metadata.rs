//! `SummaryMetadata`: how a value is meant to be shown.

use std::borrow::Cow;

use crate::proto::field::{put_bytes, put_message, put_text, put_varint, utf8};
use crate::proto::number::{metadata as number, plugin_data};
use crate::wire::{Cursor, Malformed, Value};

/// How a value is meant to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata<'a> {
    /// The plugin that shows it.
    pub plugin_name: Cow<'a, str>,
    /// The plugin's own data.
    pub content: Cow<'a, [u8]>,
    /// The name to show instead of the tag.
    pub display_name: Cow<'a, str>,
    /// The description, in Markdown.
    pub description: Cow<'a, str>,
    /// `DataClass`: 0 unknown, 1 scalar, 2 tensor, 3 blob sequence.
    pub data_class: i64,
}

/// `DataClass`.
pub mod data_class {
    pub const UNKNOWN: i64 = 0;
    pub const SCALAR: i64 = 1;
    pub const TENSOR: i64 = 2;
    pub const BLOB_SEQUENCE: i64 = 3;
}

impl<'a> Metadata<'a> {
    /// Metadata for the plugin of this name, with the plugin's own data.
    pub(crate) fn of_plugin(name: &'a str, content: &'a [u8]) -> Metadata<'a> {
        Metadata { plugin_name: name.into(), content: content.into(), ..Metadata::default() }
    }

    /// The same metadata with a title and a description in Markdown.
    pub(crate) fn described(self, display_name: &'a str, description: &'a str) -> Metadata<'a> {
        Metadata { display_name: display_name.into(), description: description.into(), ..self }
    }

    /// Decodes a serialized `SummaryMetadata`.
    pub(crate) fn from_message(message: &[u8]) -> Result<Metadata<'static>, Malformed> {
        Ok(Metadata::decode_borrowed(message)?.into_owned())
    }

    pub(crate) fn decode(message: Cow<'a, [u8]>) -> Result<Metadata<'a>, Malformed> {
        match message {
            Cow::Borrowed(message) => Metadata::decode_borrowed(message),
            Cow::Owned(message) => Metadata::from_message(&message),
        }
    }

    /// The same metadata, which borrow nothing.
    pub fn into_owned(self) -> Metadata<'static> {
        Metadata {
            plugin_name: Cow::Owned(self.plugin_name.into_owned()),
            content: Cow::Owned(self.content.into_owned()),
            display_name: Cow::Owned(self.display_name.into_owned()),
            description: Cow::Owned(self.description.into_owned()),
            data_class: self.data_class,
        }
    }

    fn decode_borrowed(message: &'a [u8]) -> Result<Metadata<'a>, Malformed> {
        let mut metadata = Metadata::default();
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                // To merge two of these, a later field replaces an earlier one.
                (number::PLUGIN_DATA, Value::Bytes(plugin)) => metadata.set_plugin(plugin)?,
                (number::DISPLAY_NAME, Value::Bytes(text)) => {
                    metadata.display_name = Cow::Borrowed(utf8(text)?);
                }
                (number::SUMMARY_DESCRIPTION, Value::Bytes(text)) => {
                    metadata.description = Cow::Borrowed(utf8(text)?);
                }
                // Protobuf keeps the low 32 bits of an enum.
                (number::DATA_CLASS, Value::Varint(class)) => {
                    metadata.data_class = i64::from(class as i32);
                }
                _ => {}
            }
        }
        Ok(metadata)
    }

    fn set_plugin(&mut self, plugin: &'a [u8]) -> Result<(), Malformed> {
        for field in Cursor::new(plugin) {
            let field = field?;
            match (field.number, field.value) {
                (plugin_data::PLUGIN_NAME, Value::Bytes(name)) => {
                    self.plugin_name = Cow::Borrowed(utf8(name)?);
                }
                (plugin_data::CONTENT, Value::Bytes(content)) => {
                    self.content = Cow::Borrowed(content);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Appends the fields of a `SummaryMetadata`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        if !self.plugin_name.is_empty() || !self.content.is_empty() {
            put_message(out, number::PLUGIN_DATA, |plugin| {
                put_text(plugin, plugin_data::PLUGIN_NAME, &self.plugin_name);
                put_bytes(plugin, plugin_data::CONTENT, &self.content);
            });
        }
        put_text(out, number::DISPLAY_NAME, &self.display_name);
        put_text(out, number::SUMMARY_DESCRIPTION, &self.description);
        put_varint(out, number::DATA_CLASS, self.data_class as u64);
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }
}
