//! The protobuf wire format: a cursor that reads it, and functions that append it.
//!
//! Source of the rules: <https://protobuf.dev/programming-guides/encoding/>.

pub mod decode;
pub mod encode;
mod key;

pub use decode::{Cursor, Field, Malformed, Value};
pub use key::{BYTES, FIXED32, FIXED64, VARINT, key};
