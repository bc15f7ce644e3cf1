//! Meshes and point clouds: a float tensor for each component, for the "mesh" plugin.

use crate::proto::value::put_tensor_value;
use crate::proto::{MeshComponent, MeshPluginData, Message, Metadata, plugin, tensor_of_floats};

/// A tensor of a mesh, with three dimensions.
#[derive(Debug, Clone, Copy)]
pub struct MeshTensor<'a> {
    /// What its numbers mean.
    pub component: MeshComponent,
    /// `[batch, items, 3]`
    pub shape: [u64; 3],
    /// The numbers, in row-major order.
    pub values: &'a [f32],
}

/// Appends the `Summary.value`s of a mesh, one for each tensor.
///
/// `config` is JSON. It names classes of Three.js and their settings.
pub fn mesh_values(
    out: &mut Vec<u8>,
    tag: &str,
    tensors: &[MeshTensor<'_>],
    config: &str,
    display_name: &str,
    description: &str,
) {
    let components = tensors.iter().fold(0, |mask, tensor| mask | 1 << tensor.component as u32);
    for mesh in tensors {
        let content = MeshPluginData {
            name: tag.to_owned(),
            component: mesh.component,
            json_config: config.to_owned(),
            shape: mesh.shape.iter().map(|&size| size as i64).collect(),
            components,
        };
        let content = content.to_bytes();
        let metadata = Metadata::of_plugin(plugin::MESH, &content);
        let metadata = metadata.described(display_name, description);
        let tensor = tensor_of_floats(&mesh.shape, mesh.values);
        let tag = format!("{tag}_{}", mesh.component.name());
        put_tensor_value(out, &tag, &tensor, &metadata);
    }
}
