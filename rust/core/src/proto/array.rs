//! Tensors as arrays of any type.

use std::borrow::Cow;
use std::fmt;

use crate::proto::data_type::{DataType, NumberType};
use crate::proto::element::Element;
use crate::proto::number::tensor as number;
use crate::proto::tensor::{Tensor, tensor_of};
use crate::wire::{Cursor, Value, encode};

/// The greatest size in bytes of the elements for which another one stands.
const MOST_REPEATED: usize = 1 << 26;

/// The elements of a tensor, in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array<'a> {
    /// The shape.
    pub shape: Vec<usize>,
    /// As many elements as the product of the shape, or one that stands for all.
    pub elements: Elements<'a>,
}

/// The elements of an [`Array`].
#[derive(Debug, Clone, PartialEq)]
pub enum Elements<'a> {
    /// Little-endian numbers of one type.
    Numbers(NumberType, Cow<'a, [u8]>),
    /// Strings, which need not be UTF-8.
    Strings(Vec<&'a [u8]>),
}

/// Why a tensor can't be made an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoArray {
    /// Elements of this `DataType` are neither numbers nor strings.
    DType(i32),
    /// The shape is not known, or too large.
    Shape,
    /// The tensor has this many elements, which is not the number that its shape needs.
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

impl Tensor<'_> {
    /// The elements, if they are numbers or strings and if their number fits the shape.
    ///
    /// `tensor_content` has priority over the typed fields, as in TensorBoard's `make_ndarray`. If
    /// a typed field has too few elements, the last one stands for the rest, and zero or the empty
    /// string if there is none, as in TensorFlow's `make_ndarray`.
    pub fn array(&self) -> Result<Array<'_>, NoArray> {
        let (mut elements, mut count) = match DataType::of(self.dtype) {
            Some(DataType::String) => {
                let strings: Vec<_> = self.bytes(number::STRING_VAL).collect();
                let count = strings.len();
                (Elements::Strings(strings), count)
            }
            dtype => {
                let numbers = dtype.and_then(DataType::numbers);
                let numbers = numbers.ok_or(NoArray::DType(self.dtype))?;
                let content = self.bytes(number::TENSOR_CONTENT).last().unwrap_or_default();
                let bytes = match content {
                    [] => self.numbers(numbers),
                    content => Cow::Borrowed(content),
                };
                let count = bytes.len() / numbers.size;
                if bytes.len() % numbers.size != 0 {
                    return Err(NoArray::Count(count));
                }
                (Elements::Numbers(numbers, bytes), count)
            }
        };
        if let Some(missing) = self.missing(count) {
            elements.repeat_last(missing).ok_or(NoArray::Shape)?;
            count += missing;
        }
        match self.shape_of(count) {
            Some(shape) => Ok(Array { shape, elements }),
            None if self.extent.is_known() => Err(NoArray::Count(count)),
            None => Err(NoArray::Shape),
        }
    }

    /// How many elements the shape has beyond these, where the last of them does not stand for the
    /// rest anyway.
    fn missing(&self, count: usize) -> Option<usize> {
        let has_content = self.bytes(number::TENSOR_CONTENT).any(|content| !content.is_empty());
        let is_typed = self.dtype == DataType::String as i32 || !has_content;
        let size = self.extent.size().filter(|_| is_typed && count != 1)?;
        size.checked_sub(count).filter(|&missing| missing > 0)
    }

    /// The numbers that are stored one by one.
    fn numbers(&self, dtype: NumberType) -> Cow<'_, [u8]> {
        if matches!(
            dtype.field,
            number::FLOAT_VAL
                | number::DOUBLE_VAL
                | number::SCOMPLEX_VAL
                | number::DCOMPLEX_VAL
                | number::FLOAT8_VAL
        ) {
            return self.floats(dtype.field);
        }
        let field = match dtype.name {
            // torch 2.13 stores them there, though no other reader looks there.
            "uint8" if self.varints(dtype.field).next().is_none() => number::UINT32_VAL,
            _ => dtype.field,
        };
        let decode = match dtype.field {
            number::BOOL_VAL => |number| u64::from(number != 0),
            // The field should have 16 bits, but torch 2.13 stores the bits of a float32. For all
            // half-precision numbers except 0, these bits do not fit into 16.
            number::HALF_VAL if self.varints(field).any(|it| it as u32 > u16::MAX.into()) => {
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

    fn floats(&self, number: u32) -> Cow<'_, [u8]> {
        let mut out: Cow<'_, [u8]> = Cow::default();
        for field in Cursor::new(&self.message).flatten().filter(|it| it.number == number) {
            match field.value {
                // Most tensors have one field.
                Value::Bytes(packed) if out.is_empty() => out = packed.into(),
                Value::Bytes(packed) => out.to_mut().extend_from_slice(packed),
                Value::Fixed32(bits) => out.to_mut().extend_from_slice(&bits.to_le_bytes()),
                Value::Fixed64(bits) => out.to_mut().extend_from_slice(&bits.to_le_bytes()),
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

impl Elements<'_> {
    /// Appends as many copies of the last element, or of zero if there is none. None if these are
    /// too many.
    fn repeat_last(&mut self, missing: usize) -> Option<()> {
        let size = match self {
            Elements::Numbers(dtype, _) => dtype.size,
            Elements::Strings(_) => size_of::<&[u8]>(),
        };
        let bytes = missing.checked_mul(size).filter(|&bytes| bytes <= MOST_REPEATED)?;
        match self {
            Elements::Numbers(_, numbers) => {
                let last = numbers.len().saturating_sub(size);
                let last = numbers.get(last..).filter(|last| !last.is_empty());
                let last = last.map_or(vec![0; size], <[u8]>::to_vec);
                numbers.to_mut().extend(last.into_iter().cycle().take(bytes));
            }
            Elements::Strings(strings) => {
                let last = strings.last().copied().unwrap_or_default();
                strings.resize(strings.len() + missing, last);
            }
        }
        Some(())
    }
}

impl Array<'_> {
    /// The elements as doubles, if they are real numbers.
    pub fn to_f64(&self) -> Option<Vec<f64>> {
        let Elements::Numbers(numbers, bytes) = &self.elements else { return None };
        let element = Element::of(DataType::named(numbers.name)? as i32)?;
        bytes.chunks_exact(element.size()).map(|bytes| element.decode(bytes)).collect()
    }
}

/// How the elements of a type are written. They go into the field of `TensorProto` that
/// `make_ndarray` of TensorBoard and TensorFlow reads, or into `tensor_content` if it reads no
/// other.
#[derive(Debug, Clone, Copy)]
enum Packing {
    /// The bytes as they are.
    Bytes,
    /// Varints.
    U8,
    I8,
    U16,
    I16,
    I32,
    I64,
}

impl DataType {
    /// Whether [`tensor_of_numbers`] can write it.
    pub fn is_writable(self) -> bool {
        self.packing().is_some()
    }

    fn packing(self) -> Option<(u32, Packing)> {
        let field = self.numbers()?.field;
        Some(match self {
            DataType::Float32 | DataType::Float64 => (field, Packing::Bytes),
            DataType::Complex64 | DataType::Complex128 => (field, Packing::Bytes),
            // A byte of 0 or 1 is its own varint.
            DataType::Bool => (field, Packing::Bytes),
            DataType::Uint8 => (field, Packing::U8),
            DataType::Int8 => (field, Packing::I8),
            DataType::Uint16 | DataType::Float16 | DataType::Bfloat16 => (field, Packing::U16),
            DataType::Int16 => (field, Packing::I16),
            DataType::Int32 => (field, Packing::I32),
            DataType::Int64 => (field, Packing::I64),
            DataType::Uint32 | DataType::Uint64 => (number::TENSOR_CONTENT, Packing::Bytes),
            _ => return None,
        })
    }
}

/// A `TensorProto` with these numbers, given in row-major order as little-endian bytes. It has no
/// elements if the type is not [writable](DataType::is_writable).
pub fn tensor_of_numbers(dtype: DataType, shape: &[u64], elements: &[u8]) -> Vec<u8> {
    let mut tensor = tensor_of(dtype, shape);
    let Some((field, packing)) = dtype.packing() else { return tensor };
    let mut packed = Vec::new();
    let values = match packing {
        Packing::Bytes => elements,
        Packing::U8 => varints(&mut packed, elements, |[byte]| byte.into()),
        Packing::I8 => varints(&mut packed, elements, |[byte]| byte as i8 as u64),
        Packing::U16 => varints(&mut packed, elements, |b| u16::from_le_bytes(b).into()),
        Packing::I16 => varints(&mut packed, elements, |b| i16::from_le_bytes(b) as u64),
        Packing::I32 => varints(&mut packed, elements, |b| i32::from_le_bytes(b) as u64),
        Packing::I64 => varints(&mut packed, elements, |b| i64::from_le_bytes(b) as u64),
    };
    if !values.is_empty() {
        encode::bytes_field(&mut tensor, field, values);
    }
    tensor
}

fn varints<'a, const SIZE: usize>(
    packed: &'a mut Vec<u8>,
    elements: &[u8],
    number: impl Fn([u8; SIZE]) -> u64,
) -> &'a [u8] {
    packed.reserve(elements.len());
    for &element in elements.as_chunks().0 {
        encode::varint(packed, number(element));
    }
    packed
}

/// A `TensorProto` with these floats, in row-major order.
pub fn tensor_of_floats(shape: &[u64], values: &[f32]) -> Vec<u8> {
    let mut tensor = tensor_of(DataType::Float32, shape);
    encode::floats_field(&mut tensor, number::FLOAT_VAL, values);
    tensor
}

/// Converts the bits of a float32 whose value is a binary16 to the bits of that binary16.
fn half(float: u32) -> u16 {
    let sign = (float >> 16 & 0x8000) as u16;
    let (exponent, fraction) = (float >> 23 & 0xff, float & 0x7f_ffff);
    let magnitude = match exponent {
        0xff => 0x7c00 | fraction >> 13,
        // Subnormal numbers and zero have no implicit leading 1 in binary16.
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
    use crate::proto::tensor::tensor_of_strings;
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

    #[test]
    fn a_shape_is_filled_as_numpy_fills_it() {
        let shape = |sizes: &[i64], count: usize| {
            let sizes: Vec<u64> = sizes.iter().map(|&size| size as u64).collect();
            let tensor = tensor_of_floats(&sizes, &vec![0.0; count]);
            let tensor = Tensor::from_raw(&tensor).unwrap();
            tensor.array().map(|array| array.shape)
        };
        assert_eq!(shape(&[], 3), Ok(vec![3]));
        assert_eq!(shape(&[], 1), Ok(vec![]));
        assert_eq!(shape(&[-1, 3], 6), Ok(vec![2, 3]));
        assert_eq!(shape(&[2, 3], 1), Ok(vec![2, 3]));
        assert_eq!(shape(&[2, 3], 4), Ok(vec![2, 3]));
        assert_eq!(shape(&[2, 3], 0), Ok(vec![2, 3]));
        assert_eq!(shape(&[2, 3], 7), Err(NoArray::Count(7)));
        assert_eq!(shape(&[1 << 24, 2], 2), Err(NoArray::Shape));
        assert_eq!(shape(&[-1, 3], 7), Err(NoArray::Count(7)));
        assert_eq!(shape(&[-1, 0], 0), Err(NoArray::Count(0)));
        assert_eq!(shape(&[-1, -1], 4), Err(NoArray::Shape));
        assert_eq!(shape(&[1 << 40, 1 << 40], 1), Err(NoArray::Shape));
    }

    #[test]
    fn the_last_element_stands_for_the_rest() {
        let numbers = tensor_of_floats(&[2, 2], &[1.0, 2.0]);
        let numbers = Tensor::from_raw(&numbers).unwrap();
        assert_eq!(numbers.array().unwrap().to_f64().unwrap(), [1.0, 2.0, 2.0, 2.0]);
        let none = tensor_of_floats(&[3], &[]);
        let none = Tensor::from_raw(&none).unwrap();
        assert_eq!(none.array().unwrap().to_f64().unwrap(), [0.0; 3]);
        for (strings, expected) in [(&["a", "b"][..], [&b"a"[..], b"b", b"b"]), (&[], [b""; 3])] {
            let strings = tensor_of_strings(&[3], strings);
            let strings = Tensor::from_raw(&strings).unwrap();
            assert_eq!(strings.array().unwrap().elements, Elements::Strings(expected.into()));
        }
        // What has one piece for all elements has them all.
        let mut content = tensor_of(DataType::Float32, &[3]);
        encode::bytes_field(&mut content, number::TENSOR_CONTENT, &[0; 8]);
        let content = Tensor::from_raw(&content).unwrap();
        assert_eq!(content.array(), Err(NoArray::Count(2)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            index in 0..DataType::ALL.len(),
            sizes in prop::collection::vec(0..4u64, 0..3),
            seed in any::<[u8; 16]>(),
        ) {
            let dtype = DataType::ALL[index];
            prop_assume!(dtype.is_writable());
            let numbers = dtype.numbers().unwrap();
            let count = sizes.iter().product::<u64>() as usize;
            let mut elements: Vec<u8> =
                seed.iter().copied().cycle().take(count * numbers.size).collect();
            if dtype == DataType::Bool {
                elements.iter_mut().for_each(|byte| *byte &= 1);
            }
            let written = tensor_of_numbers(dtype, &sizes, &elements);
            let tensor = Tensor::from_raw(&written).unwrap();
            let array = tensor.array().unwrap();
            if count > 0 || !sizes.is_empty() {
                let sizes: Vec<usize> = sizes.iter().map(|&size| size as usize).collect();
                prop_assert_eq!(&array.shape, &sizes);
            }
            prop_assert_eq!(array.elements, Elements::Numbers(numbers, elements.into()));
        }

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
                encode::bytes_field(&mut message, number::TENSOR_SHAPE, &shape);
            }
            encode::bytes_field(&mut message, field, &bytes);
            for message in [&message[..], &bytes] {
                let Ok(tensor) = Tensor::from_raw(message) else { continue };
                let Ok(array) = tensor.array() else { continue };
                let count = match array.elements {
                    Elements::Numbers(dtype, elements) => {
                        prop_assert!(elements.len() <= (8 * message.len()).max(MOST_REPEATED));
                        elements.len() / dtype.size
                    }
                    Elements::Strings(strings) => strings.len(),
                };
                prop_assert!(count == 1 || count == array.shape.iter().product::<usize>());
            }
        }
    }
}
