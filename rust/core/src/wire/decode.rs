//! A cursor over the fields of one message. It borrows the bytes and never allocates.

use crate::wire::key::{BYTES, END_GROUP, FIXED32, FIXED64, START_GROUP, VARINT};

/// The bytes are not a well-formed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// One field of a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field<'a> {
    /// The field's number in the message's definition.
    pub number: u32,
    /// Its value.
    pub value: Value<'a>,
    /// All its bytes, key included.
    pub raw: &'a [u8],
}

/// A field's value by wire type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Ints, bools, enums.
    Varint(u64),
    /// Doubles, fixed 64-bit ints.
    Fixed64(u64),
    /// Bytes, strings, messages, packed repeated fields.
    Bytes(&'a [u8]),
    /// Floats, fixed 32-bit ints.
    Fixed32(u32),
    /// An obsolete kind that no message of ours has; skipped.
    Group,
}

/// Reads one message, field by field.
///
/// ```
/// use tfevents::wire::{Cursor, Value};
///
/// let fields: Result<Vec<_>, _> = Cursor::new(b"\x10\x96\x01").collect();
/// let field = fields.unwrap()[0];
/// assert_eq!((field.number, field.value), (2, Value::Varint(150)));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

/// The greatest depth of nested groups. Protobuf's own parsers stop at this depth too.
const MAX_GROUP_DEPTH: u32 = 100;

impl<'a> Cursor<'a> {
    /// A cursor at the first field of `message`.
    #[inline]
    pub fn new(message: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: message }
    }

    #[inline]
    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or(Malformed)?;
        self.rest = rest;
        Ok(head)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*head)
    }

    /// The varint at the cursor, for packed fields.
    #[inline]
    pub fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0u64;
        for (i, &byte) in self.rest.iter().take(10).enumerate() {
            // Bits beyond 64 are dropped, as in every protobuf parser.
            value |= u64::from(byte & 0x7f).unbounded_shl(7 * i as u32);
            if byte < 0x80 {
                self.rest = &self.rest[i + 1..];
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    /// The bytes that the cursor has not read yet.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether the message ends here.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    #[inline]
    fn field(&mut self) -> Result<Field<'a>, Malformed> {
        let start = self.rest;
        let (number, wire_type) = self.key()?;
        let value = match wire_type {
            VARINT => Value::Varint(self.varint()?),
            FIXED64 => Value::Fixed64(u64::from_le_bytes(self.array()?)),
            BYTES => {
                let length = self.varint()?;
                Value::Bytes(self.take(usize::try_from(length).map_err(|_| Malformed)?)?)
            }
            START_GROUP => {
                self.skip_group(number)?;
                Value::Group
            }
            FIXED32 => Value::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(Malformed),
        };
        Ok(Field { number, value, raw: &start[..start.len() - self.rest.len()] })
    }

    #[inline]
    fn key(&mut self) -> Result<(u32, u32), Malformed> {
        let key = u32::try_from(self.varint()?).map_err(|_| Malformed)?;
        if key >> 3 == 0 { Err(Malformed) } else { Ok((key >> 3, key & 7)) }
    }

    #[cold]
    fn skip_group(&mut self, number: u32) -> Result<(), Malformed> {
        let mut open = vec![number];
        while let Some(&innermost) = open.last() {
            let (number, wire_type) = self.key()?;
            match wire_type {
                VARINT => drop(self.varint()?),
                FIXED64 => drop(self.array::<8>()?),
                BYTES => {
                    let length = self.varint()?;
                    self.take(usize::try_from(length).map_err(|_| Malformed)?)?;
                }
                START_GROUP if (open.len() as u32) < MAX_GROUP_DEPTH => open.push(number),
                END_GROUP if number == innermost => drop(open.pop()),
                FIXED32 => drop(self.array::<4>()?),
                _ => return Err(Malformed),
            }
        }
        Ok(())
    }
}

impl<'a> Iterator for Cursor<'a> {
    type Item = Result<Field<'a>, Malformed>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encode;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let fields: Vec<_> = Cursor::new(&bytes).collect();
            prop_assert!(fields.len() <= bytes.len());
            prop_assert!(fields.iter().rev().skip(1).all(|f| f.is_ok()));
        }

        #[test]
        fn varints_round_trip(value: u64) {
            let mut bytes = Vec::new();
            encode::varint(&mut bytes, value);
            prop_assert_eq!(bytes.len(), encode::varint_len(value));
            let mut cursor = Cursor::new(&bytes);
            prop_assert_eq!(cursor.varint(), Ok(value));
            prop_assert!(cursor.is_empty());
        }
    }

    #[test]
    fn groups_are_skipped() {
        // Field 1 is a group that has field 2 = 1. Then comes field 3 = 5.
        let fields: Result<Vec<_>, _> = Cursor::new(b"\x0b\x10\x01\x0c\x18\x05").collect();
        let fields = fields.unwrap();
        assert_eq!(fields[0].value, Value::Group);
        assert_eq!((fields[1].number, fields[1].value), (3, Value::Varint(5)));
        assert_eq!(Cursor::new(b"\x0b\x10\x01\x14").next(), Some(Err(Malformed)));
    }

    #[test]
    fn bad_bytes() {
        for bytes in [&b"\x00"[..], b"\x0a\x05ab", b"\x09\x00", b"\x0f\x00", b"\x80", &[0xff; 11]] {
            assert_eq!(Cursor::new(bytes).last(), Some(Err(Malformed)), "{bytes:?}");
        }
    }
}
