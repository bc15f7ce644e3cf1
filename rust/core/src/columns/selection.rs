//! Which values to read.

use std::fmt;

use crate::proto::{Kind, KindSet};

/// Which values to read. Values that are not selected are checked and skipped.
#[derive(Clone, Copy)]
pub struct Selection<'a> {
    /// Selects tags. It is called once for each tag of each file, on the thread that reads the
    /// file. It is not called for values without a tag of their own (hyperparameters, graphs,
    /// sessions).
    pub tags: Option<&'a (dyn Fn(&str) -> bool + Sync)>,
    /// The selected kinds.
    pub kinds: KindSet,
    /// The first and the last selected step. It applies to values with tags.
    pub steps: (i64, i64),
}

impl Default for Selection<'_> {
    fn default() -> Self {
        Selection { tags: None, kinds: KindSet::ALL, steps: (i64::MIN, i64::MAX) }
    }
}

impl Selection<'_> {
    /// Whether everything is selected.
    pub(crate) fn is_all(&self) -> bool {
        self.tags.is_none()
            && Kind::ALL.iter().all(|&kind| self.kinds.contains(kind))
            && self.steps == (i64::MIN, i64::MAX)
    }

    /// Whether values of this tag and kind are selected.
    pub(crate) fn wants(&self, tag: &str, kind: Kind) -> bool {
        self.kinds.contains(kind)
            && (kind == Kind::HParams || self.tags.is_none_or(|wants| wants(tag)))
    }

    /// Whether values at this step are selected.
    #[inline(always)]
    pub(crate) fn has_step(&self, step: i64) -> bool {
        self.steps.0 <= step && step <= self.steps.1
    }
}

impl fmt::Debug for Selection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selection")
            .field("tags", &self.tags.map(|_| ".."))
            .field("kinds", &self.kinds)
            .field("steps", &self.steps)
            .finish()
    }
}
