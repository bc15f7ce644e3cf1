//! Graphs: `GraphDef`, and the `RunMetadata` that names the device.
//!
//! Field numbers are those of TensorFlow's `graph.proto`, `node_def.proto`, `attr_value.proto`,
//! `tensor_shape.proto` and `step_stats.proto`.

mod onnx;

pub use onnx::onnx_nodes;

use crate::summary;
use crate::wire::encode;

/// `Event.graph_def`, `Event.tagged_run_metadata`.
const GRAPH_DEF: u32 = 4;
const TAGGED_RUN_METADATA: u32 = 8;
/// `GraphDef.versions.producer`, which torch and tensorboardX give.
const PRODUCER: u64 = 22;

/// One operation of a graph, or one of its inputs or outputs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    /// Unique; TensorBoard groups by what stands before each `/`.
    pub name: String,
    /// The kind of operation.
    pub op: String,
    /// The names of the nodes that it takes values from.
    pub inputs: Vec<String>,
    /// What else is known of it, in the order of the keys.
    pub attributes: Vec<(&'static str, Attribute)>,
}

/// What a node says of itself, an `AttrValue`.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// A text.
    Text(String),
    /// A number of `DataType`.
    Type(u64),
    /// The size in each dimension, -1 where it is not known.
    Shape(Vec<i64>),
    /// A shape an output.
    Shapes(Vec<Vec<i64>>),
}

/// The `GraphDef` of these nodes.
pub fn graph_def(nodes: &[Node]) -> Vec<u8> {
    let mut out = Vec::with_capacity(128 * nodes.len());
    let mut message = Vec::new();
    for node in nodes {
        message.clear();
        node.encode(&mut message);
        encode::bytes_field(&mut out, 1, &message);
    }
    message.clear();
    encode::varint_field(&mut message, 1, PRODUCER);
    encode::bytes_field(&mut out, 4, &message);
    out
}

/// The `RunMetadata` of a run on this device, whose cost is not known.
pub fn run_metadata(device: &str) -> Vec<u8> {
    // RunMetadata.step_stats, StepStats.dev_stats, DeviceStepStats.device are all number 1.
    (0..3).fold(device.as_bytes().to_vec(), |inner, _| {
        let mut out = Vec::with_capacity(inner.len() + 2);
        encode::bytes_field(&mut out, 1, &inner);
        out
    })
}

/// Appends one record: an event with this encoded `GraphDef`.
pub fn graph_event(out: &mut Vec<u8>, wall_time: f64, graph: &[u8]) {
    summary::event(out, wall_time, None, GRAPH_DEF, graph);
}

/// Appends one record: an event with this encoded `RunMetadata`.
pub fn run_metadata_event(out: &mut Vec<u8>, wall_time: f64, run_metadata: &[u8]) {
    // TaggedRunMetadata: tag = "step1", the only one that torch writes; run_metadata
    let mut tagged = Vec::new();
    encode::bytes_field(&mut tagged, 1, b"step1");
    if !run_metadata.is_empty() {
        encode::bytes_field(&mut tagged, 2, run_metadata);
    }
    summary::event(out, wall_time, None, TAGGED_RUN_METADATA, &tagged);
}

impl Node {
    fn encode(&self, out: &mut Vec<u8>) {
        for (number, text) in [(1, &self.name), (2, &self.op)] {
            if !text.is_empty() {
                encode::bytes_field(out, number, text.as_bytes());
            }
        }
        for input in &self.inputs {
            encode::bytes_field(out, 3, input.as_bytes());
        }
        for (key, attribute) in &self.attributes {
            let (mut value, mut entry) = (Vec::new(), Vec::new());
            attribute.encode(&mut value);
            encode::bytes_field(&mut entry, 1, key.as_bytes());
            encode::bytes_field(&mut entry, 2, &value);
            encode::bytes_field(out, 5, &entry);
        }
    }
}

impl Attribute {
    /// Appends the fields of an `AttrValue`: `list` is 1, `s` 2, `type` 6, `shape` 7.
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Attribute::Text(text) => encode::bytes_field(out, 2, text.as_bytes()),
            Attribute::Type(number) => encode::varint_field(out, 6, *number),
            Attribute::Shape(sizes) => encode::bytes_field(out, 7, &shape(sizes)),
            Attribute::Shapes(shapes) => {
                let mut list = Vec::new();
                shapes.iter().for_each(|sizes| encode::bytes_field(&mut list, 7, &shape(sizes)));
                encode::bytes_field(out, 1, &list);
            }
        }
    }
}

/// A `TensorShapeProto`.
fn shape(sizes: &[i64]) -> Vec<u8> {
    let mut out = Vec::new();
    for &size in sizes {
        let mut dim = Vec::new();
        if size != 0 {
            encode::varint_field(&mut dim, 1, size as u64);
        }
        encode::bytes_field(&mut out, 2, &dim);
    }
    out
}
