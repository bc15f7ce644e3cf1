//! Event files to columns.

mod ahead;
mod arena;
mod blobs;
mod columns;
mod count;
mod file;
mod files;
mod follow;
mod frame;
mod histograms;
mod kind;
mod log;
mod outline;
mod picture;
mod points;
mod prefetch;
mod records;
pub mod repair;
mod restarts;
mod run;
mod selection;
mod series;
mod sessions;
mod source;
mod state;
mod stream;
pub mod table;
mod tags;
mod tail;
mod template;
mod texts;
mod walk;
mod words;

use std::num::NonZeroUsize;

use crate::error::Result;
use crate::logdir::RunFiles;
use crate::record::Verify;
pub use blobs::{Blob, Blobs, Place};
pub use columns::Origin;
pub use file::Damage;
pub use follow::Follower;
pub use histograms::Histograms;
pub use kind::Kind;
pub use log::Log;
pub use picture::{Picture, decode_png};
pub use points::Points;
pub use records::{Next, Records};
pub use restarts::Restarts;
pub use run::{Run, Tag};
pub use selection::{Kinds as KindSet, Selection};
pub use series::{Series, Values};
pub use source::{Source, Stamp};
pub use state::{FileState, RunState, TagState};
pub use tail::{Item, Scalars, Tail};
pub use texts::{Text, Texts};
pub use words::Words;

/// How to read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Which checksums are compared.
    pub verify: Verify,
    /// What a corrupt record leads to.
    pub on_corrupt: OnCorrupt,
    /// How many threads read; by default as many as there are processors. Where there are more than
    /// files, large files are read by one thread and parsed by another.
    pub threads: Option<NonZeroUsize>,
    /// What is read; everything by default.
    pub selection: Selection<'a>,
    /// What becomes of steps that come twice.
    pub restarts: Restarts,
}

/// What a corrupt record leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnCorrupt {
    /// An error.
    #[default]
    Raise,
    /// An entry in [`Log::damage`].
    Skip,
}

/// Reads these runs, with all points in the order of the files, whatever the number of threads.
///
/// A record that the end of a file cuts short is not written yet, and no error.
///
/// ```
/// use tfevents::{logdir, reader};
///
/// let directory = tempfile::tempdir().unwrap();
/// let log = reader::read(&logdir::find(directory.path()).unwrap(), &Default::default()).unwrap();
/// assert!(log.runs().is_empty());
/// ```
pub fn read(runs: &[RunFiles], options: &Options<'_>) -> Result<Log> {
    let mut log = Log::default();
    log.update(runs, options)?;
    Ok(log)
}
