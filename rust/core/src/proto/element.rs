//! The encodings of numbers in a fixed number of bytes.

use crate::proto::data_type::DataType;
use crate::proto::number::tensor;

/// How one real number is stored in a fixed number of little-endian bytes.
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

impl Element {
    /// The encoding of the `DataType` with this number.
    pub(crate) fn of(dtype: i32) -> Option<Element> {
        Some(match DataType::of(dtype)? {
            DataType::Float32 => Element::F32,
            DataType::Float64 => Element::F64,
            DataType::Int32 => Element::I32,
            DataType::Uint8 => Element::U8,
            DataType::Int16 => Element::I16,
            DataType::Int8 => Element::I8,
            DataType::Int64 => Element::I64,
            DataType::Bool => Element::Bool,
            DataType::Bfloat16 => Element::BF16,
            DataType::Uint16 => Element::U16,
            DataType::Float16 => Element::F16,
            DataType::Uint32 => Element::U32,
            DataType::Uint64 => Element::U64,
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

    /// The field of `TensorProto` for single elements of this type.
    pub(crate) fn field(self) -> u32 {
        match self {
            Element::F32 => tensor::FLOAT_VAL,
            Element::F64 => tensor::DOUBLE_VAL,
            Element::F16 | Element::BF16 => tensor::HALF_VAL,
            Element::I64 => tensor::INT64_VAL,
            Element::U32 => tensor::UINT32_VAL,
            Element::U64 => tensor::UINT64_VAL,
            Element::Bool => tensor::BOOL_VAL,
            Element::I8 | Element::I16 | Element::I32 | Element::U8 | Element::U16 => {
                tensor::INT_VAL
            }
        }
    }

    /// The number in `bytes`, if their count is the size of an element.
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

    /// The number in a varint of this type's field.
    pub(crate) fn decode_varint(self, varint: u64) -> Option<f64> {
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
