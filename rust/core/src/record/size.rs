//! The sizes of a frame.

/// Bytes before the payload.
pub const HEADER: usize = 12;
/// Bytes after the payload.
pub const FOOTER: usize = 4;
/// Bytes around the payload.
pub const OVERHEAD: usize = HEADER + FOOTER;
