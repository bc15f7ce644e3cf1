use std::fmt::Debug;

use crate::error::Result;

/// A record whose encoding takes time, so that the writer's thread does it.
pub trait Deferred: Debug + Send + Sync {
    /// Bytes of memory that it holds.
    fn size(&self) -> usize;
    /// Appends one whole record, its checksums left to [`seal`](super::seal); none where what is
    /// logged goes to files of its own, which it writes.
    fn encode(&self, out: &mut Vec<u8>) -> Result<()>;
}
