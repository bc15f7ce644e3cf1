//! The bytes of files, local or remote.

mod local;
mod open;
mod pipe;
pub mod remote;
pub(crate) mod source;
pub(crate) mod stream;
pub mod uri;

pub use open::{absolute, open, read_range, stamp};
pub use source::{Source, Stamp};
