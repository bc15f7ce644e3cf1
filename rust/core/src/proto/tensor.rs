//! Tensors, as far as scalars and texts need them.

use std::borrow::Cow;

use crate::wire::{Cursor, Malformed, Value};

/// A tensor's message, found well-formed.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor<'a> {
    pub(crate) message: Cow<'a, [u8]>,
    pub(crate) dtype: i32,
    /// The product of the shape; none where a dimension is unknown or the product too large.
    pub(crate) elements: Option<u64>,
}

/// How one number is stored in a fixed number of little-endian bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Element {
    F32,
    F64,
    F16,
    BF16,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Bool,
}

/// The only number of a tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number<'a> {
    /// By its bytes.
    Fixed(Element, &'a [u8]),
    /// Decoded from a varint.
    Decoded(f64),
}

/// The strings of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Text<'a> {
    /// The tensor's shape; its product is the number of strings.
    pub shape: Vec<usize>,
    /// The strings, in row-major order. They need not be UTF-8.
    pub strings: Vec<&'a [u8]>,
}

/// Field numbers of `TensorProto`.
pub(crate) mod number {
    pub const DTYPE: u32 = 1;
    pub const SHAPE: u32 = 2;
    pub const CONTENT: u32 = 4;
    pub const FLOAT: u32 = 5;
    pub const DOUBLE: u32 = 6;
    pub const INT: u32 = 7;
    pub const STRING: u32 = 8;
    pub const SCOMPLEX: u32 = 9;
    pub const INT64: u32 = 10;
    pub const BOOL: u32 = 11;
    pub const DCOMPLEX: u32 = 12;
    pub const HALF: u32 = 13;
    pub const UINT32: u32 = 16;
    pub const UINT64: u32 = 17;
    pub const FLOAT8: u32 = 18;
}

pub(crate) const DT_STRING: i32 = 7;

impl Element {
    /// By `DataType` (`tensorflow/core/framework/types.proto`).
    fn of(dtype: i32) -> Option<Element> {
        Some(match dtype {
            1 => Element::F32,
            2 => Element::F64,
            3 => Element::I32,
            4 => Element::U8,
            5 => Element::I16,
            6 => Element::I8,
            9 => Element::I64,
            10 => Element::Bool,
            14 => Element::BF16,
            17 => Element::U16,
            19 => Element::F16,
            22 => Element::U32,
            23 => Element::U64,
            _ => return None,
        })
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            Element::I8 | Element::U8 | Element::Bool => 1,
            Element::F16 | Element::BF16 | Element::I16 | Element::U16 => 2,
            Element::F32 | Element::I32 | Element::U32 => 4,
            Element::F64 | Element::I64 | Element::U64 => 8,
        }
    }

    /// The field that holds elements of this type one by one.
    fn field(self) -> u32 {
        match self {
            Element::F32 => number::FLOAT,
            Element::F64 => number::DOUBLE,
            Element::F16 | Element::BF16 => number::HALF,
            Element::I64 => number::INT64,
            Element::U32 => number::UINT32,
            Element::U64 => number::UINT64,
            Element::Bool => number::BOOL,
            Element::I8 | Element::I16 | Element::I32 | Element::U8 | Element::U16 => number::INT,
        }
    }

    /// The number that `bytes` hold, if there are as many as an element takes.
    #[inline(always)]
    pub fn decode(self, bytes: &[u8]) -> Option<f64> {
        if self == Element::F32 {
            return Some(f64::from(f32::from_le_bytes(bytes.try_into().ok()?)));
        }
        self.decode_rare(bytes)
    }

    #[inline(never)]
    fn decode_rare(self, bytes: &[u8]) -> Option<f64> {
        fn array<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
            bytes.try_into().ok()
        }
        Some(match self {
            Element::F32 => f64::from(f32::from_le_bytes(array(bytes)?)),
            Element::F64 => f64::from_le_bytes(array(bytes)?),
            Element::F16 => half_to_f64(u16::from_le_bytes(array(bytes)?)),
            Element::BF16 => bfloat16_to_f64(u16::from_le_bytes(array(bytes)?)),
            Element::I8 => f64::from(i8::from_le_bytes(array(bytes)?)),
            Element::I16 => f64::from(i16::from_le_bytes(array(bytes)?)),
            Element::I32 => f64::from(i32::from_le_bytes(array(bytes)?)),
            Element::I64 => i64::from_le_bytes(array(bytes)?) as f64,
            Element::U8 => f64::from(u8::from_le_bytes(array(bytes)?)),
            Element::U16 => f64::from(u16::from_le_bytes(array(bytes)?)),
            Element::U32 => f64::from(u32::from_le_bytes(array(bytes)?)),
            Element::U64 => u64::from_le_bytes(array(bytes)?) as f64,
            Element::Bool => f64::from(u8::from(array::<1>(bytes)? != [0])),
        })
    }

    /// The number that a varint of this type's field holds.
    fn decode_varint(self, varint: u64) -> Option<f64> {
        Some(match self {
            Element::F16 => half_to_f64(varint as u16),
            Element::BF16 => bfloat16_to_f64(varint as u16),
            Element::I8 | Element::I16 | Element::I32 | Element::U8 | Element::U16 => {
                f64::from(varint as i32)
            }
            Element::I64 => varint as i64 as f64,
            Element::U32 => f64::from(varint as u32),
            Element::U64 => varint as f64,
            Element::Bool => f64::from(u8::from(varint != 0)),
            Element::F32 | Element::F64 => return None,
        })
    }
}

impl Number<'_> {
    /// The number, widened (or, for large 64-bit integers, rounded) to a double.
    pub fn to_f64(self) -> Option<f64> {
        match self {
            Number::Fixed(element, bytes) => element.decode(bytes),
            Number::Decoded(value) => Some(value),
        }
    }
}

impl<'a> Tensor<'a> {
    /// Decodes a serialized `TensorProto`.
    pub fn from_raw(raw: &'a [u8]) -> Result<Tensor<'a>, Malformed> {
        Tensor::decode(Cow::Borrowed(raw))
    }

    pub(crate) fn decode(message: Cow<'a, [u8]>) -> Result<Tensor<'a>, Malformed> {
        let mut dtype = 0;
        let mut elements = Some(1u64);
        for field in Cursor::new(&message) {
            let field = field?;
            match (field.number, field.value) {
                (number::DTYPE, Value::Varint(value)) => dtype = value as i32,
                (number::SHAPE, Value::Bytes(shape)) => {
                    for size in dimensions(shape) {
                        let size = u64::try_from(size?).ok();
                        elements = elements.zip(size).and_then(|(a, b)| a.checked_mul(b));
                    }
                }
                (number::FLOAT | number::SCOMPLEX, Value::Bytes(packed))
                    if packed.len() % 4 != 0 =>
                {
                    return Err(Malformed);
                }
                (number::DOUBLE | number::DCOMPLEX, Value::Bytes(packed))
                    if packed.len() % 8 != 0 =>
                {
                    return Err(Malformed);
                }
                (
                    number::INT
                    | number::INT64
                    | number::BOOL
                    | number::HALF
                    | number::UINT32
                    | number::UINT64,
                    Value::Bytes(packed),
                ) => {
                    let mut packed = Cursor::new(packed);
                    while !packed.is_empty() {
                        packed.varint()?;
                    }
                }
                _ => {}
            }
        }
        Ok(Tensor { message, dtype, elements })
    }

    /// The number, if the tensor has exactly one element and that is a real number.
    ///
    /// `tensor_content` counts before the typed fields, as in TensorBoard's `make_ndarray`.
    pub fn number(&self) -> Option<Number<'_>> {
        let element = Element::of(self.dtype)?;
        if self.elements != Some(1) {
            return None;
        }
        let mut content: &[u8] = &[];
        let mut number = None;
        let mut count = 0usize;
        for field in Cursor::new(&self.message) {
            let Ok(field) = field else { return None };
            match field.value {
                Value::Bytes(bytes) if field.number == number::CONTENT => content = bytes,
                Value::Bytes(packed) if field.number == element.field() => {
                    if matches!(element, Element::F32 | Element::F64) {
                        count += packed.len() / element.size();
                        number = Some(Number::Fixed(element, packed));
                    } else {
                        let mut packed = Cursor::new(packed);
                        while !packed.is_empty() {
                            number =
                                element.decode_varint(packed.varint().ok()?).map(Number::Decoded);
                            count += 1;
                        }
                    }
                }
                Value::Fixed32(_) | Value::Fixed64(_) if field.number == element.field() => {
                    let size = if matches!(field.value, Value::Fixed32(_)) { 4 } else { 8 };
                    if size == element.size() {
                        let bytes = &field.raw[field.raw.len() - size..];
                        number = Some(Number::Fixed(element, bytes));
                        count += 1;
                    }
                }
                Value::Varint(value) if field.number == element.field() => {
                    if let Some(value) = element.decode_varint(value) {
                        number = Some(Number::Decoded(value));
                        count += 1;
                    }
                }
                _ => {}
            }
        }
        if !content.is_empty() {
            return (content.len() == element.size()).then_some(Number::Fixed(element, content));
        }
        number.filter(|_| count == 1)
    }

    /// The strings, if the tensor holds strings, as many as its shape says.
    pub fn text(&self) -> Option<Text<'_>> {
        if self.dtype != DT_STRING {
            return None;
        }
        let mut text = Text { shape: Vec::new(), strings: Vec::new() };
        for field in Cursor::new(&self.message) {
            let field = field.ok()?;
            match (field.number, field.value) {
                (number::SHAPE, Value::Bytes(shape)) => {
                    for size in dimensions(shape) {
                        text.shape.push(usize::try_from(size.ok()?).ok()?);
                    }
                }
                (number::STRING, Value::Bytes(string)) => text.strings.push(string),
                _ => {}
            }
        }
        (self.elements == Some(text.strings.len() as u64)).then_some(text)
    }
}

/// The sizes in a `TensorShapeProto`.
pub(crate) fn dimensions(shape: &[u8]) -> impl Iterator<Item = Result<i64, Malformed>> {
    const DIM: u32 = 2;
    const SIZE: u32 = 1;
    Cursor::new(shape).filter_map(|field| match field {
        Ok(field) => match (field.number, field.value) {
            (DIM, Value::Bytes(dim)) => Some(Cursor::new(dim).try_fold(0, |size, field| {
                let field = field?;
                match (field.number, field.value) {
                    (SIZE, Value::Varint(size)) => Ok(size as i64),
                    _ => Ok(size),
                }
            })),
            _ => None,
        },
        Err(malformed) => Some(Err(malformed)),
    })
}

fn bfloat16_to_f64(bits: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(bits) << 16))
}

/// IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction.
fn half_to_f64(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let magnitude = match (bits >> 10) & 0x1f {
        0 => fraction * 2f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        exponent => (1024.0 + fraction) * 2f64.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encode;

    fn tensor(dtype: u64, dims: &[u64], build: impl FnOnce(&mut Vec<u8>)) -> Tensor<'static> {
        let mut shape = Vec::new();
        for &size in dims {
            let mut dim = Vec::new();
            encode::varint_field(&mut dim, 1, size);
            encode::bytes_field(&mut shape, 2, &dim);
        }
        let mut out = Vec::new();
        encode::varint_field(&mut out, 1, dtype);
        encode::bytes_field(&mut out, 2, &shape);
        build(&mut out);
        Tensor::decode(Cow::Owned(out)).unwrap()
    }

    fn number(tensor: &Tensor<'_>) -> Option<f64> {
        tensor.number().and_then(Number::to_f64)
    }

    #[test]
    fn content_of_every_type() {
        let cases: &[(u64, &[u8], f64)] = &[
            (1, &1.5f32.to_le_bytes(), 1.5),
            (2, &0.1f64.to_le_bytes(), 0.1),
            (3, &(-7i32).to_le_bytes(), -7.0),
            (4, &[200], 200.0),
            (5, &(-300i16).to_le_bytes(), -300.0),
            (6, &[0xff], -1.0),
            (9, &i64::MIN.to_le_bytes(), i64::MIN as f64),
            (10, &[1], 1.0),
            (14, &0x3fc0u16.to_le_bytes(), 1.5),
            (17, &65535u16.to_le_bytes(), 65535.0),
            (19, &0x3e00u16.to_le_bytes(), 1.5),
            (22, &u32::MAX.to_le_bytes(), f64::from(u32::MAX)),
            (23, &u64::MAX.to_le_bytes(), u64::MAX as f64),
        ];
        for &(dtype, bytes, value) in cases {
            let good = tensor(dtype, &[], |out| encode::bytes_field(out, 4, bytes));
            assert_eq!(number(&good), Some(value), "dtype {dtype}");
            let twice = [bytes, bytes].concat();
            let bad = tensor(dtype, &[], |out| encode::bytes_field(out, 4, &twice));
            assert_eq!(number(&bad), None, "dtype {dtype}, two elements");
        }
    }

    #[test]
    fn typed_fields_packed_or_not() {
        let mut packed = Vec::new();
        encode::varint(&mut packed, -5i64 as u64);
        for (dtype, field, value) in [(3, 7, -5.0), (9, 10, -5.0), (6, 7, -5.0)] {
            let one = tensor(dtype, &[1], |out| encode::bytes_field(out, field, &packed));
            assert_eq!(number(&one), Some(value));
            let one = tensor(dtype, &[], |out| encode::varint_field(out, field, -5i64 as u64));
            assert_eq!(number(&one), Some(value));
        }
        assert_eq!(number(&tensor(1, &[], |out| encode::float_field(out, 5, 2.5))), Some(2.5));
        assert_eq!(number(&tensor(2, &[], |out| encode::double_field(out, 6, 2.5))), Some(2.5));
        assert_eq!(
            number(&tensor(19, &[], |out| encode::varint_field(out, 13, 0x3e00))),
            Some(1.5)
        );
        assert_eq!(number(&tensor(10, &[], |out| encode::varint_field(out, 11, 1))), Some(1.0));
    }

    #[test]
    fn only_one_real_number_is_a_scalar() {
        let two = |out: &mut Vec<u8>| encode::bytes_field(out, 5, &[0; 8]);
        assert_eq!(number(&tensor(1, &[2], two)), None);
        assert_eq!(number(&tensor(1, &[], two)), None);
        assert_eq!(number(&tensor(1, &[], |_| {})), None);
        assert_eq!(number(&tensor(1, &[0], |_| {})), None);
        // A huge shape with one value would be a broadcast.
        assert_eq!(
            number(&tensor(1, &[1 << 40, 1 << 40], |o| encode::float_field(o, 5, 1.0))),
            None
        );
        assert_eq!(number(&tensor(1, &[1, 1], |o| encode::float_field(o, 5, 1.0))), Some(1.0));
        // Complex and strings are no real numbers.
        assert_eq!(number(&tensor(8, &[], |o| encode::bytes_field(o, 4, &[0; 8]))), None);
        assert_eq!(number(&tensor(7, &[], |o| encode::bytes_field(o, 8, b"1"))), None);
    }

    #[test]
    fn strings_fill_their_shape() {
        let strings = |out: &mut Vec<u8>| {
            encode::bytes_field(out, 8, b"a");
            encode::bytes_field(out, 8, b"b");
        };
        let good = tensor(7, &[2, 1], strings);
        let text = good.text().unwrap();
        assert_eq!((text.shape, text.strings), (vec![2, 1], vec![&b"a"[..], b"b"]));
        assert_eq!(tensor(7, &[3], strings).text(), None);
        assert_eq!(tensor(7, &[u64::MAX], strings).text(), None);
        assert_eq!(tensor(7, &[0, 3], |_| {}).text().unwrap().shape, [0, 3]);
    }

    #[test]
    fn bad_packed_fields_are_malformed() {
        for (field, bytes) in [(5, &[0u8; 3][..]), (6, &[0; 7]), (7, &[0x80]), (2, &[0x12, 5])] {
            let mut out = Vec::new();
            encode::bytes_field(&mut out, field, bytes);
            assert_eq!(Tensor::decode(Cow::Owned(out)), Err(Malformed), "field {field}");
        }
    }

    #[test]
    fn halves() {
        for (bits, value) in [
            (0x0001, 5.960464477539063e-8),
            (0x03ff, 6.097555160522461e-5),
            (0x0400, 6.103515625e-5),
            (0x7bff, 65504.0),
            (0xc000, -2.0),
            (0x7c00, f64::INFINITY),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(half_to_f64(bits), value, "{bits:#x}");
        }
        assert!(half_to_f64(0x7e00).is_nan());
    }
}
