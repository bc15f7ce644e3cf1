//! Bytes that can't be read, and what they lead to.

use std::path::PathBuf;

use crate::error::Corruption;

/// Bytes of an event file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Where in the file they begin.
    pub offset: u64,
    /// How many they are.
    pub length: u64,
    /// What is wrong with the record that begins there.
    pub kind: Corruption,
}

/// What a corrupt record leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnCorrupt {
    /// An error.
    #[default]
    Raise,
    /// An entry in the list of damage.
    Skip,
}
