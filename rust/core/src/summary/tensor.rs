//! Whole tensors, for the "tensor" plugin that torch names.
//!
//! Numbers are in the fields of `TensorProto` that `make_ndarray` of TensorBoard and TensorFlow
//! reads for their type, and in `tensor_content` where it reads no other.

use super::*;

/// A tensor's type: its `DataType`, and how its elements are written.
#[derive(Debug, Clone, Copy)]
pub struct Dtype {
    number: u64,
    field: u32,
    layout: Layout,
}

#[derive(Debug, Clone, Copy)]
enum Layout {
    /// The bytes as they are.
    Bytes,
    /// Packed varints.
    U8,
    I8,
    U16,
    I16,
    I32,
    I64,
}

impl Dtype {
    /// By NumPy's name for it, or ml_dtypes'.
    pub fn named(name: &str) -> Option<Dtype> {
        let (number, field, layout) = match name {
            "float32" => (DT_FLOAT, TENSOR_FLOAT, Layout::Bytes),
            "float64" => (DT_DOUBLE, TENSOR_DOUBLE, Layout::Bytes),
            "int32" => (3, TENSOR_INT, Layout::I32),
            "uint8" => (4, TENSOR_INT, Layout::U8),
            "int16" => (5, TENSOR_INT, Layout::I16),
            "int8" => (6, TENSOR_INT, Layout::I8),
            "complex64" => (8, TENSOR_SCOMPLEX, Layout::Bytes),
            "int64" => (9, TENSOR_INT64, Layout::I64),
            // A byte of 0 or 1 is its own varint.
            "bool" => (10, TENSOR_BOOL, Layout::Bytes),
            "bfloat16" => (14, TENSOR_HALF, Layout::U16),
            "uint16" => (17, TENSOR_INT, Layout::U16),
            "complex128" => (18, TENSOR_DCOMPLEX, Layout::Bytes),
            "float16" => (19, TENSOR_HALF, Layout::U16),
            "uint32" => (22, TENSOR_CONTENT, Layout::Bytes),
            "uint64" => (23, TENSOR_CONTENT, Layout::Bytes),
            _ => return None,
        };
        Some(Dtype { number, field, layout })
    }
}

/// Appends a `Summary.value` with a tensor, whose elements are given in row-major order and
/// little-endian bytes.
pub fn tensor_of_numbers_value(
    out: &mut Vec<u8>,
    tag: &str,
    dtype: Dtype,
    shape: &[u64],
    elements: &[u8],
) {
    let mut tensor = tensor_of(dtype.number, shape);
    let mut packed = Vec::new();
    let values = match dtype.layout {
        Layout::Bytes => elements,
        Layout::U8 => varints(&mut packed, elements, |[byte]| byte.into()),
        Layout::I8 => varints(&mut packed, elements, |[byte]| byte as i8 as u64),
        Layout::U16 => varints(&mut packed, elements, |b| u16::from_le_bytes(b).into()),
        Layout::I16 => varints(&mut packed, elements, |b| i16::from_le_bytes(b) as u64),
        Layout::I32 => varints(&mut packed, elements, |b| i32::from_le_bytes(b) as u64),
        Layout::I64 => varints(&mut packed, elements, |b| i64::from_le_bytes(b) as u64),
    };
    if !values.is_empty() {
        encode::bytes_field(&mut tensor, dtype.field, values);
    }
    tensor_value(out, tag, &tensor, &plugin_metadata("tensor", b""));
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

/// Appends a `Summary.value` with a tensor of strings in row-major order.
pub fn tensor_of_strings_value<S: AsRef<[u8]>>(
    out: &mut Vec<u8>,
    tag: &str,
    shape: &[u64],
    strings: &[S],
) {
    let mut tensor = tensor_of(DT_STRING, shape);
    for string in strings {
        encode::bytes_field(&mut tensor, TENSOR_STRING, string.as_ref());
    }
    tensor_value(out, tag, &tensor, &plugin_metadata("tensor", b""));
}
