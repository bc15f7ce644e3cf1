//! Tensors as arrays of any type.

use std::borrow::Cow;
use std::fmt;

use super::tensor::{DT_STRING, Tensor, dimensions, number};
use crate::wire::{Cursor, Malformed, Value};

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
                    [] => Cow::Owned(self.numbers(dtype).map_err(|_| NoArray::Shape)?),
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

    /// The numbers of the field for this type, one after the other.
    fn numbers(&self, dtype: DType) -> Result<Vec<u8>, Malformed> {
        let mut out = Vec::new();
        let is_float = matches!(
            dtype.field,
            number::FLOAT | number::DOUBLE | number::SCOMPLEX | number::DCOMPLEX | number::FLOAT8
        );
        let put = |out: &mut Vec<u8>, varint: u64| {
            let varint = if dtype.name == "bool" { u64::from(varint != 0) } else { varint };
            out.extend_from_slice(&varint.to_le_bytes()[..dtype.size]);
        };
        for field in Cursor::new(&self.message) {
            let field = field?;
            if field.number != dtype.field {
                continue;
            }
            match field.value {
                Value::Bytes(packed) if is_float => out.extend_from_slice(packed),
                Value::Bytes(packed) => {
                    let mut packed = Cursor::new(packed);
                    while !packed.is_empty() {
                        put(&mut out, packed.varint()?);
                    }
                }
                Value::Fixed32(bits) if is_float => out.extend_from_slice(&bits.to_le_bytes()),
                Value::Fixed64(bits) if is_float => out.extend_from_slice(&bits.to_le_bytes()),
                Value::Varint(varint) if !is_float => put(&mut out, varint),
                _ => {}
            }
        }
        Ok(out)
    }
}
