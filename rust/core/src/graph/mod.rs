//! Graphs: of nodes that somebody traced, or of an ONNX model.

mod event;
mod onnx;

pub use event::{graph_def, graph_event, run_metadata, run_metadata_event};
pub use onnx::onnx_nodes;
