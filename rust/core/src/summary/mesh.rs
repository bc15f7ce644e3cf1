//! Meshes and point clouds: a float tensor for each component, for the "mesh" plugin.
//!
//! Field numbers are those of `plugin_data.proto` of TensorBoard's mesh plugin.

use super::*;

/// What a tensor of a mesh holds, `MeshPluginData.ContentType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeshComponent {
    /// Coordinates of vertices.
    Vertex = 1,
    /// Indices of the three vertices of each triangle.
    Face = 2,
    /// Colours of vertices.
    Color = 3,
}

impl MeshComponent {
    fn name(self) -> &'static str {
        match self {
            MeshComponent::Vertex => "VERTEX",
            MeshComponent::Face => "FACE",
            MeshComponent::Color => "COLOR",
        }
    }
}

/// A tensor of a mesh, of a shape of three numbers.
#[derive(Debug, Clone, Copy)]
pub struct MeshTensor<'a> {
    /// What it holds.
    pub component: MeshComponent,
    /// `[batch, items, 3]`
    pub shape: [u64; 3],
    /// As many numbers as the shape says, the last index running fastest.
    pub values: &'a [f32],
}

/// Appends the `Summary.value`s of a mesh, one for each tensor.
///
/// `config` is JSON: classes of Three.js and their settings.
pub fn mesh_values(
    out: &mut Vec<u8>,
    tag: &str,
    tensors: &[MeshTensor<'_>],
    config: &str,
    display_name: &str,
    description: &str,
) {
    let components = tensors.iter().fold(0, |mask, tensor| mask | 1 << tensor.component as u64);
    for mesh in tensors {
        let mut content = Vec::new();
        put_text(&mut content, 2, tag);
        encode::varint_field(&mut content, 3, mesh.component as u64);
        put_text(&mut content, 5, config);
        let mut shape = Vec::new();
        mesh.shape.iter().for_each(|&size| encode::varint(&mut shape, size));
        encode::bytes_field(&mut content, 6, &shape);
        encode::varint_field(&mut content, 7, components);
        let mut metadata = plugin_metadata("mesh", &content);
        put_description(&mut metadata, display_name, description);

        let mut tensor = tensor_of(DT_FLOAT, &mesh.shape);
        encode::floats_field(&mut tensor, TENSOR_FLOAT, mesh.values);
        let tag = format!("{tag}_{}", mesh.component.name());
        tensor_value(out, &tag, &tensor, &metadata);
    }
}
