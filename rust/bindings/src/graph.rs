//! Graphs as bytes of their messages.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tfevents::graph::{self, Attribute, Node};

/// A node: its name, its operation, the names of its inputs, a shape an output, and a text that
/// describes it.
type Row = (String, String, Vec<String>, Option<Vec<Vec<i64>>>, Option<String>);

/// The encoded `GraphDef` of these nodes.
#[pyfunction]
pub fn graph_def<'py>(py: Python<'py>, nodes: Vec<Row>) -> Bound<'py, PyBytes> {
    let nodes: Vec<Node> = nodes
        .into_iter()
        .map(|(name, op, inputs, shapes, text)| {
            let mut attributes = Vec::new();
            attributes.extend(shapes.map(|shapes| ("_output_shapes", Attribute::Shapes(shapes))));
            attributes.extend(text.map(|text| ("attr", Attribute::Text(text))));
            Node { name, op, inputs, attributes }
        })
        .collect();
    PyBytes::new(py, &graph::graph_def(&nodes))
}

/// The encoded `GraphDef` of an encoded ONNX model, which the error calls `argument`.
#[pyfunction]
pub fn onnx_graph_def<'py>(
    py: Python<'py>,
    model: &[u8],
    argument: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let nodes = py
        .detach(|| graph::onnx_nodes(model))
        .map_err(|_| PyValueError::new_err(format!("{argument} is not an encoded ONNX model")))?;
    Ok(PyBytes::new(py, &graph::graph_def(&nodes)))
}
