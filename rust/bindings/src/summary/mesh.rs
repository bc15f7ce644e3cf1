//! Meshes.

use numpy::PyReadonlyArray3;
use pyo3::prelude::*;
use tfevents::proto::MeshComponent;
use tfevents::summary::{self, MeshTensor};

use super::encoded::Summary;

/// A mesh of these components. Each is C-contiguous, with the shape [batch, items, 3].
#[pyfunction]
pub fn mesh(
    tag: &str,
    vertices: PyReadonlyArray3<'_, f32>,
    faces: Option<PyReadonlyArray3<'_, f32>>,
    colors: Option<PyReadonlyArray3<'_, f32>>,
    config: &str,
    display_name: &str,
    description: &str,
) -> PyResult<Summary> {
    let components = [
        (MeshComponent::Vertex, Some(vertices)),
        (MeshComponent::Face, faces),
        (MeshComponent::Color, colors),
    ];
    let mut tensors = Vec::new();
    for (component, array) in &components {
        if let Some(array) = array {
            let (batch, items, axes) = array.as_array().dim();
            let shape = [batch as u64, items as u64, axes as u64];
            tensors.push(MeshTensor { component: *component, shape, values: array.as_slice()? });
        }
    }
    Summary::encoded("vertices", |out| {
        summary::mesh_values(out, tag, &tensors, config, display_name, description);
    })
}
