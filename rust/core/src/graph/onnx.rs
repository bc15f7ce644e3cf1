//! The nodes of an ONNX model.
//!
//! Field numbers are those of `onnx.proto` of <https://github.com/onnx/onnx>.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::{Attribute, Node};
use crate::text::push_float;
use crate::wire::{Cursor, Malformed, Value};

type Result<T> = std::result::Result<T, Malformed>;

/// `ModelProto.graph`.
const MODEL_GRAPH: u32 = 7;
/// `GraphProto.node`, `.input`, `.output`.
const GRAPH_NODE: u32 = 1;
const GRAPH_INPUT: u32 = 11;
const GRAPH_OUTPUT: u32 = 12;

/// The inputs, outputs and operations of an encoded `ModelProto`, named and described as torch
/// does: an operation by its first output. An error where the bytes are no model with a graph.
///
/// Weights are skipped. Sizes that are not fixed are -1, and types are those of `types.proto`.
pub fn onnx_nodes(model: &[u8]) -> Result<Vec<Node>> {
    let graph = message(model, MODEL_GRAPH)?.ok_or(Malformed)?;
    let (mut nodes, mut outputs, mut operations) = (Vec::new(), Vec::new(), Vec::new());
    for field in Cursor::new(graph) {
        let field = field?;
        match (field.number, field.value) {
            (GRAPH_INPUT, Value::Bytes(value)) => nodes.push(variable(value)?),
            (GRAPH_OUTPUT, Value::Bytes(value)) => outputs.push(variable(value)?),
            (GRAPH_NODE, Value::Bytes(value)) => operations.push(operation(value)?),
            _ => {}
        }
    }
    nodes.append(&mut outputs);
    nodes.append(&mut operations);
    Ok(nodes)
}

/// A `ValueInfoProto`.
fn variable(info: &[u8]) -> Result<Node> {
    let name = message(info, 1)?.unwrap_or_default();
    // TypeProto.tensor_type
    let tensor = match message(info, 2)? {
        Some(kind) => message(kind, 1)?.unwrap_or_default(),
        None => &[],
    };
    let mut sizes = Vec::new();
    for dim in messages(message(tensor, 2)?.unwrap_or_default(), 1) {
        // Dimension.dim_value; without it the dimension has a name or nothing.
        sizes.push(number(dim?, 1)?.map_or(-1, |size| size as i64));
    }
    Ok(Node {
        name: text(name)?,
        op: "Variable".into(),
        inputs: Vec::new(),
        attributes: vec![
            ("dtype", Attribute::Type(data_type(number(tensor, 1)?.unwrap_or_default()))),
            ("shape", Attribute::Shape(sizes)),
        ],
    })
}

/// A `NodeProto`.
fn operation(node: &[u8]) -> Result<Node> {
    let (mut inputs, mut outputs, mut parameters) = (Vec::new(), Vec::new(), Vec::new());
    let (mut name, mut op) = (String::new(), String::new());
    for field in Cursor::new(node) {
        let field = field?;
        let Value::Bytes(value) = field.value else { continue };
        match field.number {
            1 => inputs.push(text(value)?),
            2 => outputs.push(text(value)?),
            3 => name = text(value)?,
            4 => op = text(value)?,
            5 => parameters.push(parameter(value)?),
            _ => {}
        }
    }
    Ok(Node {
        name: outputs.into_iter().next().unwrap_or(name),
        op,
        inputs,
        attributes: vec![("parameters", Attribute::Text(parameters.join(", ")))],
    })
}

/// The fields of `AttributeProto` that hold several values: numbers, texts, tensors, graphs.
const REPEATED: RangeInclusive<u32> = 7..=11;

/// An `AttributeProto` as torch shows it: name, value and type with `=` between them. Of a tensor
/// and of a graph only what kind it is, since their contents may be many megabytes.
fn parameter(attribute: &[u8]) -> Result<String> {
    let mut parts: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for field in Cursor::new(attribute) {
        let field = field?;
        let values = match (field.number, field.value) {
            (1 | 13 | 21, Value::Bytes(value)) => vec![text(value)?],
            (2 | 7, Value::Fixed32(bits)) => vec![float(bits)],
            (3 | 8 | 20, Value::Varint(value)) => vec![(value as i64).to_string()],
            (4 | 9, Value::Bytes(value)) => vec![bytes_literal(value)],
            (5 | 10, Value::Bytes(value)) => vec![tensor(value)?],
            (6 | 11, Value::Bytes(value)) => vec![graph(value)?],
            (7, Value::Bytes(packed)) => {
                let (floats, rest) = packed.as_chunks();
                if !rest.is_empty() {
                    return Err(Malformed);
                }
                floats.iter().map(|bytes| float(u32::from_le_bytes(*bytes))).collect()
            }
            (8, Value::Bytes(packed)) => integers(packed)?.iter().map(i64::to_string).collect(),
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
            (1, Value::Varint(size)) => sizes.push(size as i64),
            (1, Value::Bytes(packed)) => sizes.extend(integers(packed)?),
            _ => {}
        }
    }
    let kind = number(tensor, 2)?.unwrap_or_default();
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
    Ok(format!("graph({})", text(message(graph, 2)?.unwrap_or_default())?))
}

/// `TensorProto.DataType`: its name, and the number of `DataType` in TensorFlow's `types.proto`.
const TYPES: [(&str, u64); 24] = [
    ("undefined", 0),
    ("float", 1),
    ("uint8", 4),
    ("int8", 6),
    ("uint16", 17),
    ("int16", 5),
    ("int32", 3),
    ("int64", 9),
    ("string", 7),
    ("bool", 10),
    ("float16", 19),
    ("double", 2),
    ("uint32", 22),
    ("uint64", 23),
    ("complex64", 8),
    ("complex128", 18),
    ("bfloat16", 14),
    ("float8e4m3fn", 25),
    ("float8e4m3fnuz", 26),
    ("float8e5m2", 24),
    ("float8e5m2fnuz", 28),
    ("uint4", 30),
    ("int4", 29),
    ("float4e2m1", 0),
];

fn data_type(onnx: u64) -> u64 {
    TYPES.get(onnx as usize).map_or(0, |&(_, number)| number)
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
