//! The columns of one file while its records are read.

use std::collections::HashMap;
use std::{iter, mem};

use crate::columns::claims::Claim;
use crate::columns::content::Content;
use crate::columns::memory::Lockstep;
use crate::columns::origin::Origin;
use crate::columns::points::Points;
use crate::columns::restarts::Purge;
use crate::columns::selection::Selection;
use crate::columns::series::{Segment, Series, Values};
use crate::columns::sessions::Sessions;
use crate::columns::shape::Shape;
use crate::columns::template::Template;
use crate::proto::{Kind, Metadata};
use crate::scan::tags::Tags;

/// The columns of one file, or of a part of it.
///
/// Each kind of a tag is a series, which has an index.
#[derive(Debug, Default)]
pub struct Columns<'a> {
    pub(super) selection: Selection<'a>,
    /// Whether the selection leaves anything out.
    pub(super) selects: bool,
    pub(super) tags: Tags,
    /// The state of each tag.
    pub(super) known: Vec<Known>,
    pub(super) hot: Vec<Hot>,
    pub(super) cold: Vec<Cold>,
    /// The series of the last value that was read the fast way.
    pub(super) last: u32,
    /// The series of the last histogram that was read the fast way, and whether nothing came since.
    pub(super) last_histogram: u32,
    pub(super) follows_histogram: bool,
    /// The values of an event that is only partly read, and their series.
    pub(super) pending: Vec<(u32, f64)>,
    /// Memory of finished columns, for new ones.
    pub(super) spare: Vec<Points>,
    /// Memory for the points of tags whose first scalar did not come yet.
    pub(super) reserved: Vec<Points>,
    /// Whether the columns are too large to be copied once more.
    pub(super) is_large: bool,
    /// Whether all values are kept in memory, since the file can't be read again.
    pub keeps_all: bool,
    /// The content of events other than summaries, and the index of each kind and tag in it.
    pub(super) events: Vec<Series>,
    pub(super) event_places: HashMap<(Kind, Box<str>), usize>,
    pub(super) origin: Origin,
    pub(super) sessions: Sessions,
    /// The series that had values since the last restart, and a flag for each series. They are only
    /// used after many restarts.
    pub(super) touched: Vec<u32>,
    pub(super) is_touched: Vec<bool>,
    /// Whether to decode every event in full. Tests compare this with the fast ways.
    #[cfg(test)]
    pub thorough: bool,
}

/// The state of a tag.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The first of its series.
    first: Option<u32>,
    /// The kind that the tag's first metadata in the run claim, if they are known.
    pub claimed: Option<Kind>,
    /// The claim of this file.
    pub claim: Claim,
    /// The least step at which the tag's steps went backwards, if that is a sign of a restart.
    pub purged: Option<i64>,
}

/// The state that each scalar of a series needs, close together in memory.
#[derive(Debug, Default)]
pub(super) struct Hot {
    /// The shape of the tag's last record that was not predicted.
    pub shape: Shape,
    /// The template of the tag's last scalar that was decoded in full.
    pub template: Template,
    pub points: Points,
    /// The series whose value followed the last value of this one.
    pub next: u32,
    /// Whether the series is selected.
    pub is_selected: bool,
}

/// The rest of a series.
#[derive(Debug)]
pub(super) struct Cold {
    pub tag: u32,
    pub kind: Kind,
    pub metadata: Option<Box<Metadata<'static>>>,
    pub values: Values,
    /// The values that restarts purge.
    pub purges: Vec<Purge>,
    /// Starts of sessions: the number of sessions before it, and the number of values of the
    /// series.
    restarts: Vec<(usize, usize)>,
    /// The tag's next series.
    sibling: Option<u32>,
}

impl Cold {
    /// Notes that a session starts after `count` others, when the series has `values` values.
    fn restart(&mut self, count: usize, values: usize) {
        // Without a value in between, the first of two sessions is enough. It purges for the later
        // one too.
        if values > self.restarts.last().map_or(0, |&(_, before)| before) {
            self.restarts.push((count, values));
        }
    }
}

impl<'a> Columns<'a> {
    /// Columns for the selected values. They take their first memory from `spare`.
    pub fn new(selection: Selection<'a>, sessions: Sessions, spare: Vec<Points>) -> Columns<'a> {
        Columns { selection, selects: !selection.is_all(), sessions, spare, ..Columns::default() }
    }

    /// Sets the kind that a tag's first metadata claim. Calls come before the first record.
    pub fn declare(&mut self, tag: &str, claimed: Kind) {
        let tag = self.tag(tag);
        self.known[tag as usize].claimed = Some(claimed);
    }

    /// The series, in the order of their first values, without unused memory. Also returns the
    /// spare memory.
    pub fn finish(mut self) -> (Content, Vec<Points>) {
        for (numbers, buckets) in histograms(&mut self.cold) {
            numbers.shrink();
            buckets.shrink();
        }
        if self.is_large {
            self.hot.iter_mut().for_each(|series| series.points.shrink());
        } else {
            // Many small allocations cost more than one copy.
            let lengths: Vec<usize> = self.hot.iter().map(|series| series.points.len()).collect();
            let points = self.hot.iter_mut().map(|series| &mut series.points);
            let emptied = Points::pack(points, &lengths, true);
            self.keep(emptied);
        }
        let least_steps = self.sessions.least_steps();
        let tags = self.tags.into_names();
        let claims = iter::zip(&tags, &self.known)
            .filter(|(_, known)| known.claim != Claim::default())
            .map(|(tag, known)| (tag.clone(), known.claim))
            .collect();
        let purged = iter::zip(&tags, &self.known)
            .filter_map(|(tag, known)| Some((tag.clone(), known.purged?)))
            .collect();
        // With many tags these take much memory, and so do the series.
        drop((self.known, self.reserved));
        let series = iter::zip(self.hot, self.cold).map(|(hot, cold)| {
            let mut series = Series {
                tag: tags[cold.tag as usize].clone(),
                kind: cold.kind,
                metadata: cold.metadata,
                points: hot.points,
                values: cold.values,
                segments: Vec::new(),
                is_selected: hot.is_selected,
                extremes: Default::default(),
                rises: Default::default(),
            };
            let mut purges = cold.purges;
            let started = (cold.restarts.into_iter())
                .map(|(session, before)| Purge { before, step: least_steps[session] });
            purges.extend(started);
            if !purges.is_empty() {
                purges.sort_by_key(|purge| purge.before);
                series.segments.push(Segment { file: 0, range: 0..series.len(), purges });
            }
            series
        });
        let content = Content {
            series: series.collect(),
            events: self.events,
            origin: self.origin,
            sessions: self.sessions.into_read(purged),
            claims,
        };
        (content, self.spare)
    }

    /// The tag's index.
    pub(super) fn tag(&mut self, name: &str) -> u32 {
        let tag = self.tags.insert(name);
        if tag as usize == self.known.len() {
            self.known.push(Known::default());
        }
        tag
    }

    /// The kind of a tag's tensors without metadata.
    pub(super) fn claimed(&self, tag: u32) -> Option<Kind> {
        self.known[tag as usize].claimed
    }

    /// The kind that a value of the tag has if it is a tensor: by its own metadata, or else by the
    /// tag's first.
    pub(super) fn claim(
        &mut self,
        tag: u32,
        is_tensor: bool,
        metadata: Option<&Metadata<'_>>,
    ) -> Kind {
        let known = &mut self.known[tag as usize];
        match metadata {
            Some(metadata) => {
                let kind = Kind::claimed_by(metadata);
                known.claim.first.get_or_insert(kind);
                known.claimed.get_or_insert(kind);
                kind
            }
            None => {
                let kind = known.claimed.unwrap_or(Kind::Tensor);
                if is_tensor {
                    known.claim.assumed.insert(kind);
                }
                kind
            }
        }
    }

    /// The series of a tag, in the order of their first values.
    pub(super) fn series_of(&self, tag: u32) -> impl Iterator<Item = u32> {
        let first = self.known[tag as usize].first;
        iter::successors(first, |&series| self.cold[series as usize].sibling)
    }

    /// The series of this kind of a tag, if there is one.
    #[inline]
    pub(super) fn find(&self, tag: u32, kind: Kind) -> Option<u32> {
        self.series_of(tag).find(|&series| self.cold[series as usize].kind == kind)
    }

    /// Adds a series.
    pub(super) fn open(&mut self, tag: u32, kind: Kind) -> u32 {
        let name = self.tags.name(tag);
        let is_selected = self.selection.wants(name, kind);
        let points = match kind {
            Kind::Scalar => {
                let reserved = self.reserved.get_mut(tag as usize).map(mem::take);
                reserved.filter(|points| points.capacity() > 0).or_else(|| self.spare.pop())
            }
            _ => None,
        };
        let series = u32::try_from(self.hot.len()).expect("fewer series than 2^32");
        let last = self.series_of(tag).last();
        match last {
            Some(last) => self.cold[last as usize].sibling = Some(series),
            None => self.known[tag as usize].first = Some(series),
        }
        self.hot.push(Hot { points: points.unwrap_or_default(), is_selected, ..Hot::default() });
        self.cold.push(Cold {
            tag,
            kind,
            metadata: None,
            values: if is_selected { Values::of(kind) } else { Values::None },
            purges: Vec::new(),
            restarts: Vec::new(),
            sibling: None,
        });
        series
    }

    /// The number of series.
    pub fn series_count(&self) -> usize {
        self.hot.len()
    }

    /// The number of series that have values.
    pub fn filled_count(&self) -> usize {
        (0..self.hot.len() as u32).filter(|&series| self.len(series) > 0).count()
    }

    /// The number of values in a series.
    pub(super) fn len(&self, series: u32) -> usize {
        self.hot[series as usize].points.len() + self.cold[series as usize].values.len()
    }

    /// The content of other events than summaries, of this kind and under this tag.
    pub(super) fn event(&mut self, kind: Kind, tag: &str) -> &mut Series {
        let place = *self.event_places.entry((kind, tag.into())).or_insert_with(|| {
            let is_selected = self.selection.kinds.contains(kind);
            self.events.push(Series::new(tag, kind, is_selected));
            self.events.len() - 1
        });
        &mut self.events[place]
    }

    /// Purges values before the start of a session.
    pub(super) fn session_start(&mut self, step: i64) {
        if !self.sessions.is_watched || self.sessions.is_old() {
            return;
        }
        let count = self.sessions.count();
        if self.sessions.need_order() {
            for series in mem::take(&mut self.touched) {
                self.is_touched[series as usize] = false;
                let values = self.len(series);
                self.cold[series as usize].restart(count, values);
            }
        } else {
            for (hot, cold) in iter::zip(&self.hot, &mut self.cold) {
                cold.restart(count, hot.points.len() + cold.values.len());
            }
        }
        self.sessions.start(step);
    }

    /// Notes that the tag has values since the last restart.
    pub(super) fn touch(&mut self, tag: u32) {
        self.is_touched.resize(self.hot.len(), false);
        let series: Vec<u32> = self.series_of(tag).collect();
        for series in series {
            if !mem::replace(&mut self.is_touched[series as usize], true) {
                self.touched.push(series);
            }
        }
    }

    /// Keeps the memory of unused columns for new ones.
    pub(super) fn keep(&mut self, emptied: Vec<Points>) {
        self.spare.extend(emptied.into_iter().filter(Points::is_reusable));
    }
}

/// The columns of all series of histograms.
pub(super) fn histograms(
    series: &mut [Cold],
) -> impl Iterator<Item = (&mut Lockstep<7>, &mut Lockstep<2>)> {
    series.iter_mut().filter_map(|series| match &mut series.values {
        Values::Histograms(histograms) => Some(histograms.columns_mut()),
        _ => None,
    })
}
