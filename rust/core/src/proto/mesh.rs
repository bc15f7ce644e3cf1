//! `MeshPluginData`: the content of the "mesh" plugin.

use crate::proto::field::{lossy, push_varints, put_text, put_varint, put_varints};
use crate::proto::message::Message;
use crate::proto::number::mesh as number;
use crate::wire::{Cursor, Malformed, Value};

/// The content of a mesh's tensor, `MeshPluginData.ContentType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MeshComponent {
    /// Unknown.
    #[default]
    Undefined = 0,
    /// Coordinates of vertices.
    Vertex = 1,
    /// Indices of the three vertices of each triangle.
    Face = 2,
    /// Colours of vertices.
    Color = 3,
}

impl MeshComponent {
    fn of(number: i32) -> MeshComponent {
        match number {
            1 => MeshComponent::Vertex,
            2 => MeshComponent::Face,
            3 => MeshComponent::Color,
            _ => MeshComponent::Undefined,
        }
    }

    /// The name of the enum's member. The tensor's tag ends with it.
    pub fn name(self) -> &'static str {
        match self {
            MeshComponent::Undefined => "UNDEFINED",
            MeshComponent::Vertex => "VERTEX",
            MeshComponent::Face => "FACE",
            MeshComponent::Color => "COLOR",
        }
    }
}

/// The plugin's data in the metadata of a mesh's tag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MeshPluginData {
    /// The name of the mesh. The tag is one of its parts.
    pub name: String,
    /// The content of the tag's tensors.
    pub component: MeshComponent,
    /// How to show it: classes of Three.js and their settings, in JSON.
    pub json_config: String,
    /// The shape of the tensors, `[batch, items, 3]`.
    pub shape: Vec<i64>,
    /// A bit for each [`MeshComponent`] that the mesh has.
    pub components: u32,
}

impl Message<'_> for MeshPluginData {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (number::NAME, Value::Bytes(text)) => self.name = lossy(text),
                (number::CONTENT_TYPE, Value::Varint(kind)) => {
                    self.component = MeshComponent::of(kind as i32);
                }
                (number::JSON_CONFIG, Value::Bytes(text)) => self.json_config = lossy(text),
                (number::SHAPE, sizes) => {
                    push_varints(&mut self.shape, sizes, |size| i64::from(size as i32))?;
                }
                (number::COMPONENTS, Value::Varint(mask)) => self.components = mask as u32,
                _ => {}
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, number::NAME, &self.name);
        put_varint(out, number::CONTENT_TYPE, self.component as u64);
        put_text(out, number::JSON_CONFIG, &self.json_config);
        put_varints(out, number::SHAPE, self.shape.iter().map(|&size| size as u64));
        put_varint(out, number::COMPONENTS, self.components.into());
    }
}
