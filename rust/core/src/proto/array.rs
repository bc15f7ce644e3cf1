//! Tensors as arrays of any type.

use std::borrow::Cow;
use std::fmt;

use super::tensor::{DT_STRING, Tensor, dimensions, number};
use crate::wire::{Cursor, Value};

/// The elements of a tensor, in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array<'a> {
    /// The shape.
    pub shape: Vec<usize>,
    /// What the shape is filled with: as many elements as its product, or one for all.
    pub elements: Elements<'a>,
}

/// The elements of an [`Array`].
#[derive(Debug, Clone, PartialEq)]
pub enum Elements<'a> {
    /// Numbers of a type, little-endian.
    Numbers(DType, Cow<'a, [u8]>),
    /// Strings, which need not be UTF-8.
    Strings(Vec<&'a [u8]>),
}

/// The type of an array's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DType {
    /// NumPy's name for it, or that of the package `ml_dtypes`.
    pub name: &'static str,
    /// Bytes of one.
    pub size: usize,
    /// The field that holds them one by one.
    field: u32,
}

/// Why a tensor is no array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoArray {
    /// Elements of this `DataType` are no numbers or strings.
    DType(i32),
    /// The shape is not known, or too large.
    Shape,
    /// There are so many elements, not as many as the shape takes.
    Count(usize),
}

impl fmt::Display for NoArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoArray::DType(dtype) => write!(f, "elements of DataType {dtype} have no array"),
            NoArray::Shape => f.write_str("the shape is unknown or too large"),
            NoArray::Count(count) => write!(f, "{count} elements are not what the shape takes"),
        }
    }
}

impl DType {
    /// By `DataType` (`tensorflow/core/framework/types.proto`). What is quantized is given as the
    /// integers that are stored.
    fn of(dtype: i32) -> Option<DType> {
        let (name, size, field) = match dtype {
            1 => ("float32", 4, number::FLOAT),
            2 => ("float64", 8, number::DOUBLE),
            3 | 13 => ("int32", 4, number::INT),
            4 | 12 => ("uint8", 1, number::INT),
            5 | 15 => ("int16", 2, number::INT),
            6 | 11 => ("int8", 1, number::INT),
            8 => ("complex64", 8, number::SCOMPLEX),
            9 => ("int64", 8, number::INT64),
            10 => ("bool", 1, number::BOOL),
            14 => ("bfloat16", 2, number::HALF),
            16 | 17 => ("uint16", 2, number::INT),
            18 => ("complex128", 16, number::DCOMPLEX),
            19 => ("float16", 2, number::HALF),
            22 => ("uint32", 4, number::UINT32),
            23 => ("uint64", 8, number::UINT64),
            24 => ("float8_e5m2", 1, number::FLOAT8),
            25 => ("float8_e4m3fn", 1, number::FLOAT8),
            26 => ("float8_e4m3fnuz", 1, number::FLOAT8),
            27 => ("float8_e4m3b11fnuz", 1, number::FLOAT8),
            28 => ("float8_e5m2fnuz", 1, number::FLOAT8),
            29 => ("int4", 1, number::INT),
            30 => ("uint4", 1, number::INT),
            _ => return None,
        };
        Some(DType { name, size, field })
    }
}

impl Tensor<'_> {
    /// The elements, if they are numbers or strings, and one or as many as the shape takes.
    ///
    /// `tensor_content` counts before the typed fields, as in TensorBoard's `make_ndarray`.
    pub fn array(&self) -> Result<Array<'_>, NoArray> {
        let shape = self.shape().ok_or(NoArray::Shape)?;
        let (elements, count) = match self.dtype {
            DT_STRING => {
                let strings: Vec<_> = self.bytes(number::STRING).collect();
                let count = strings.len();
                (Elements::Strings(strings), count)
            }
            dtype => {
                let dtype = DType::of(dtype).ok_or(NoArray::DType(dtype))?;
                let content = self.bytes(number::CONTENT).last().unwrap_or_default();
                let bytes = match content {
                    [] => Cow::Owned(self.numbers(dtype)),
                    content => Cow::Borrowed(content),
                };
                let count = bytes.len() / dtype.size;
                if bytes.len() % dtype.size != 0 {
                    return Err(NoArray::Count(count));
                }
                (Elements::Numbers(dtype, bytes), count)
            }
        };
        match self.elements {
            Some(product) if count == 1 || product == count as u64 => Ok(Array { shape, elements }),
            _ => Err(NoArray::Count(count)),
        }
    }

    /// The sizes of all dimensions, if they are known.
    fn shape(&self) -> Option<Vec<usize>> {
        self.elements?;
        self.bytes(number::SHAPE)
            .flat_map(dimensions)
            .map(|size| usize::try_from(size.ok()?).ok())
            .collect()
    }

    /// What each occurrence of a field holds.
    fn bytes(&self, number: u32) -> impl Iterator<Item = &[u8]> {
        Cursor::new(&self.message).filter_map(move |field| match field {
            Ok(field) if field.number == number => match field.value {
                Value::Bytes(bytes) => Some(bytes),
                _ => None,
            },
            _ => None,
        })
    }

    /// The numbers that are stored one by one.
    fn numbers(&self, dtype: DType) -> Vec<u8> {
        if matches!(
            dtype.field,
            number::FLOAT | number::DOUBLE | number::SCOMPLEX | number::DCOMPLEX | number::FLOAT8
        ) {
            return self.floats(dtype.field);
        }
        let field = match dtype.name {
            // Where torch 2.13 stores them, though no other reader looks there.
            "uint8" if self.varints(dtype.field).next().is_none() => number::UINT32,
            _ => dtype.field,
        };
        let decode = match dtype.field {
            number::BOOL => |number| u64::from(number != 0),
            // It should be 16 bits, but torch 2.13 stores the bits of a float instead. Of numbers
            // of half precision other than 0, these have more.
            number::HALF if self.varints(field).any(|it| it as u32 > u16::MAX.into()) => {
                match dtype.name {
                    "bfloat16" => |number| number >> 16,
                    _ => |number| u64::from(half(number as u32)),
                }
            }
            _ => |number| number,
        };
        let bytes = |number: u64| decode(number).to_le_bytes().into_iter().take(dtype.size);
        self.varints(field).flat_map(bytes).collect()
    }

    fn floats(&self, number: u32) -> Vec<u8> {
        let mut out = Vec::new();
        for field in Cursor::new(&self.message).flatten().filter(|it| it.number == number) {
            match field.value {
                Value::Bytes(packed) => out.extend_from_slice(packed),
                Value::Fixed32(bits) => out.extend_from_slice(&bits.to_le_bytes()),
                Value::Fixed64(bits) => out.extend_from_slice(&bits.to_le_bytes()),
                _ => {}
            }
        }
        out
    }

    fn varints(&self, number: u32) -> impl Iterator<Item = u64> {
        let fields = Cursor::new(&self.message).flatten().filter(move |it| it.number == number);
        fields.flat_map(|field| {
            let (one, packed) = match field.value {
                Value::Varint(varint) => (Some(varint), &[][..]),
                Value::Bytes(packed) => (None, packed),
                _ => (None, &[][..]),
            };
            let mut packed = Cursor::new(packed);
            one.into_iter().chain(std::iter::from_fn(move || packed.varint().ok()))
        })
    }
}

/// The binary16 of a float that is one, by their bits.
fn half(float: u32) -> u16 {
    let sign = (float >> 16 & 0x8000) as u16;
    let (exponent, fraction) = (float >> 23 & 0xff, float & 0x7f_ffff);
    let magnitude = match exponent {
        0xff => 0x7c00 | fraction >> 13,
        // The smaller ones have no leading 1 in binary16, as zero has none.
        ..103 => 0,
        103..113 => (fraction | 0x80_0000) >> (126 - exponent),
        113..143 => (exponent - 112) << 10 | fraction >> 13,
        _ => 0x7c00,
    };
    sign | magnitude as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Element;
    use crate::wire::encode;
    use proptest::prelude::*;

    #[test]
    fn every_half_is_found_in_its_float() {
        for bits in 0..=u16::MAX {
            let value = Element::F16.decode(&bits.to_le_bytes()).unwrap();
            if !value.is_nan() {
                assert_eq!(half((value as f32).to_bits()), bits, "{value}");
            }
        }
        assert_ne!(half(f32::NAN.to_bits()) & 0x3ff, 0);
    }

    proptest! {
        #[test]
        fn any_message_is_an_array_or_an_error(
            bytes in prop::collection::vec(any::<u8>(), 0..100),
            dtype in 0..35u64,
            field in 4..19u32,
            sizes in prop::collection::vec(prop_oneof![0..9i64, any::<i64>()], 0..4),
        ) {
            let mut message = Vec::new();
            encode::varint_field(&mut message, number::DTYPE, dtype);
            for size in sizes {
                let mut dim = Vec::new();
                encode::varint_field(&mut dim, 1, size as u64);
                let mut shape = Vec::new();
                encode::bytes_field(&mut shape, 2, &dim);
                encode::bytes_field(&mut message, number::SHAPE, &shape);
            }
            encode::bytes_field(&mut message, field, &bytes);
            for message in [&message[..], &bytes] {
                let Ok(tensor) = Tensor::from_raw(message) else { continue };
                let Ok(array) = tensor.array() else { continue };
                let count = match array.elements {
                    Elements::Numbers(dtype, elements) => {
                        prop_assert!(elements.len() <= 8 * message.len());
                        elements.len() / dtype.size
                    }
                    Elements::Strings(strings) => strings.len(),
                };
                prop_assert!(count == 1 || count == array.shape.iter().product::<usize>());
            }
        }
    }
}
