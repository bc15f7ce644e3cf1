//! `GraphDef`: a graph of operations
//! (`tensorflow/core/framework/{graph,node_def,attr_value}.proto`).

use std::borrow::Cow;

use crate::proto::field::{
    merge, push_floats, push_varints, put_message, put_text, put_varint, put_varints,
};
use crate::proto::message::Message;
use crate::proto::number::{
    attr_list, attr_value, graph as number, map_entry, meta_graph, name_attr_list, node, versions,
};
use crate::proto::shape::Shape;
use crate::proto::tensor::Tensor;
use crate::wire::{Cursor, Malformed, Value, encode};

/// A graph of operations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GraphDef<'a> {
    /// The operations.
    pub nodes: Vec<NodeDef<'a>>,
    /// `versions.producer`: the version of the format.
    pub producer: i32,
}

/// One operation of a graph, or one of its inputs or outputs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NodeDef<'a> {
    /// The unique name. TensorBoard groups nodes by the parts before each `/`.
    pub name: Cow<'a, str>,
    /// The kind of operation.
    pub op: Cow<'a, str>,
    /// The names of the nodes whose values it uses.
    pub inputs: Vec<Cow<'a, str>>,
    /// The device on which it runs.
    pub device: Cow<'a, str>,
    /// Its attributes. The last one of each name counts.
    pub attributes: Vec<(Cow<'a, str>, AttrValue<'a>)>,
}

/// The value of a node's attribute.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum AttrValue<'a> {
    /// Nothing.
    #[default]
    Nothing,
    /// A list of the kinds below.
    List(AttrList<'a>),
    /// A text, or other bytes.
    Bytes(Cow<'a, [u8]>),
    /// A number.
    Int(i64),
    /// A number.
    Float(f32),
    /// A boolean.
    Bool(bool),
    /// The number of a [`DataType`](crate::proto::DataType).
    Type(i32),
    /// A shape.
    Shape(Shape),
    /// A tensor.
    Tensor(Tensor<'a>),
    /// In the body of a function, the name of the attribute whose value belongs here.
    Placeholder(Cow<'a, str>),
    /// The name of a function.
    Function(Cow<'a, str>),
}

/// A list of values, which usually have the same kind.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub struct AttrList<'a> {
    pub bytes: Vec<Cow<'a, [u8]>>,
    pub ints: Vec<i64>,
    pub floats: Vec<f32>,
    pub bools: Vec<bool>,
    pub types: Vec<i32>,
    pub shapes: Vec<Shape>,
    pub tensors: Vec<Tensor<'a>>,
    pub functions: Vec<Cow<'a, str>>,
}

impl<'a> GraphDef<'a> {
    /// The encoded nodes of an encoded graph.
    pub fn node_messages(graph: &'a [u8]) -> impl Iterator<Item = Result<&'a [u8], Malformed>> {
        Cursor::new(graph).filter_map(|field| match field {
            Ok(field) => match (field.number, field.value) {
                (number::NODE, Value::Bytes(node)) => Some(Ok(node)),
                _ => None,
            },
            Err(malformed) => Some(Err(malformed)),
        })
    }
}

/// The encoded graph in an encoded `MetaGraphDef`, if it has one.
pub fn graph_of_meta_graph(message: &[u8]) -> Result<Option<Cow<'_, [u8]>>, Malformed> {
    let mut graph = None;
    for field in Cursor::new(message) {
        let field = field?;
        if let (meta_graph::GRAPH_DEF, Value::Bytes(bytes)) = (field.number, field.value) {
            graph = Some(merge(graph, bytes)?);
        }
    }
    Ok(graph)
}

impl<'a> Message<'a> for GraphDef<'a> {
    fn merge(&mut self, message: &'a [u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (number::NODE, Value::Bytes(node)) => self.nodes.push(NodeDef::decode(node)?),
                (number::VERSIONS, Value::Bytes(message)) => {
                    for field in Cursor::new(message) {
                        let field = field?;
                        if let (versions::PRODUCER, Value::Varint(version)) =
                            (field.number, field.value)
                        {
                            self.producer = version as i32;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(128 * self.nodes.len());
        for node in &self.nodes {
            put_message(out, number::NODE, |out| node.encode(out));
        }
        if self.producer != 0 {
            put_message(out, number::VERSIONS, |out| {
                put_varint(out, versions::PRODUCER, i64::from(self.producer) as u64);
            });
        }
    }
}

/// A text of a graph. Bytes that are not UTF-8 become U+FFFD.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

impl<'a> Message<'a> for NodeDef<'a> {
    fn merge(&mut self, message: &'a [u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            let Value::Bytes(bytes) = field.value else { continue };
            match field.number {
                node::NAME => self.name = text(bytes),
                node::OP => self.op = text(bytes),
                node::INPUT => self.inputs.push(text(bytes)),
                node::DEVICE => self.device = text(bytes),
                node::ATTR => self.attributes.push(attribute(bytes)?),
                _ => {}
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, node::NAME, &self.name);
        put_text(out, node::OP, &self.op);
        for input in &self.inputs {
            encode::bytes_field(out, node::INPUT, input.as_bytes());
        }
        put_text(out, node::DEVICE, &self.device);
        for (name, value) in &self.attributes {
            put_message(out, node::ATTR, |out| {
                encode::bytes_field(out, map_entry::KEY, name.as_bytes());
                put_message(out, map_entry::VALUE, |out| value.encode(out));
            });
        }
    }
}

/// An entry of `NodeDef.attr`.
fn attribute(entry: &[u8]) -> Result<(Cow<'_, str>, AttrValue<'_>), Malformed> {
    let (mut name, mut value) = (Cow::Borrowed(""), AttrValue::Nothing);
    for field in Cursor::new(entry) {
        let field = field?;
        match (field.number, field.value) {
            (map_entry::KEY, Value::Bytes(key)) => name = text(key),
            (map_entry::VALUE, Value::Bytes(message)) => value.merge(message)?,
            _ => {}
        }
    }
    Ok((name, value))
}

impl<'a> Message<'a> for AttrValue<'a> {
    fn merge(&mut self, message: &'a [u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            *self = match (field.number, field.value) {
                (attr_value::S, Value::Bytes(bytes)) => AttrValue::Bytes(bytes.into()),
                (attr_value::I, Value::Varint(value)) => AttrValue::Int(value as i64),
                (attr_value::F, Value::Fixed32(bits)) => AttrValue::Float(f32::from_bits(bits)),
                (attr_value::B, Value::Varint(value)) => AttrValue::Bool(value != 0),
                (attr_value::TYPE, Value::Varint(value)) => AttrValue::Type(value as i32),
                (attr_value::PLACEHOLDER, Value::Bytes(name)) => AttrValue::Placeholder(text(name)),
                (attr_value::LIST, Value::Bytes(message)) => {
                    let mut list = match std::mem::take(self) {
                        AttrValue::List(list) => list,
                        _ => AttrList::default(),
                    };
                    list.merge(message)?;
                    AttrValue::List(list)
                }
                (attr_value::SHAPE, Value::Bytes(message)) => {
                    let mut shape = match std::mem::take(self) {
                        AttrValue::Shape(shape) => shape,
                        _ => Shape::default(),
                    };
                    shape.merge(message)?;
                    AttrValue::Shape(shape)
                }
                (attr_value::TENSOR, Value::Bytes(message)) => {
                    let before = match std::mem::take(self) {
                        AttrValue::Tensor(tensor) => Some(tensor.message),
                        _ => None,
                    };
                    AttrValue::Tensor(Tensor::decode(merge(before, message)?)?)
                }
                (attr_value::FUNC, Value::Bytes(message)) => {
                    let before = match std::mem::take(self) {
                        AttrValue::Function(name) => name,
                        _ => Cow::Borrowed(""),
                    };
                    AttrValue::Function(function(message)?.unwrap_or(before))
                }
                _ => continue,
            };
        }
        Ok(())
    }

    /// The field of a oneof is written even if it has the default value.
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            AttrValue::Nothing => {}
            AttrValue::List(list) => put_message(out, attr_value::LIST, |out| list.encode(out)),
            AttrValue::Bytes(bytes) => encode::bytes_field(out, attr_value::S, bytes),
            AttrValue::Int(value) => encode::varint_field(out, attr_value::I, *value as u64),
            AttrValue::Float(value) => encode::float_field(out, attr_value::F, *value),
            AttrValue::Bool(value) => encode::varint_field(out, attr_value::B, (*value).into()),
            AttrValue::Type(value) => {
                encode::varint_field(out, attr_value::TYPE, i64::from(*value) as u64);
            }
            AttrValue::Shape(shape) => {
                put_message(out, attr_value::SHAPE, |out| shape.encode(out));
            }
            AttrValue::Tensor(tensor) => {
                encode::bytes_field(out, attr_value::TENSOR, &tensor.message);
            }
            AttrValue::Placeholder(name) => {
                encode::bytes_field(out, attr_value::PLACEHOLDER, name.as_bytes());
            }
            AttrValue::Function(name) => put_message(out, attr_value::FUNC, |out| {
                put_text(out, name_attr_list::NAME, name);
            }),
        }
    }
}

/// The name in an encoded `NameAttrList`, which is a function, if it has one.
fn function(message: &[u8]) -> Result<Option<Cow<'_, str>>, Malformed> {
    let mut found = None;
    for field in Cursor::new(message) {
        let field = field?;
        if let (name_attr_list::NAME, Value::Bytes(name)) = (field.number, field.value) {
            found = Some(text(name));
        }
    }
    Ok(found)
}

impl<'a> Message<'a> for AttrList<'a> {
    fn merge(&mut self, message: &'a [u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (attr_list::S, Value::Bytes(bytes)) => self.bytes.push(bytes.into()),
                (attr_list::I, value) => push_varints(&mut self.ints, value, |it| it as i64)?,
                (attr_list::F, value) => push_floats(&mut self.floats, value)?,
                (attr_list::B, value) => push_varints(&mut self.bools, value, |it| it != 0)?,
                (attr_list::TYPE, value) => push_varints(&mut self.types, value, |it| it as i32)?,
                (attr_list::SHAPE, Value::Bytes(shape)) => self.shapes.push(Shape::decode(shape)?),
                (attr_list::TENSOR, Value::Bytes(tensor)) => {
                    self.tensors.push(Tensor::from_raw(tensor)?);
                }
                (attr_list::FUNC, Value::Bytes(message)) => {
                    self.functions.push(function(message)?.unwrap_or_default());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for bytes in &self.bytes {
            encode::bytes_field(out, attr_list::S, bytes);
        }
        put_varints(out, attr_list::I, self.ints.iter().map(|&it| it as u64));
        encode::floats_field(out, attr_list::F, &self.floats);
        put_varints(out, attr_list::B, self.bools.iter().map(|&it| it.into()));
        put_varints(out, attr_list::TYPE, self.types.iter().map(|&it| i64::from(it) as u64));
        for shape in &self.shapes {
            put_message(out, attr_list::SHAPE, |out| shape.encode(out));
        }
        for tensor in &self.tensors {
            encode::bytes_field(out, attr_list::TENSOR, &tensor.message);
        }
        for name in &self.functions {
            put_message(out, attr_list::FUNC, |out| put_text(out, name_attr_list::NAME, name));
        }
    }
}
