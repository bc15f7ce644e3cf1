//! Tensors that are one number.

use crate::proto::data_type::DataType;
use crate::proto::element::Element;
use crate::proto::number::tensor as number;
use crate::proto::tensor::Tensor;
use crate::wire::{Cursor, Value, encode};

/// The only number of a tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TensorScalar<'a> {
    /// As bytes of a fixed size.
    Fixed(Element, &'a [u8]),
    /// Decoded from a varint.
    Decoded(f64),
}

impl TensorScalar<'_> {
    /// The number, widened (or, for large 64-bit integers, rounded) to a double.
    pub fn to_f64(self) -> Option<f64> {
        match self {
            TensorScalar::Fixed(element, bytes) => element.decode(bytes),
            TensorScalar::Decoded(value) => Some(value),
        }
    }
}

impl Tensor<'_> {
    /// The number, if the tensor has exactly one element and this is a real number.
    ///
    /// `tensor_content` has priority over the typed fields, as in TensorBoard's `make_ndarray`.
    pub fn scalar(&self) -> Option<TensorScalar<'_>> {
        let element = Element::of(self.dtype)?;
        if !self.extent.is_one() {
            return None;
        }
        let mut content: &[u8] = &[];
        let mut number = None;
        let mut count = 0usize;
        for field in Cursor::new(&self.message) {
            let Ok(field) = field else { return None };
            match field.value {
                Value::Bytes(bytes) if field.number == number::TENSOR_CONTENT => content = bytes,
                Value::Bytes(packed) if field.number == element.field() => {
                    if matches!(element, Element::F32 | Element::F64) {
                        count += packed.len() / element.size();
                        number = Some(TensorScalar::Fixed(element, packed));
                    } else {
                        let mut packed = Cursor::new(packed);
                        while !packed.is_empty() {
                            number = element
                                .decode_varint(packed.varint().ok()?)
                                .map(TensorScalar::Decoded);
                            count += 1;
                        }
                    }
                }
                Value::Fixed32(_) | Value::Fixed64(_) if field.number == element.field() => {
                    let size = if matches!(field.value, Value::Fixed32(_)) { 4 } else { 8 };
                    if size == element.size() {
                        let bytes = &field.raw[field.raw.len() - size..];
                        number = Some(TensorScalar::Fixed(element, bytes));
                        count += 1;
                    }
                }
                Value::Varint(value) if field.number == element.field() => {
                    if let Some(value) = element.decode_varint(value) {
                        number = Some(TensorScalar::Decoded(value));
                        count += 1;
                    }
                }
                _ => {}
            }
        }
        if !content.is_empty() {
            let fits = content.len() == element.size();
            return fits.then_some(TensorScalar::Fixed(element, content));
        }
        number.filter(|_| count == 1)
    }
}

/// A `TensorProto` of no dimensions with a `float`.
pub fn tensor_of_float(value: f32) -> Vec<u8> {
    let mut tensor = Vec::with_capacity(16);
    encode::varint_field(&mut tensor, number::DTYPE, DataType::Float32 as u64);
    encode::bytes_field(&mut tensor, number::FLOAT_VAL, &value.to_le_bytes());
    tensor
}

/// A `TensorProto` of no dimensions with a `double`.
pub fn tensor_of_double(value: f64) -> Vec<u8> {
    let mut tensor = Vec::with_capacity(16);
    encode::varint_field(&mut tensor, number::DTYPE, DataType::Float64 as u64);
    encode::bytes_field(&mut tensor, number::DOUBLE_VAL, &value.to_le_bytes());
    tensor
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn tensor(dtype: u64, dims: &[i64], build: impl FnOnce(&mut Vec<u8>)) -> Tensor<'static> {
        let mut shape = Vec::new();
        for &size in dims {
            let mut dim = Vec::new();
            encode::varint_field(&mut dim, 1, size as u64);
            encode::bytes_field(&mut shape, 2, &dim);
        }
        let mut out = Vec::new();
        encode::varint_field(&mut out, 1, dtype);
        encode::bytes_field(&mut out, 2, &shape);
        build(&mut out);
        Tensor::decode(Cow::Owned(out)).unwrap()
    }

    fn number(tensor: &Tensor<'_>) -> Option<f64> {
        tensor.scalar().and_then(TensorScalar::to_f64)
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
        let one = |out: &mut Vec<u8>| encode::float_field(out, 5, 1.0);
        assert_eq!(number(&tensor(1, &[2], two)), None);
        assert_eq!(number(&tensor(1, &[], two)), None);
        assert_eq!(number(&tensor(1, &[], |_| {})), None);
        assert_eq!(number(&tensor(1, &[0], |_| {})), None);
        // One value would stand for all elements of a huge shape.
        assert_eq!(number(&tensor(1, &[1 << 40, 1 << 40], one)), None);
        assert_eq!(number(&tensor(1, &[1, 1], one)), Some(1.0));
        // One unknown size follows from the one element. Two unknown sizes do not.
        assert_eq!(number(&tensor(1, &[-1, 1], one)), Some(1.0));
        assert_eq!(number(&tensor(1, &[-1, -1], one)), None);
        assert_eq!(number(&tensor(1, &[-1, 2], one)), None);
        // Complex numbers and strings are not real numbers.
        assert_eq!(number(&tensor(8, &[], |o| encode::bytes_field(o, 4, &[0; 8]))), None);
        assert_eq!(number(&tensor(7, &[], |o| encode::bytes_field(o, 8, b"1"))), None);
    }

    #[test]
    fn what_is_written_is_read() {
        let float = tensor_of_float(1.5);
        assert_eq!(number(&Tensor::from_raw(&float).unwrap()), Some(1.5));
        let double = tensor_of_double(0.1);
        assert_eq!(number(&Tensor::from_raw(&double).unwrap()), Some(0.1));
    }
}
