//! `ProjectorConfig`: the embeddings that the projector shows, in protobuf's text format.

use std::fmt::Write as _;

/// An entry of `ProjectorConfig.embeddings`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EmbeddingInfo {
    /// The name of the vectors in the projector.
    pub tensor_name: String,
    /// The path of the labels, relative to the directory of the configuration.
    pub metadata_path: Option<String>,
    /// The pictures.
    pub sprite: Option<SpriteMetadata>,
    /// The path of the vectors.
    pub tensor_path: String,
}

/// A picture made of tiles, one for each vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpriteMetadata {
    /// The path of the picture.
    pub image_path: String,
    /// The width and the height of a tile.
    pub single_image_dim: [usize; 2],
}

impl EmbeddingInfo {
    /// The entry as text, with its fields in the order of their numbers.
    pub fn to_text(&self) -> String {
        let mut out = String::from("embeddings {\n");
        text(&mut out, "  tensor_name", &self.tensor_name);
        if let Some(path) = &self.metadata_path {
            text(&mut out, "  metadata_path", path);
        }
        if let Some(sprite) = &self.sprite {
            out.push_str("  sprite {\n");
            text(&mut out, "    image_path", &sprite.image_path);
            for size in sprite.single_image_dim {
                let _ = writeln!(out, "    single_image_dim: {size}");
            }
            out.push_str("  }\n");
        }
        text(&mut out, "  tensor_path", &self.tensor_path);
        out.push_str("}\n");
        out
    }
}

fn text(out: &mut String, field: &str, value: &str) {
    let _ = write!(out, "{field}: \"");
    for char in value.chars() {
        match char {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\'' | '\\' => out.extend(['\\', char]),
            '\0'..='\x1f' | '\x7f' => drop(write!(out, "\\{:03o}", u32::from(char))),
            _ => out.push(char),
        }
    }
    out.push_str("\"\n");
}
