//! Graphs of nodes that a caller traced, and graphs of ONNX models.

mod event;
mod onnx;

pub use event::{graph_def, graph_event, run_metadata, run_metadata_event};
pub use onnx::onnx_nodes;
