//! The trait of the small messages: decode, merge, encode.

use crate::wire::Malformed;

/// A message that borrows only its large fields, or nothing.
///
/// ```
/// use tfevents::proto::{Layout, Message};
///
/// let layout = Layout::decode(b"\x12\x03\x0a\x01a").unwrap();
/// assert_eq!(layout.categories[0].title, "a");
/// assert_eq!(layout.to_bytes(), b"\x12\x03\x0a\x01a");
/// ```
pub trait Message<'a>: Default {
    /// Merges an encoded message into this one, by protobuf's rules.
    fn merge(&mut self, message: &'a [u8]) -> Result<(), Malformed>;

    /// Appends the fields, in the order of their numbers, as every protobuf serializer does.
    fn encode(&self, out: &mut Vec<u8>);

    /// Decodes a message.
    fn decode(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut decoded = Self::default();
        decoded.merge(message)?;
        Ok(decoded)
    }

    /// The encoded message.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }
}
