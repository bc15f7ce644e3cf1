//! Records to columns.

mod decode;
mod fast;
mod layout;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use self::fast::good_record;
use self::layout::buckets;
use crate::columns::frame::Frame;
use crate::columns::memory::Lockstep;
use crate::columns::points::Points;
use crate::columns::restarts::Purge;
use crate::columns::selection::Selection;
use crate::columns::series::{Segment, Series, Values};
use crate::columns::sessions::{self, Sessions};
use crate::columns::template::Template;
use crate::proto::kind::Kind;
use crate::proto::{Malformed, Metadata};
use crate::record::{HEADER, OVERHEAD, Verify};
use crate::scan::tags::Tags;

/// What each value of a tag needs, close together.
#[derive(Debug, Default)]
struct Hot {
    /// The frame of the tag's last record that was not predicted.
    frame: Frame,
    /// The shape of the tag's last value that was decoded in full.
    template: Template,
    points: Points,
    /// The tag whose value came after this one's, the last time.
    next: u32,
    /// Whether the tag is wanted.
    is_selected: bool,
}

/// The rest of a tag.
#[derive(Debug)]
struct Cold {
    kind: Kind,
    metadata: Option<Box<Metadata<'static>>>,
    values: Values,
    /// What restarts purge.
    purges: Vec<Purge>,
    /// Which sessions started when it had how many values.
    restarts: Vec<(usize, usize)>,
}

impl Cold {
    /// A session started, `count` before it, and the tag has so many values.
    fn restart(&mut self, count: usize, values: usize) {
        // One session after the other needs no mention: the first purges for the next ones too.
        if values > self.restarts.last().map_or(0, |&(_, before)| before) {
            self.restarts.push((count, values));
        }
    }
}

/// The columns of one file, while its records come.
#[derive(Debug, Default)]
pub struct Columns<'a> {
    selection: Selection<'a>,
    /// Whether anything is left out.
    selects: bool,
    tags: Tags,
    hot: Vec<Hot>,
    cold: Vec<Cold>,
    /// The tag of the last value that was read the fast way.
    last: u32,
    /// Values of an event that is not wholly read yet.
    pending: Vec<(u32, f64)>,
    /// Memory of columns that are done, for those to come.
    spare: Vec<Points>,
    /// Memory for the points of tags that are still to come.
    reserved: HashMap<Box<str>, Points>,
    /// Whether there is too much to be copied once more.
    is_large: bool,
    /// Whether nothing can be read from the file again.
    pub keeps_all: bool,
    /// What other events than summaries hold, and where to find a kind and tag among it.
    events: Vec<Series>,
    event_places: HashMap<(Kind, Box<str>), usize>,
    origin: Origin,
    sessions: Sessions,
    /// The tags that had values since the last restart, and whether each is one, where that is kept
    /// track of.
    touched: Vec<u32>,
    is_touched: Vec<bool>,
    /// Whether to decode every event in full, for want of templates.
    #[cfg(test)]
    pub thorough: bool,
}

/// Who wrote a file, and when.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// The wall time of its first event.
    pub wall_time: Option<f64>,
    /// Who wrote it, if it says so.
    pub writer: Option<Box<str>>,
}

impl Origin {
    /// Adds what the file says after it grew.
    pub(crate) fn continued(&mut self, rest: &Origin) {
        self.wall_time = self.wall_time.or(rest.wall_time);
        self.writer = rest.writer.clone().or(self.writer.take());
    }
}

/// What one file holds.
#[derive(Debug)]
pub struct Content {
    /// The tags, in the order in which they came.
    pub series: Vec<Series>,
    /// What other events than summaries hold, by kind and tag.
    pub events: Vec<Series>,
    /// Where the file comes from.
    pub origin: Origin,
    /// What the file says of restarts.
    pub sessions: sessions::Summary,
}

impl<'a> Columns<'a> {
    /// Columns for what is selected, that take their first memory from `spare`.
    pub fn new(selection: Selection<'a>, sessions: Sessions, spare: Vec<Points>) -> Columns<'a> {
        Columns { selection, selects: !selection.is_all(), sessions, spare, ..Columns::default() }
    }

    /// The tags, in the order in which they came, in no more memory than they need; and the spare
    /// memory.
    pub fn finish(mut self) -> (Content, Vec<Points>) {
        buckets(&mut self.cold).for_each(Lockstep::shrink);
        if self.is_large {
            self.hot.iter_mut().for_each(|tag| tag.points.shrink());
        } else {
            // Many small allocations cost more than one copy.
            let lengths: Vec<usize> = self.hot.iter().map(|tag| tag.points.len()).collect();
            let emptied =
                Points::pack(self.hot.iter_mut().map(|tag| &mut tag.points), &lengths, true);
            self.keep(emptied);
        }
        let least_steps = self.sessions.least_steps();
        let tags = self.tags.into_names().into_iter().zip(self.hot).zip(self.cold);
        let series = tags.map(|((tag, hot), cold)| {
            let mut series = Series {
                tag,
                kind: cold.kind,
                metadata: cold.metadata,
                points: hot.points,
                values: cold.values,
                segments: Vec::new(),
                is_selected: hot.is_selected,
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
            sessions: self.sessions.into_summary(),
        };
        (content, self.spare)
    }

    /// Declares a tag's kind before its first value comes.
    pub fn declare(&mut self, tag: &str, kind: Kind) {
        self.intern(tag, || kind);
    }

    /// Takes in the records at the beginning of `window`, which lies at `offset` in the file, up to
    /// one that is not whole, or not good; how many bytes and records they were.
    pub fn run(&mut self, window: &[u8], offset: u64, verify: Verify) -> (usize, u64) {
        let (mut at, mut records) = (0, 0);
        while let Some(rest) = window.get(at..) {
            if self.sessions.need_order() {
                let Some(payload) = good_record(rest, verify) else { break };
                if self.decode(payload, offset + (at + HEADER) as u64).is_err() {
                    break;
                }
                at += payload.len() + OVERHEAD;
                records += 1;
                continue;
            }
            let (done, count, unusual) = match self.selects {
                false => self.predicted::<false>(rest, verify),
                true => self.predicted::<true>(rest, verify),
            };
            at += done;
            records += count;
            let Some(payload) = unusual else { break };
            let size = payload.len() + OVERHEAD;
            match self.one_value(payload) {
                Some((tag, step)) => {
                    let (record, hot) = (&rest[done..done + size], &mut self.hot[tag as usize]);
                    if !hot.frame.fits(record, step) {
                        hot.frame = Frame::of(record, step).unwrap_or_default();
                    }
                }
                None if self.add(payload, offset + (at + HEADER) as u64).is_err() => break,
                None => {}
            }
            at += size;
            records += 1;
        }
        (at, records)
    }

    /// Takes an event in, whose bytes lie at `offset` in the file. One that is malformed changes
    /// nothing.
    #[inline(never)]
    pub fn add(&mut self, payload: &[u8], offset: u64) -> Result<(), Malformed> {
        match self.many_values(payload).or_else(|| self.one_histogram(payload)) {
            Some(()) => Ok(()),
            None => self.decode(payload, offset),
        }
    }

    /// Where `part` can be read from the file again, if it is a part of `payload`, which lies at
    /// `offset`.
    fn place(&self, part: &[u8], payload: &[u8], offset: u64) -> Option<u64> {
        let start = part.as_ptr().addr().checked_sub(payload.as_ptr().addr())?;
        let is_part = start.checked_add(part.len())? <= payload.len();
        (is_part && !self.keeps_all).then_some(offset + start as u64)
    }

    /// What was read of other events than summaries, of this kind under this tag.
    fn event(&mut self, kind: Kind, tag: &str) -> &mut Series {
        let place = *self.event_places.entry((kind, tag.into())).or_insert_with(|| {
            let is_selected = self.selection.kinds.contains(kind);
            self.events.push(Series::new(tag, kind, is_selected));
            self.events.len() - 1
        });
        &mut self.events[place]
    }

    fn intern(&mut self, tag: &str, kind: impl FnOnce() -> Kind) -> u32 {
        if let Some(known) = self.tags.get(tag) {
            return known;
        }
        let kind = kind();
        let is_selected = self.selection.wants(tag, kind);
        let points = self.reserved.remove(tag).or_else(|| self.spare.pop()).unwrap_or_default();
        self.hot.push(Hot { points, is_selected, ..Hot::default() });
        let values = if is_selected { Values::of(kind) } else { Values::None };
        let (purges, restarts) = (Vec::new(), Vec::new());
        self.cold.push(Cold { kind, metadata: None, values, purges, restarts });
        self.tags.insert(tag)
    }
}
