//! What the operating systems do differently, and the standard library leaves to its users.
//!
//! Both files have the same functions. What a system lacks altogether, such as `fork` or SIGTERM,
//! is where it is used, behind `#[cfg(unix)]`.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;

/// What the system says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status {
    pub identity: Identity,
    /// In bytes.
    pub length: u64,
    /// When it was last written, in units of the system.
    pub modified: (i64, i64),
    /// Whether it can be read twice.
    pub is_file: bool,
}

/// What tells a file from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    /// The file system that it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
}
