//! `projector_config.pbtxt`, a `ProjectorConfig` of TensorBoard's `projector_config.proto` in
//! protobuf's text format.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::Path;

use super::Embedding;

/// The entry of an embedding, fields in the order of their numbers.
pub(super) fn entry(embedding: &Embedding) -> String {
    let mut out = String::from("embeddings {\n");
    text(&mut out, "  tensor_name", &embedding.name);
    if embedding.metadata.is_some() {
        text(&mut out, "  metadata_path", &embedding.file("metadata.tsv"));
    }
    if let Some(sprite) = &embedding.sprite {
        out.push_str("  sprite {\n");
        text(&mut out, "    image_path", &embedding.file("sprite.png"));
        for size in [sprite.width, sprite.height] {
            let _ = writeln!(out, "    single_image_dim: {size}");
        }
        out.push_str("  }\n");
    }
    text(&mut out, "  tensor_path", &embedding.file("tensors.tsv"));
    out.push_str("}\n");
    out
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

/// Adds an entry to the file, unless it has this very entry. What is there stays, whoever wrote it.
pub(super) fn append(path: &Path, entry: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let mut present = Vec::new();
    file.read_to_end(&mut present)?;
    if present.windows(entry.len()).any(|window| window == entry.as_bytes()) {
        return Ok(());
    }
    let separator = if present.last().is_some_and(|&byte| byte != b'\n') { "\n" } else { "" };
    // One write, so that nobody else's comes between.
    file.write_all(format!("{separator}{entry}").as_bytes())
}
