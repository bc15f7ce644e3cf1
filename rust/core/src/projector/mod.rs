//! Embeddings: the files that TensorBoard's projector reads.
//!
//! ```text
//! projector_config.pbtxt     the list of embeddings, `ProjectorConfig` in protobuf's text format
//! <step>/<tag>/tensors.tsv   a line for each vector
//! <step>/<tag>/metadata.tsv  a line for each label
//! <step>/<tag>/sprite.png    a picture for each vector, tiled
//! ```

mod config;
mod embedding;
mod matrix;
mod sprite;

pub use embedding::Embedding;
pub use matrix::{Matrix, Numbers};
pub use sprite::Sprite;
