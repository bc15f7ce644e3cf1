//! Appends fields to a message under construction.

use crate::wire::key::{BYTES, FIXED32, FIXED64, VARINT, key};

/// Bytes that `value` takes as a varint.
#[inline(always)]
pub fn varint_len(value: u64) -> usize {
    (70 - (value | 1).leading_zeros() as usize) / 7
}

/// Appends a varint.
#[inline(always)]
pub fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends an int, bool or enum field.
#[inline]
pub fn varint_field(out: &mut Vec<u8>, number: u32, value: u64) {
    varint(out, u64::from(key(number, VARINT)));
    varint(out, value);
}

/// Appends a `double` field.
#[inline]
pub fn double_field(out: &mut Vec<u8>, number: u32, value: f64) {
    varint(out, u64::from(key(number, FIXED64)));
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a `float` field.
#[inline]
pub fn float_field(out: &mut Vec<u8>, number: u32, value: f32) {
    varint(out, u64::from(key(number, FIXED32)));
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a packed `repeated double` field, or nothing if it is empty.
pub fn doubles_field(out: &mut Vec<u8>, number: u32, values: &[f64]) {
    if !values.is_empty() {
        bytes_key(out, number, size_of_val(values));
        out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
}

/// Appends a packed `repeated float` field, or nothing if it is empty.
pub fn floats_field(out: &mut Vec<u8>, number: u32, values: &[f32]) {
    if !values.is_empty() {
        bytes_key(out, number, size_of_val(values));
        out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
}

/// Appends a `bytes`, `string` or message field.
#[inline]
pub fn bytes_field(out: &mut Vec<u8>, number: u32, value: &[u8]) {
    bytes_key(out, number, value.len());
    out.extend_from_slice(value);
}

/// Appends the key and the length of a `bytes`, `string` or message field of `length` bytes.
#[inline]
pub fn bytes_key(out: &mut Vec<u8>, number: u32, length: usize) {
    varint(out, u64::from(key(number, BYTES)));
    varint(out, length as u64);
}

/// The size of a `bytes`, `string` or message field of `length` bytes, with its key and length.
#[inline(always)]
pub fn bytes_field_len(number: u32, length: usize) -> usize {
    varint_len(u64::from(key(number, BYTES))) + varint_len(length as u64) + length
}
