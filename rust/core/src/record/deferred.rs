use std::fmt::Debug;

use crate::error::Result;

/// To encode this many bytes may take several milliseconds.
const MUCH: usize = 256 << 10;

/// A record that takes long to encode, so that the writer's thread encodes it.
pub trait Deferred: Debug + Send + Sync {
    /// Bytes of memory that it holds.
    fn size(&self) -> usize;
    /// Whether it may take so long to encode that the records before it should not wait for it.
    fn takes_long(&self) -> bool {
        self.size() >= MUCH
    }
    /// Appends one whole record without checksums, which [`seal`](super::seal) adds. A value that
    /// has files of its own writes these and appends nothing.
    fn encode(&self, out: &mut Vec<u8>) -> Result<()>;
}
