//! One kind of values under one tag of a run.

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use crate::columns::series::Series;
use crate::proto::{Kind, Metadata};

/// The values of one kind under one tag of a run.
#[derive(Debug, Clone)]
pub struct Tag {
    /// Its name.
    pub name: Box<str>,
    /// The kind of the values.
    pub kind: Kind,
    /// The parts, in the order in which they were read. Each part is longer than the next one, so
    /// that there are few parts, and values are copied rarely.
    parts: Vec<Arc<Series>>,
    /// All parts, joined.
    joined: OnceLock<Joined>,
}

/// The joined parts of a tag.
#[derive(Debug, Clone)]
struct Joined {
    series: Arc<Series>,
    /// Whether it has the values of all parts.
    is_whole: bool,
}

impl Tag {
    pub(super) fn new(series: Series, max_points: Option<NonZeroUsize>) -> Tag {
        let (name, kind) = (series.tag.clone(), series.kind);
        let series = max_points.and_then(|most| series.thinned(most.get())).unwrap_or(series);
        Tag { name, kind, parts: vec![Arc::new(series)], joined: OnceLock::new() }
    }

    /// The number of values.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }

    /// The first metadata of the values, the same as those of `series`.
    pub(super) fn metadata(&self, rank: &[usize]) -> Option<&Metadata<'static>> {
        let place = |part: &&Arc<Series>| {
            part.segments().first().and_then(|segment| rank.get(segment.file as usize).copied())
        };
        let parts = self.parts.iter().filter(|part| part.metadata.is_some());
        parts.min_by_key(place).and_then(|part| part.metadata.as_deref())
    }

    /// The parts, if they need not be joined: one after the other they are in the order of the
    /// files, each step is greater than the one before, and no restart purges any.
    pub(super) fn rising(&self, rank: &[usize]) -> Option<&[Arc<Series>]> {
        let (mut last_file, mut last_step) = (None, None);
        for part in &self.parts {
            for segment in part.segments().iter() {
                let file = rank.get(segment.file as usize);
                if file < last_file || !segment.purges.is_empty() {
                    return None;
                }
                last_file = file;
            }
            let (first, last) = (part.steps().first(), part.steps().last());
            if !part.rises() || (first.is_some() && first <= last_step) {
                return None;
            }
            last_step = last.or(last_step);
        }
        Some(&self.parts)
    }

    /// All values, after `finish`. They are joined at the first call. `rank` is the position of
    /// each file in the order in which the files are read.
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
        let joined = self.joined.get_or_init(|| {
            let whole = join();
            let series = finish(Arc::clone(&whole));
            Joined { is_whole: Arc::ptr_eq(&series, &whole), series }
        });
        Arc::clone(&joined.series)
    }

    /// The same tag with another part.
    pub(super) fn grown(
        &self,
        more: Option<Series>,
        max_points: Option<NonZeroUsize>,
        rank: &[usize],
    ) -> Tag {
        let mut parts = match self.joined.get() {
            Some(Joined { series, is_whole: true }) => vec![Arc::clone(series)],
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
        // Points are thinned once there are twice as many, and not at each update.
        let all: usize = parts.iter().map(|part| part.len()).sum();
        if let Some(most) = max_points
            && all / 2 > most.get()
            && let Some(thinned) = Series::join(&parts, rank).and_then(|it| it.thinned(most.get()))
        {
            parts = vec![Arc::new(thinned)];
        }
        Tag { name: self.name.clone(), kind: self.kind, parts, joined: OnceLock::new() }
    }
}
