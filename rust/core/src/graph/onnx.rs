//! The nodes of an ONNX model.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::proto::number::{
    onnx_attribute, onnx_dimension, onnx_graph, onnx_model, onnx_node, onnx_shape, onnx_tensor,
    onnx_tensor_type, onnx_type, onnx_value_info,
};
use crate::proto::{AttrValue, DataType, NodeDef, Shape};
use crate::text::push_float;
use crate::wire::{Cursor, Malformed, Value};

type Result<T> = std::result::Result<T, Malformed>;

/// The inputs, outputs and operations of an encoded `ModelProto`. They have the names and
/// attributes that torch gives them: an operation has the name of its first output. It is an error
/// if the bytes are not a model with a graph.
///
/// Weights are skipped. Sizes that are not fixed are -1. Types are those of `types.proto`.
pub fn onnx_nodes(model: &[u8]) -> Result<Vec<NodeDef<'static>>> {
    let graph = message(model, onnx_model::GRAPH)?.ok_or(Malformed)?;
    let (mut nodes, mut outputs, mut operations) = (Vec::new(), Vec::new(), Vec::new());
    for field in Cursor::new(graph) {
        let field = field?;
        match (field.number, field.value) {
            (onnx_graph::INPUT, Value::Bytes(value)) => nodes.push(variable(value)?),
            (onnx_graph::OUTPUT, Value::Bytes(value)) => outputs.push(variable(value)?),
            (onnx_graph::NODE, Value::Bytes(value)) => operations.push(operation(value)?),
            _ => {}
        }
    }
    nodes.append(&mut outputs);
    nodes.append(&mut operations);
    Ok(nodes)
}

/// A `ValueInfoProto`.
fn variable(info: &[u8]) -> Result<NodeDef<'static>> {
    let name = message(info, onnx_value_info::NAME)?.unwrap_or_default();
    let tensor = match message(info, onnx_value_info::TYPE)? {
        Some(kind) => message(kind, onnx_type::TENSOR_TYPE)?.unwrap_or_default(),
        None => &[],
    };
    let mut sizes = Vec::new();
    let shape = message(tensor, onnx_tensor_type::SHAPE)?.unwrap_or_default();
    for dim in messages(shape, onnx_shape::DIM) {
        // A dimension without a value has a name or nothing.
        let size = number(dim?, onnx_dimension::DIM_VALUE)?;
        sizes.push(size.map_or(-1, |size| size as i64));
    }
    let kind = number(tensor, onnx_tensor_type::ELEM_TYPE)?.unwrap_or_default();
    Ok(NodeDef {
        name: text(name)?.into(),
        op: "Variable".into(),
        attributes: vec![
            ("dtype".into(), AttrValue::Type(data_type(kind))),
            ("shape".into(), AttrValue::Shape(Shape::of(sizes))),
        ],
        ..NodeDef::default()
    })
}

/// A `NodeProto`.
fn operation(node: &[u8]) -> Result<NodeDef<'static>> {
    let (mut inputs, mut outputs, mut parameters) = (Vec::new(), Vec::new(), Vec::new());
    let (mut name, mut op) = (String::new(), String::new());
    for field in Cursor::new(node) {
        let field = field?;
        let Value::Bytes(value) = field.value else { continue };
        match field.number {
            onnx_node::INPUT => inputs.push(text(value)?.into()),
            onnx_node::OUTPUT => outputs.push(text(value)?),
            onnx_node::NAME => name = text(value)?,
            onnx_node::OP_TYPE => op = text(value)?,
            onnx_node::ATTRIBUTE => parameters.push(parameter(value)?),
            _ => {}
        }
    }
    let parameters = parameters.join(", ").into_bytes();
    Ok(NodeDef {
        name: outputs.into_iter().next().unwrap_or(name).into(),
        op: op.into(),
        inputs,
        attributes: vec![("parameters".into(), AttrValue::Bytes(parameters.into()))],
        ..NodeDef::default()
    })
}

/// The fields of `AttributeProto` that hold several values: numbers, texts, tensors, graphs.
const REPEATED: RangeInclusive<u32> = onnx_attribute::FLOATS..=onnx_attribute::GRAPHS;

/// An `AttributeProto` as torch shows it: name, value and type with `=` between them. For a tensor
/// or a graph, only a short description is given, since the contents may be many megabytes.
fn parameter(attribute: &[u8]) -> Result<String> {
    let mut parts: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for field in Cursor::new(attribute) {
        let field = field?;
        use onnx_attribute::*;
        let values = match (field.number, field.value) {
            (NAME | DOC_STRING | REF_ATTR_NAME, Value::Bytes(value)) => vec![text(value)?],
            (F | FLOATS, Value::Fixed32(bits)) => vec![float(bits)],
            (I | INTS | TYPE, Value::Varint(value)) => vec![(value as i64).to_string()],
            (S | STRINGS, Value::Bytes(value)) => vec![bytes_literal(value)],
            (T | TENSORS, Value::Bytes(value)) => vec![tensor(value)?],
            (G | GRAPHS, Value::Bytes(value)) => vec![graph(value)?],
            (FLOATS, Value::Bytes(packed)) => {
                let (floats, rest) = packed.as_chunks();
                if !rest.is_empty() {
                    return Err(Malformed);
                }
                floats.iter().map(|bytes| float(u32::from_le_bytes(*bytes))).collect()
            }
            (INTS, Value::Bytes(packed)) => integers(packed)?.iter().map(i64::to_string).collect(),
            _ => continue,
        };
        let part = parts.entry(field.number).or_default();
        if !REPEATED.contains(&field.number) {
            // The last one counts.
            part.clear();
        }
        part.extend(values);
    }
    let shown: Vec<String> = parts
        .iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(number, values)| match REPEATED.contains(number) {
            true => format!("[{}]", values.join(", ")),
            false => values.concat(),
        })
        .collect();
    Ok(shown.join(" = "))
}

/// The type and shape of a `TensorProto`.
fn tensor(tensor: &[u8]) -> Result<String> {
    let mut sizes = Vec::new();
    for field in Cursor::new(tensor) {
        let field = field?;
        match (field.number, field.value) {
            (onnx_tensor::DIMS, Value::Varint(size)) => sizes.push(size as i64),
            (onnx_tensor::DIMS, Value::Bytes(packed)) => sizes.extend(integers(packed)?),
            _ => {}
        }
    }
    let kind = number(tensor, onnx_tensor::DATA_TYPE)?.unwrap_or_default();
    Ok(format!("tensor({}, {sizes:?})", TYPES.get(kind as usize).map_or("?", |(name, _)| name)))
}

/// A packed field of integers.
fn integers(packed: &[u8]) -> Result<Vec<i64>> {
    let (mut cursor, mut values) = (Cursor::new(packed), Vec::new());
    while !cursor.is_empty() {
        values.push(cursor.varint()? as i64);
    }
    Ok(values)
}

/// The name of a `GraphProto`.
fn graph(graph: &[u8]) -> Result<String> {
    Ok(format!("graph({})", text(message(graph, onnx_graph::NAME)?.unwrap_or_default())?))
}

/// The names of `TensorProto.DataType`, and the same types in TensorFlow.
const TYPES: [(&str, Option<DataType>); 24] = [
    ("undefined", None),
    ("float", Some(DataType::Float32)),
    ("uint8", Some(DataType::Uint8)),
    ("int8", Some(DataType::Int8)),
    ("uint16", Some(DataType::Uint16)),
    ("int16", Some(DataType::Int16)),
    ("int32", Some(DataType::Int32)),
    ("int64", Some(DataType::Int64)),
    ("string", Some(DataType::String)),
    ("bool", Some(DataType::Bool)),
    ("float16", Some(DataType::Float16)),
    ("double", Some(DataType::Float64)),
    ("uint32", Some(DataType::Uint32)),
    ("uint64", Some(DataType::Uint64)),
    ("complex64", Some(DataType::Complex64)),
    ("complex128", Some(DataType::Complex128)),
    ("bfloat16", Some(DataType::Bfloat16)),
    ("float8e4m3fn", Some(DataType::Float8E4m3fn)),
    ("float8e4m3fnuz", Some(DataType::Float8E4m3fnuz)),
    ("float8e5m2", Some(DataType::Float8E5m2)),
    ("float8e5m2fnuz", Some(DataType::Float8E5m2fnuz)),
    ("uint4", Some(DataType::Uint4)),
    ("int4", Some(DataType::Int4)),
    ("float4e2m1", None),
];

/// The number of the same type in TensorFlow's `DataType`, or 0.
fn data_type(onnx: u64) -> i32 {
    TYPES.get(onnx as usize).and_then(|&(_, known)| known).map_or(0, |known| known as i32)
}

/// The last field of this number that is a message, a text or bytes.
fn message(bytes: &[u8], number: u32) -> Result<Option<&[u8]>> {
    messages(bytes, number).last().transpose()
}

fn messages(bytes: &[u8], number: u32) -> impl Iterator<Item = Result<&[u8]>> {
    Cursor::new(bytes).filter_map(move |field| match field {
        Ok(field) if field.number == number => match field.value {
            Value::Bytes(value) => Some(Ok(value)),
            _ => None,
        },
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

/// The last field of this number that is an integer.
fn number(bytes: &[u8], number: u32) -> Result<Option<u64>> {
    let mut found = None;
    for field in Cursor::new(bytes) {
        let field = field?;
        if let (true, Value::Varint(value)) = (field.number == number, field.value) {
            found = Some(value);
        }
    }
    Ok(found)
}

fn text(bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Malformed)
}

fn float(bits: u32) -> String {
    let mut out = Vec::new();
    push_float(&mut out, f64::from(f32::from_bits(bits)));
    String::from_utf8_lossy(&out).into_owned()
}

/// Bytes as Python shows them.
fn bytes_literal(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\'' if quote == '\'' => out.push_str("\\'"),
            0x20..=0x7e => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
    out
}
