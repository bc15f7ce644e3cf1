//! What is wanted of what the files hold.

use std::fmt;

use crate::proto::{Kind, KindSet};

/// What to read. Values that are not selected are checked and stepped over.
#[derive(Clone, Copy)]
pub struct Selection<'a> {
    /// Whether a tag is wanted; asked once for each tag of each file, on the thread that reads it.
    /// What has no tag of its own (hyperparameters, graphs, sessions) is not asked for.
    pub tags: Option<&'a (dyn Fn(&str) -> bool + Sync)>,
    /// Which kinds.
    pub kinds: KindSet,
    /// The first and the last step of the values under tags.
    pub steps: (i64, i64),
}

impl Default for Selection<'_> {
    fn default() -> Self {
        Selection { tags: None, kinds: KindSet::ALL, steps: (i64::MIN, i64::MAX) }
    }
}

impl Selection<'_> {
    /// Whether nothing is left out.
    pub(crate) fn is_all(&self) -> bool {
        self.tags.is_none()
            && Kind::ALL.iter().all(|&kind| self.kinds.contains(kind))
            && self.steps == (i64::MIN, i64::MAX)
    }

    /// Whether values of this tag, which are of this kind, are wanted.
    pub(crate) fn wants(&self, tag: &str, kind: Kind) -> bool {
        self.kinds.contains(kind)
            && (kind == Kind::HParams || self.tags.is_none_or(|wants| wants(tag)))
    }

    /// Whether values at this step are.
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
