//! How to read.

use std::num::NonZeroUsize;

use crate::columns::{Restarts, Selection};
use crate::record::Verify;
use crate::scan::OnCorrupt;

/// How to read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Which checksums are compared.
    pub verify: Verify,
    /// What a corrupt record leads to.
    pub on_corrupt: OnCorrupt,
    /// How many threads read; by default as many as there are processors. Where there are more than
    /// files, each thread reads a part of a large file.
    pub threads: Option<NonZeroUsize>,
    /// What is read; everything by default.
    pub selection: Selection<'a>,
    /// What becomes of steps that come twice.
    pub restarts: Restarts,
    /// How many scalars of a tag are kept, about; all by default. Of more, the least and the greatest
    /// of each stretch stay.
    pub max_points: Option<NonZeroUsize>,
}
