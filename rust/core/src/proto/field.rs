//! Reads and appends single fields by the rules of all messages here: the last of repeated single
//! fields counts, repeated messages are merged, and a field with its default value is not written.

use std::borrow::Cow;

use crate::wire::{Cursor, Malformed, Value, encode};

/// A text that must be UTF-8, as protobuf requires.
pub fn utf8(text: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(text).map_err(|_| Malformed)
}

/// A text that is only shown. Bytes that are not UTF-8 become U+FFFD.
pub fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// The content of a `oneof` after its member `number` was read with `bytes`.
pub fn oneof<'a>(
    before: Option<(u32, Cow<'a, [u8]>)>,
    number: u32,
    is_message: impl Fn(u32) -> bool,
    bytes: &'a [u8],
) -> Result<Cow<'a, [u8]>, Malformed> {
    let before = before.filter(|(it, _)| *it == number && is_message(number));
    merge(before.map(|(_, message)| message), bytes)
}

/// Merges two occurrences of a message. To merge is to decode one after the other.
pub fn merge<'a>(
    before: Option<Cow<'a, [u8]>>,
    message: &'a [u8],
) -> Result<Cow<'a, [u8]>, Malformed> {
    let Some(before) = before else {
        return Ok(Cow::Borrowed(message));
    };
    // Each part must be well-formed by itself. Parts that were merged before are.
    let check = |part| Cursor::new(part).try_for_each(|field| field.map(drop));
    if let Cow::Borrowed(before) = before {
        check(before)?;
    }
    check(message)?;
    let mut merged = before.into_owned();
    merged.extend_from_slice(message);
    Ok(Cow::Owned(merged))
}

/// The last value of an integer field; 0 if there is none.
pub fn last_varint(message: &[u8], number: u32) -> Result<u64, Malformed> {
    Cursor::new(message).try_fold(0, |last, field| {
        let field = field?;
        Ok(match field.value {
            Value::Varint(value) if field.number == number => value,
            _ => last,
        })
    })
}

/// The last value of a bytes field; empty if there is none.
pub fn last_bytes<'a>(message: &Cow<'a, [u8]>, number: u32) -> Result<Cow<'a, [u8]>, Malformed> {
    fn last(message: &[u8], number: u32) -> Result<&[u8], Malformed> {
        Cursor::new(message).try_fold(&[][..], |last, field| {
            let field = field?;
            Ok(match field.value {
                Value::Bytes(bytes) if field.number == number => bytes,
                _ => last,
            })
        })
    }
    Ok(match message {
        Cow::Borrowed(message) => Cow::Borrowed(last(message, number)?),
        Cow::Owned(message) => Cow::Owned(last(message, number)?.to_vec()),
    })
}

/// The last value of a string field.
pub fn last_text<'a>(message: &Cow<'a, [u8]>, number: u32) -> Result<Cow<'a, str>, Malformed> {
    Ok(match last_bytes(message, number)? {
        Cow::Borrowed(bytes) => Cow::Borrowed(utf8(bytes)?),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).map_err(|_| Malformed)?),
    })
}

/// Adds the integers in one occurrence of a `repeated` field, packed or not.
pub fn push_varints<T>(
    into: &mut Vec<T>,
    value: Value<'_>,
    convert: impl Fn(u64) -> T,
) -> Result<(), Malformed> {
    match value {
        Value::Varint(varint) => into.push(convert(varint)),
        Value::Bytes(packed) => {
            let mut packed = Cursor::new(packed);
            while !packed.is_empty() {
                into.push(convert(packed.varint()?));
            }
        }
        _ => {}
    }
    Ok(())
}

/// Adds the floats in one occurrence of a `repeated` field, packed or not.
pub fn push_floats(into: &mut Vec<f32>, value: Value<'_>) -> Result<(), Malformed> {
    match value {
        Value::Fixed32(bits) => into.push(f32::from_bits(bits)),
        Value::Bytes(packed) => {
            let (floats, rest) = packed.as_chunks();
            if !rest.is_empty() {
                return Err(Malformed);
            }
            into.extend(floats.iter().copied().map(f32::from_le_bytes));
        }
        _ => {}
    }
    Ok(())
}

/// Appends an integer field.
pub fn put_varint(out: &mut Vec<u8>, number: u32, value: u64) {
    if value != 0 {
        encode::varint_field(out, number, value);
    }
}

/// Appends a `double` field. Negative zero is not the default, so it is written.
#[inline(always)]
pub fn put_double(out: &mut Vec<u8>, number: u32, value: f64) {
    if value.to_bits() != 0 {
        encode::double_field(out, number, value);
    }
}

/// Appends a `float` field. Negative zero is not the default, so it is written.
pub fn put_float(out: &mut Vec<u8>, number: u32, value: f32) {
    if value.to_bits() != 0 {
        encode::float_field(out, number, value);
    }
}

/// Appends a string field.
#[inline(always)]
pub fn put_text(out: &mut Vec<u8>, number: u32, text: &str) {
    put_bytes(out, number, text.as_bytes());
}

/// Appends a bytes field.
#[inline(always)]
pub fn put_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    if !bytes.is_empty() {
        encode::bytes_field(out, number, bytes);
    }
}

/// Appends a packed `repeated` field of integers.
pub fn put_varints(out: &mut Vec<u8>, number: u32, values: impl IntoIterator<Item = u64>) {
    let mut packed = Vec::new();
    values.into_iter().for_each(|value| encode::varint(&mut packed, value));
    put_bytes(out, number, &packed);
}

/// Appends a message, even if all its fields have their default values.
pub fn put_message(out: &mut Vec<u8>, number: u32, build: impl FnOnce(&mut Vec<u8>)) {
    let mut message = Vec::new();
    build(&mut message);
    encode::bytes_field(out, number, &message);
}
