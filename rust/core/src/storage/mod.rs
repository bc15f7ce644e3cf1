//! The bytes of files, local or remote.

mod pipe;
pub(crate) mod read_ahead;
pub mod remote;
pub(crate) mod source;
pub(crate) mod stream;

pub use source::{Source, Stamp};
