//! Encodes graphs.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tfevents::graph;
use tfevents::proto::{AttrList, AttrValue, NodeDef, Shape};

use crate::call::list::List;

/// A node: its name, its operation, the names of its inputs, the shape of each output, and a text
/// that describes it.
type Row = (String, String, List<String>, Option<List<List<i64>>>, Option<String>);

/// The encoded `GraphDef` of these nodes.
#[pyfunction]
pub fn graph_def<'py>(py: Python<'py>, nodes: List<Row>) -> Bound<'py, PyBytes> {
    let shapes = |shapes: List<List<i64>>| {
        let shapes = shapes.into_iter().map(|List(shape)| Shape::of(shape)).collect();
        AttrValue::List(AttrList { shapes, ..AttrList::default() })
    };
    let text = |text: String| AttrValue::Bytes(text.into_bytes().into());
    let node = |(name, op, inputs, output_shapes, described): Row| {
        let mut attributes = Vec::new();
        attributes.extend(output_shapes.map(|it| ("_output_shapes".into(), shapes(it))));
        attributes.extend(described.map(|it| ("attr".into(), text(it))));
        NodeDef {
            name: name.into(),
            op: op.into(),
            inputs: inputs.into_iter().map(Into::into).collect(),
            attributes,
            ..NodeDef::default()
        }
    };
    PyBytes::new(py, &graph::graph_def(nodes.into_iter().map(node).collect()))
}

/// The encoded `RunMetadata` of a run on this device, without its cost.
#[pyfunction]
pub fn run_metadata<'py>(py: Python<'py>, device: &str) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &graph::run_metadata(device))
}

/// The encoded `GraphDef` of an encoded ONNX model. An error calls the model `argument`.
#[pyfunction]
pub fn onnx_graph_def<'py>(
    py: Python<'py>,
    model: &[u8],
    argument: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let nodes = py
        .detach(|| graph::onnx_nodes(model))
        .map_err(|_| PyValueError::new_err(format!("{argument} is not an encoded ONNX model")))?;
    Ok(PyBytes::new(py, &graph::graph_def(nodes)))
}
