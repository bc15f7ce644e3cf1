//! The files of a run.

use std::path::PathBuf;

/// A run and its files, before they are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFiles {
    /// The run's name.
    pub name: PathBuf,
    /// Its files, in the order in which they are read.
    pub files: Vec<PathBuf>,
    /// The files that the caller named, and that were not found in a tree. It is an error if one of
    /// them is not an event file.
    pub given: Vec<PathBuf>,
}
