//! An embedding, whose files the writer's thread writes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::projector::config;
use crate::projector::matrix::Matrix;
use crate::projector::sprite::Sprite;
use crate::proto::{EmbeddingInfo, SpriteMetadata};
use crate::record::Deferred;

/// Vectors, with their labels and pictures. The writer's thread writes the files.
#[derive(Debug)]
pub struct Embedding {
    /// The directory of the configuration.
    pub log_dir: PathBuf,
    /// The directory of the other files, relative to that, with `/` between its parts.
    pub directory: String,
    /// The name of the vectors in the projector.
    pub name: String,
    /// The vectors.
    pub vectors: Matrix,
    /// The content of `metadata.tsv`.
    pub metadata: Option<String>,
    /// A picture for each vector.
    pub sprite: Option<Sprite>,
}

impl Embedding {
    /// The path of a file in the configuration.
    fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.directory)
    }

    /// Its entry in the configuration.
    fn info(&self) -> EmbeddingInfo {
        let sprite = |sprite: &Sprite| SpriteMetadata {
            image_path: self.file("sprite.png"),
            single_image_dim: [sprite.width, sprite.height],
        };
        EmbeddingInfo {
            tensor_name: self.name.clone(),
            metadata_path: self.metadata.as_ref().map(|_| self.file("metadata.tsv")),
            sprite: self.sprite.as_ref().map(sprite),
            tensor_path: self.file("tensors.tsv"),
        }
    }
}

impl Deferred for Embedding {
    fn size(&self) -> usize {
        self.vectors.size()
            + self.metadata.as_ref().map_or(0, String::len)
            + self.sprite.as_ref().map_or(0, Sprite::size)
    }

    /// However small the files are, the file system may be slow.
    fn takes_long(&self) -> bool {
        true
    }

    /// Writes the files, and at last the configuration that names them. Appends nothing to `out`.
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
        config::append(&path, &self.info().to_text()).map_err(|error| Error::io(error, &path))
    }
}
