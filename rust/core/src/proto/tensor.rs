//! `TensorProto`: a type, a shape, and elements in one of a dozen fields.

use std::borrow::Cow;

use crate::proto::data_type::DataType;
use crate::proto::field::put_message;
use crate::proto::message::Message;
use crate::proto::number::tensor as number;
use crate::proto::shape::{Extent, Shape, sizes};
use crate::wire::{Cursor, Malformed, Value, encode};

/// The message of a tensor, which was checked to be well-formed.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor<'a> {
    pub(crate) message: Cow<'a, [u8]>,
    /// The number of a [`DataType`]; it may be an unknown number.
    pub(crate) dtype: i32,
    /// The number of elements of its shape.
    pub(crate) extent: Extent,
}

impl<'a> Tensor<'a> {
    /// Decodes a serialized `TensorProto`.
    pub fn from_raw(raw: &'a [u8]) -> Result<Tensor<'a>, Malformed> {
        Tensor::decode(Cow::Borrowed(raw))
    }

    /// The serialized `TensorProto`.
    pub fn raw(&self) -> &[u8] {
        &self.message
    }

    pub(crate) fn decode(message: Cow<'a, [u8]>) -> Result<Tensor<'a>, Malformed> {
        let (mut dtype, mut extent) = (0, Extent::default());
        let mut has_strings = false;
        for field in Cursor::new(&message) {
            let field = field?;
            match (field.number, field.value) {
                (number::DTYPE, Value::Varint(value)) => dtype = value as i32,
                (number::TENSOR_SHAPE, Value::Bytes(shape)) => {
                    for size in sizes(shape) {
                        extent.add(size?);
                    }
                }
                (number::STRING_VAL, Value::Bytes(_)) => has_strings = true,
                (number::FLOAT_VAL | number::SCOMPLEX_VAL, Value::Bytes(packed))
                    if packed.len() % 4 != 0 =>
                {
                    return Err(Malformed);
                }
                (number::DOUBLE_VAL | number::DCOMPLEX_VAL, Value::Bytes(packed))
                    if packed.len() % 8 != 0 =>
                {
                    return Err(Malformed);
                }
                (
                    number::INT_VAL
                    | number::INT64_VAL
                    | number::BOOL_VAL
                    | number::HALF_VAL
                    | number::UINT32_VAL
                    | number::UINT64_VAL,
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
        // A tensor with strings is one of strings, even if its type is missing.
        if dtype == 0 && has_strings {
            dtype = DataType::String as i32;
        }
        Ok(Tensor { message, dtype, extent })
    }

    /// The shape of the tensor with this number of elements, if they fit.
    pub(crate) fn shape_of(&self, count: usize) -> Option<Vec<usize>> {
        let sizes = self.bytes(number::TENSOR_SHAPE).flat_map(sizes).flatten();
        self.extent.filled(sizes, count)
    }

    /// The bytes of each occurrence of a field.
    pub(crate) fn bytes(&self, number: u32) -> impl Iterator<Item = &[u8]> {
        Cursor::new(&self.message).filter_map(move |field| match field {
            Ok(field) if field.number == number => match field.value {
                Value::Bytes(bytes) => Some(bytes),
                _ => None,
            },
            _ => None,
        })
    }
}

/// A `TensorProto` of this type and shape. The caller appends the elements.
pub fn tensor_of(dtype: DataType, shape: &[u64]) -> Vec<u8> {
    let mut tensor = Vec::new();
    encode::varint_field(&mut tensor, number::DTYPE, dtype as u64);
    let shape = Shape::of(shape.iter().map(|&size| size as i64).collect());
    put_message(&mut tensor, number::TENSOR_SHAPE, |out| shape.encode(out));
    tensor
}

/// A `TensorProto` with these strings, in row-major order.
pub fn tensor_of_strings<S: AsRef<[u8]>>(shape: &[u64], strings: &[S]) -> Vec<u8> {
    let mut tensor = tensor_of(DataType::String, shape);
    for string in strings {
        encode::bytes_field(&mut tensor, number::STRING_VAL, string.as_ref());
    }
    tensor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_packed_fields_are_malformed() {
        for (field, bytes) in [(5, &[0u8; 3][..]), (6, &[0; 7]), (7, &[0x80]), (2, &[0x12, 5])] {
            let mut out = Vec::new();
            encode::bytes_field(&mut out, field, bytes);
            assert_eq!(Tensor::decode(Cow::Owned(out)), Err(Malformed), "field {field}");
        }
    }
}
