//! Damage in files, and what to do about it.

use std::path::PathBuf;

use crate::error::Corruption;

/// Bytes of an event file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// The offset of the first damaged byte in the file.
    pub offset: u64,
    /// The number of damaged bytes.
    pub length: u64,
    /// The fault of the record that begins there.
    pub kind: Corruption,
}

/// What to do about a corrupt record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnCorrupt {
    /// Return an error.
    #[default]
    Raise,
    /// Add it to the list of damage, and continue.
    Skip,
}
