//! The options of a reader.

use std::num::NonZeroUsize;

use crate::columns::{Restarts, Selection};
use crate::record::Verify;
use crate::scan::OnCorrupt;

/// The options of a reader.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Which checksums are compared.
    pub verify: Verify,
    /// What to do at a corrupt record.
    pub on_corrupt: OnCorrupt,
    /// The number of threads; by default the number of processors. If there are more threads than
    /// files, each reads a part of a large file.
    pub threads: Option<NonZeroUsize>,
    /// Which values to read; everything by default.
    pub selection: Selection<'a>,
    /// What to do with steps that were logged twice.
    pub restarts: Restarts,
    /// About how many scalars of a tag are kept; all by default. If there are more, the least and
    /// the greatest of each bucket stay.
    pub max_points: Option<NonZeroUsize>,
}
