//! The key of a field: its number and its wire type.

/// Ints, bools, enums.
pub const VARINT: u32 = 0;
/// Doubles, fixed 64-bit ints.
pub const FIXED64: u32 = 1;
/// Bytes, strings, messages, packed repeated fields.
pub const BYTES: u32 = 2;
/// The beginning and the end of a group, an obsolete kind that no message of ours has.
pub const START_GROUP: u32 = 3;
#[allow(missing_docs)]
pub const END_GROUP: u32 = 4;
/// Floats, fixed 32-bit ints.
pub const FIXED32: u32 = 5;

/// The key of a field, which is written as a varint. For numbers below 16 it is one byte.
#[inline(always)]
pub const fn key(number: u32, wire_type: u32) -> u32 {
    number << 3 | wire_type
}
