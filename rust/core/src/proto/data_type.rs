//! `DataType` (`tensorflow/core/framework/types.proto`): the type of a tensor's elements.

use std::borrow::Cow;

use crate::proto::number::tensor;

macro_rules! data_types {
    ($($variant:ident = $number:literal $name:literal,)+) => {
        /// The type of a tensor's elements.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs)]
        #[repr(i32)]
        pub enum DataType {
            $($variant = $number,)+
        }

        impl DataType {
            /// All types.
            pub const ALL: &[DataType] = &[$(DataType::$variant),+];

            /// The type with this number.
            pub fn of(number: i32) -> Option<DataType> {
                match number {
                    $($number => Some(DataType::$variant),)+
                    _ => None,
                }
            }

            /// Its name in TensorFlow's Python. NumPy or the package `ml_dtypes` has the same name,
            /// if arrays can have this type and it is not quantized.
            pub fn name(self) -> &'static str {
                match self {
                    $(DataType::$variant => $name,)+
                }
            }
        }
    };
}

data_types! {
    Float32 = 1 "float32",
    Float64 = 2 "float64",
    Int32 = 3 "int32",
    Uint8 = 4 "uint8",
    Int16 = 5 "int16",
    Int8 = 6 "int8",
    String = 7 "string",
    Complex64 = 8 "complex64",
    Int64 = 9 "int64",
    Bool = 10 "bool",
    Qint8 = 11 "qint8",
    Quint8 = 12 "quint8",
    Qint32 = 13 "qint32",
    Bfloat16 = 14 "bfloat16",
    Qint16 = 15 "qint16",
    Quint16 = 16 "quint16",
    Uint16 = 17 "uint16",
    Complex128 = 18 "complex128",
    Float16 = 19 "float16",
    Resource = 20 "resource",
    Variant = 21 "variant",
    Uint32 = 22 "uint32",
    Uint64 = 23 "uint64",
    Float8E5m2 = 24 "float8_e5m2",
    Float8E4m3fn = 25 "float8_e4m3fn",
    Float8E4m3fnuz = 26 "float8_e4m3fnuz",
    Float8E4m3b11fnuz = 27 "float8_e4m3b11fnuz",
    Float8E5m2fnuz = 28 "float8_e5m2fnuz",
    Int4 = 29 "int4",
    Uint4 = 30 "uint4",
    Int2 = 31 "int2",
    Uint2 = 32 "uint2",
    Float4E2m1fn = 33 "float4_e2m1fn",
}

/// How the numbers of an array are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberType {
    /// Its name in NumPy or in the package `ml_dtypes`.
    pub name: &'static str,
    /// Bytes of one.
    pub size: usize,
    /// The field of `TensorProto` for single elements of this type.
    pub(crate) field: u32,
}

impl DataType {
    /// The type with this name.
    pub fn named(name: &str) -> Option<DataType> {
        DataType::ALL.iter().copied().find(|it| it.name() == name)
    }

    /// How its numbers are stored. None if its elements are not numbers, or if nobody writes them.
    /// Quantized numbers are given as the integers that are stored.
    pub fn numbers(self) -> Option<NumberType> {
        let plain = match self {
            DataType::Qint8 => DataType::Int8,
            DataType::Quint8 => DataType::Uint8,
            DataType::Qint16 => DataType::Int16,
            DataType::Quint16 => DataType::Uint16,
            DataType::Qint32 => DataType::Int32,
            other => other,
        };
        let (size, field) = match plain {
            DataType::Float32 => (4, tensor::FLOAT_VAL),
            DataType::Float64 => (8, tensor::DOUBLE_VAL),
            DataType::Int32 => (4, tensor::INT_VAL),
            DataType::Uint16 | DataType::Int16 => (2, tensor::INT_VAL),
            DataType::Uint8 | DataType::Int8 => (1, tensor::INT_VAL),
            DataType::Int4 | DataType::Uint4 => (1, tensor::INT_VAL),
            DataType::Complex64 => (8, tensor::SCOMPLEX_VAL),
            DataType::Int64 => (8, tensor::INT64_VAL),
            DataType::Bool => (1, tensor::BOOL_VAL),
            DataType::Complex128 => (16, tensor::DCOMPLEX_VAL),
            DataType::Bfloat16 | DataType::Float16 => (2, tensor::HALF_VAL),
            DataType::Uint32 => (4, tensor::UINT32_VAL),
            DataType::Uint64 => (8, tensor::UINT64_VAL),
            DataType::Float8E5m2
            | DataType::Float8E4m3fn
            | DataType::Float8E4m3fnuz
            | DataType::Float8E4m3b11fnuz
            | DataType::Float8E5m2fnuz => (1, tensor::FLOAT8_VAL),
            _ => return None,
        };
        Some(NumberType { name: plain.name(), size, field })
    }
}

/// The name of the type with this number in TensorFlow's Python, or the number if it has no name.
pub fn type_name(number: i32) -> Cow<'static, str> {
    /// Types above this number are references to the types from 1 on.
    const REFERENCES: i32 = 100;
    if let Some(known) = DataType::of(number) {
        return known.name().into();
    }
    match DataType::of(number.wrapping_sub(REFERENCES)) {
        Some(known) => format!("{}_ref", known.name()).into(),
        None => number.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::definitions;

    #[test]
    fn every_type_is_that_of_the_definition() {
        let defined = definitions::fields();
        for &it in DataType::ALL {
            let name = match it {
                DataType::Float32 => "FLOAT".into(),
                DataType::Float64 => "DOUBLE".into(),
                DataType::Float16 => "HALF".into(),
                other => other.name().to_uppercase(),
            };
            assert_eq!(defined[&format!("DataType.DT_{name}")], it as u32);
            assert_eq!(defined[&format!("DataType.DT_{name}_REF")], it as u32 + 100);
            assert_eq!(DataType::of(it as i32), Some(it));
            assert_eq!(DataType::named(it.name()), Some(it));
        }
        let count = defined.keys().filter(|name| name.starts_with("DataType.DT_")).count();
        assert_eq!(count, 2 * DataType::ALL.len() + 1);
    }

    #[test]
    fn names_of_numbers() {
        let names: Vec<_> = [1, 7, 101, 0, 100, 99, -1, i32::MIN].map(type_name).into();
        assert_eq!(
            names,
            ["float32", "string", "float32_ref", "0", "100", "99", "-1", "-2147483648"]
        );
    }
}
