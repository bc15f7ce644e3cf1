use std::fmt::Debug;

use crate::error::Result;

/// A record that takes long to encode, so that the writer's thread encodes it.
pub trait Deferred: Debug + Send + Sync {
    /// Bytes of memory that it holds.
    fn size(&self) -> usize;
    /// Appends one whole record without checksums, which [`seal`](super::seal) adds. A value that
    /// has files of its own writes these and appends nothing.
    fn encode(&self, out: &mut Vec<u8>) -> Result<()>;
}
