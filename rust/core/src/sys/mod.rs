//! Differences between operating systems that the standard library does not hide.
//!
//! Both files have the same functions. Code for what one system lacks, such as `fork` or SIGTERM,
//! stays where it is used, behind `#[cfg(unix)]`.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;

/// The metadata of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status {
    pub identity: Identity,
    /// In bytes.
    pub length: u64,
    /// When it was last written, in the system's units.
    pub modified: (i64, i64),
    /// Whether it is a regular file, which can be read twice.
    pub is_file: bool,
}

/// Identifies a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    /// The file system that it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
}
