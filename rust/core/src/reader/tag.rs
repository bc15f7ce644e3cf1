//! One kind of values under one tag of a run.

use std::sync::{Arc, OnceLock};

use crate::columns::restarts::Restarts;
use crate::columns::series::Series;
use crate::proto::{Kind, Metadata};

/// The values of one kind under one tag of a run.
#[derive(Debug, Clone)]
pub struct Tag {
    /// Its name.
    pub name: Box<str>,
    /// What the values are.
    pub kind: Kind,
    /// What was read, in the order in which it was. Each part is longer than the next, so that few
    /// wait to be joined, and nothing is joined often.
    parts: Vec<Arc<Series>>,
    /// All of it.
    joined: OnceLock<Arc<Series>>,
}

impl Tag {
    pub(super) fn new(series: Series) -> Tag {
        let (name, kind) = (series.tag.clone(), series.kind);
        Tag { name, kind, parts: vec![Arc::new(series)], joined: OnceLock::new() }
    }

    /// How many values were read.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }

    /// The first metadata that came with them.
    pub(super) fn metadata(&self) -> Option<&Metadata<'static>> {
        self.parts.iter().find_map(|part| part.metadata.as_deref())
    }

    /// All of it, as `finish` makes it of what was read; made when it is first asked for. `rank` is
    /// the place of each file in the order in which they are read.
    pub(super) fn series(
        &self,
        rank: &[usize],
        finish: impl FnOnce(Arc<Series>) -> Arc<Series>,
    ) -> Arc<Series> {
        let join = || match &self.parts[..] {
            [only] => Arc::clone(only),
            parts => Arc::new(
                Series::join(parts, rank)
                    .unwrap_or_else(|| Series::new(&self.name, self.kind, false)),
            ),
        };
        Arc::clone(self.joined.get_or_init(|| finish(join())))
    }

    /// The same, and more of it.
    pub(super) fn grown(&self, more: Option<Series>, restarts: Restarts, rank: &[usize]) -> Tag {
        let mut parts = match (self.joined.get(), restarts) {
            (Some(joined), Restarts::Raw) => vec![Arc::clone(joined)],
            _ => self.parts.clone(),
        };
        parts.extend(more.map(Arc::new));
        while let [.., before, last] = &parts[..]
            && before.len() <= last.len()
        {
            let start = parts.len() - 2;
            let Some(joined) = Series::join(&parts[start..], rank) else { break };
            parts.truncate(start);
            parts.push(Arc::new(joined));
        }
        Tag { name: self.name.clone(), kind: self.kind, parts, joined: OnceLock::new() }
    }
}
