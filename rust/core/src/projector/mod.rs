//! Embeddings: the files that TensorBoard's projector reads.
//!
//! ```text
//! projector_config.pbtxt     what there is, `ProjectorConfig` in protobuf's text format
//! <step>/<tag>/tensors.tsv   a line a vector
//! <step>/<tag>/metadata.tsv  a line a label
//! <step>/<tag>/sprite.png    a picture for each vector, tiled
//! ```

mod config;
mod matrix;
mod sprite;

use std::fs;
use std::path::{Path, PathBuf};

pub use matrix::{Matrix, Numbers};
pub use sprite::Sprite;

use crate::error::{Error, Result};
use crate::record::Deferred;

/// Vectors with what is to be shown with them. The writer's thread writes the files.
#[derive(Debug)]
pub struct Embedding {
    /// Where the configuration is.
    pub log_dir: PathBuf,
    /// The directory of the other files below it, with `/` between its parts.
    pub directory: String,
    /// What the projector calls the vectors.
    pub name: String,
    /// The vectors.
    pub vectors: Matrix,
    /// What `metadata.tsv` is to hold.
    pub metadata: Option<String>,
    /// A picture for each vector.
    pub sprite: Option<Sprite>,
}

impl Embedding {
    /// The path of a file, as the configuration has it.
    fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.directory)
    }
}

impl Deferred for Embedding {
    fn size(&self) -> usize {
        self.vectors.size()
            + self.metadata.as_ref().map_or(0, String::len)
            + self.sprite.as_ref().map_or(0, Sprite::size)
    }

    /// Writes the files, at last the configuration that speaks of them. Appends nothing.
    fn encode(&self, _: &mut Vec<u8>) -> Result<()> {
        let directory = self.log_dir.join(&self.directory);
        fs::create_dir_all(&directory).map_err(|error| Error::io(error, &directory))?;
        let write = |path: &Path, bytes: &[u8]| {
            fs::write(path, bytes).map_err(|error| Error::io(error, path))
        };
        if let Some(metadata) = &self.metadata {
            write(&directory.join("metadata.tsv"), metadata.as_bytes())?;
        }
        if let Some(sprite) = &self.sprite {
            let path = directory.join("sprite.png");
            let png = sprite.png().map_err(|error| Error::io(error, &path))?;
            write(&path, &png)?;
        }
        let path = directory.join("tensors.tsv");
        self.vectors.write(&path).map_err(|error| Error::io(error, &path))?;
        let path = self.log_dir.join("projector_config.pbtxt");
        config::append(&path, &config::entry(self)).map_err(|error| Error::io(error, &path))
    }
}
