//! The files of a run.

use std::path::PathBuf;

/// A run, not read yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFiles {
    /// The run's name.
    pub name: PathBuf,
    /// Its files, in the order in which they are to be read.
    pub files: Vec<PathBuf>,
    /// Those of its files that were named by the caller, and not found in a tree: to be no event
    /// file is an error of theirs.
    pub given: Vec<PathBuf>,
}
