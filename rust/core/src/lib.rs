//! Reads and writes TensorBoard event files.
//!
//! Read the modules in this order to learn the format: [`crc32c`] and [`record`] are the file's
//! frame, [`wire`] is protobuf's encoding, [`proto`] are the messages, then come the values, and at
//! last the writer and the reader that use them.

pub mod cancel;
pub mod columns;
pub mod crc32c;
pub mod error;
pub mod forks;
pub mod graph;
pub mod logdir;
pub mod projector;
pub mod proto;
pub mod reader;
pub mod record;
pub mod rewrite;
pub mod scan;
pub mod storage;
pub mod summary;
pub mod text;
pub mod wire;
pub mod writer;

pub use error::{Corruption, Error, ErrorKind, Result};
