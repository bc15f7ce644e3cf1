//! Graphs as events, and the `RunMetadata` that names the device.

use crate::proto::number::event as number;
use crate::proto::{GraphDef, Message, NodeDef, RunMetadata, TaggedRunMetadata};
use crate::summary;

/// The `GraphDef.versions.producer` that torch and tensorboardX write.
const PRODUCER: i32 = 22;
/// The only tag of a `RunMetadata` that torch writes.
const TAG: &str = "step1";

/// The encoded `GraphDef` of these nodes.
pub fn graph_def(nodes: Vec<NodeDef<'_>>) -> Vec<u8> {
    GraphDef { nodes, producer: PRODUCER }.to_bytes()
}

/// The encoded `RunMetadata` of a run on this device, without its cost.
pub fn run_metadata(device: &str) -> Vec<u8> {
    RunMetadata { devices: vec![device.to_owned()] }.to_bytes()
}

/// Appends one record: an event with this encoded `GraphDef`.
pub fn graph_event(out: &mut Vec<u8>, wall_time: f64, graph: &[u8]) {
    summary::event(out, wall_time, None, number::GRAPH_DEF, graph);
}

/// Appends one record: an event with this encoded `RunMetadata`.
pub fn run_metadata_event(out: &mut Vec<u8>, wall_time: f64, run_metadata: &[u8]) {
    let mut tagged = Vec::new();
    TaggedRunMetadata { tag: TAG.into(), run_metadata: run_metadata.into() }.encode(&mut tagged);
    summary::event(out, wall_time, None, number::TAGGED_RUN_METADATA, &tagged);
}
