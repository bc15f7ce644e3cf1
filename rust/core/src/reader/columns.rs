//! Records to columns.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;

use super::blobs::Place;
use super::frame::{Frame, WALL_TIME, WALL_TIME_LEN};
use super::kind::Kind;
use super::outline::{Outline, Part};
use super::points::Points;
use super::prefetch::prefetch;
use super::restarts::{self, Purge};
use super::selection::Selection;
use super::series::{Segment, Series, Values};
use super::sessions::{self, Sessions};
use super::tags::Tags;
use super::template::Template;
use super::words::Words;
use crate::crc32c;
use crate::event::{
    Data, Element, Event, Histogram, Malformed, Metadata, Number, Status, SummaryValue, What,
};
use crate::record::{self, HEADER, OVERHEAD, Parsed, Verify};
use crate::wire::Cursor;

/// How far ahead of the record that is parsed memory is fetched. Each record says where the next
/// begins, so the processor cannot guess it.
const AHEAD: usize = 2048;

/// The keys of an event's fields: its number and its wire type.
const STEP: u64 = 0x10;
const SUMMARY: u64 = 0x2a;

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
    /// Whether the columns are laid out for all of the file.
    is_spread: bool,
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
    pub(super) fn continued(&mut self, rest: &Origin) {
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
        buckets(&mut self.cold).for_each(Words::shrink);
        if self.is_spread {
            self.hot.iter_mut().for_each(|tag| tag.points.shrink());
        } else {
            // Many small allocations cost more than one copy.
            let lengths: Vec<usize> = self.hot.iter().map(|tag| tag.points.len()).collect();
            let emptied = Points::pack(self.hot.iter_mut().map(|tag| &mut tag.points), &lengths);
            self.spare.extend(emptied.into_iter().filter(Points::is_reusable));
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

    /// Takes in the records at the beginning of `window` that are `wall_time, step?, summary` with
    /// one value, of the tag and in the shape that are expected next, as nearly all are; how many
    /// bytes and records they were, and the good record that comes after them.
    #[inline(never)]
    fn predicted<'w, const SELECTS: bool>(
        &mut self,
        window: &'w [u8],
        verify: Verify,
    ) -> (usize, u64, Option<&'w [u8]>) {
        let (mut at, mut records) = (0, 0);
        let mut last = self.last;
        let selection = self.selection;
        let hot = &mut self.hot[..];
        let mut next = hot.get(last as usize).map_or(u32::MAX, |hot| hot.next);
        let unusual = loop {
            prefetch(window, at + AHEAD);
            let Some(rest) = window.get(at..) else { break None };
            let Some(hot) = hot.get_mut(next as usize) else { break good_record(rest, verify) };
            let Some((payload, checksum)) = hot.frame.payload(rest) else {
                break good_record(rest, verify);
            };
            if verify == Verify::Crc && crc32c::masked(payload) != checksum {
                break None;
            }
            let Some((wall_time, step, summary)) = hot.frame.head(payload) else {
                break Some(payload);
            };
            let Some(value) = hot.template.read_summary(summary) else { break Some(payload) };
            if !SELECTS || (hot.is_selected && selection.has_step(step)) {
                hot.points.push(step, wall_time, value);
            }
            (last, next) = (next, hot.next);
            at += payload.len() + OVERHEAD;
            records += 1;
        };
        self.last = last;
        (at, records, unusual)
    }

    /// Takes in an event with one value of a known shape, whose tag or length was not predicted;
    /// its tag, and how many bytes its step takes.
    #[inline(never)]
    fn one_value(&mut self, payload: &[u8]) -> Option<(u32, usize)> {
        let (wall_time, step, summary) = head(payload)?;
        let (_, values) = varint(summary.get(1..)?)?;
        let tag = self.guess(values)?;
        let hot = &mut self.hot[tag as usize];
        let value = hot.template.read_summary(summary)?;
        if hot.is_selected && self.selection.has_step(step) {
            hot.points.push(step, wall_time, value);
        }
        self.hot[self.last as usize].next = tag;
        self.last = tag;
        Some((tag, payload.len() - WALL_TIME_LEN - summary.len()))
    }

    /// What the tag of the value at the beginning of `values` nearly always is, if it is known.
    /// That the template fits is the proof.
    #[inline]
    fn guess(&self, values: &[u8]) -> Option<u32> {
        let (_, value) = varint(values.strip_prefix(b"\x0a")?)?;
        let (length, rest) = varint(value.strip_prefix(b"\x0a")?)?;
        self.tags.guess(rest.get(..usize::try_from(length).ok()?)?)
    }

    /// Takes in an event with one histogram in the older encoding, of a tag that is known.
    fn one_histogram(&mut self, payload: &[u8]) -> Option<()> {
        #[cfg(test)]
        if self.thorough {
            return None;
        }
        let (wall_time, step, summary) = head(payload)?;
        // Each of these is the last field of the one around it.
        let values = whole(summary.strip_prefix(b"\x2a")?)?;
        let value = whole(values.strip_prefix(b"\x0a")?)?;
        let (length, rest) = varint(value.strip_prefix(b"\x0a")?)?;
        let (name, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let message = whole(rest.strip_prefix(b"\x2a")?)?;
        let tag = self.tags.guess(name).filter(|&tag| self.tags.is(tag, name))?;
        let Values::Histograms(histograms) = &mut self.cold[tag as usize].values else {
            return None;
        };
        let histogram = Histogram::decode(Cow::Borrowed(message)).ok()?;
        self.origin.wall_time.get_or_insert(wall_time);
        if self.selection.has_step(step) {
            histograms.push_message(step, wall_time, &histogram);
        }
        Some(())
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

    /// Takes in `wall_time, step?, summary` with any number of values of known shapes.
    fn many_values(&mut self, payload: &[u8]) -> Option<()> {
        let (wall_time, step, summary) = head(payload)?;
        let mut values = whole(summary.strip_prefix(b"\x2a")?)?;
        self.pending.clear();
        while !values.is_empty() {
            let predicted = self.hot.get(self.last as usize)?.next;
            let read = self.hot.get(predicted as usize)?.template.read_value(values);
            let (tag, (value, length)) = match read {
                Some(read) => (predicted, read),
                None => {
                    let tag = self.guess(values)?;
                    let read = self.hot[tag as usize].template.read_value(values)?;
                    self.hot[self.last as usize].next = tag;
                    (tag, read)
                }
            };
            self.last = tag;
            self.pending.push((tag, value));
            values = &values[length..];
        }
        if self.selection.has_step(step) {
            for &(tag, value) in &self.pending {
                let hot = &mut self.hot[tag as usize];
                if hot.is_selected {
                    hot.points.push(step, wall_time, value);
                }
            }
        }
        Some(())
    }

    /// Takes in any event.
    #[inline(never)]
    fn decode(&mut self, payload: &[u8], offset: u64) -> Result<(), Malformed> {
        let event = Event::decode(payload)?;
        let goes_backwards = self.sessions.need_order()
            && self.sessions.is_old()
            && self.sessions.goes_backwards(event.step, matches!(event.what, What::Summary(_)));
        if let What::Summary(summary) = &event.what {
            // All of it must be well-formed before any of it counts. Mostly it is one value; more
            // are decoded twice, since together they may take much memory.
            let mut values = summary.values();
            let first = values.next().transpose()?;
            values.clone().try_for_each(|value| value.map(drop))?;
            let purged = if goes_backwards { self.counts(summary) } else { Vec::new() };
            for value in first.into_iter().chain(values.flatten()) {
                self.add_value(&value, &event, self.place(value.raw, payload, offset));
            }
            for (tag, before) in purged {
                // What has a value has a place by now.
                if let Some(tag) = self.tags.get(tag) {
                    let purge = Purge { before, step: event.step };
                    restarts::add(&mut self.cold[tag as usize].purges, purge);
                }
            }
            if self.sessions.need_order() {
                self.touch(summary);
            }
        }
        self.origin.wall_time.get_or_insert(event.wall_time);
        if let Some(writer) = event.writer {
            self.origin.writer = Some(writer.into());
        }
        match &event.what {
            What::FileVersion(version) => self.sessions.set_version(version),
            What::SessionLog(log) if log.status == Status::Start => self.session_start(event.step),
            _ => {}
        }
        let (kind, tag, bytes) = match &event.what {
            What::Graph(bytes) => (Kind::Graph, "", *bytes),
            What::MetaGraph(bytes) => (Kind::MetaGraph, "", *bytes),
            What::RunMetadata(metadata) => (Kind::RunMetadata, &*metadata.tag, &*metadata.bytes),
            What::SessionLog(log) => (Kind::SessionLog, "", log.raw()),
            _ => return Ok(()),
        };
        let offset = self.place(bytes, payload, offset);
        if let Values::Blobs(blobs) = &mut self.event(kind, tag).values {
            blobs.push(event.step, event.wall_time, bytes, offset);
        }
        Ok(())
    }

    /// Purges what came before a session that starts.
    fn session_start(&mut self, step: i64) {
        if !self.sessions.is_watched || self.sessions.is_old() {
            return;
        }
        let count = self.sessions.count();
        if self.sessions.need_order() {
            for tag in self.touched.drain(..) {
                self.is_touched[tag as usize] = false;
                let (hot, cold) = (&self.hot[tag as usize], &mut self.cold[tag as usize]);
                cold.restart(count, hot.points.len() + cold.values.len());
            }
        } else {
            for (hot, cold) in self.hot.iter().zip(&mut self.cold) {
                cold.restart(count, hot.points.len() + cold.values.len());
            }
        }
        self.sessions.start(step);
    }

    /// The tags of a summary, and how many values each has so far.
    fn counts<'s>(&self, summary: &'s crate::event::Summary<'_>) -> Vec<(&'s str, usize)> {
        let count = |tag| {
            let tag = self.tags.get(tag).map_or(usize::MAX, |tag| tag as usize);
            let points = self.hot.get(tag).map_or(0, |hot| hot.points.len());
            points + self.cold.get(tag).map_or(0, |cold| cold.values.len())
        };
        tags(summary).map(|tag| (tag, count(tag))).collect()
    }

    /// Notes which tags have values since the last restart.
    fn touch(&mut self, summary: &crate::event::Summary<'_>) {
        self.is_touched.resize(self.hot.len(), false);
        for tag in tags(summary).filter_map(|tag| self.tags.get(tag)) {
            if !std::mem::replace(&mut self.is_touched[tag as usize], true) {
                self.touched.push(tag);
            }
        }
    }

    fn add_value(&mut self, value: &SummaryValue<'_>, event: &Event<'_>, offset: Option<u64>) {
        let known = self.tags.get(value.tag).is_some();
        let metadata = value.metadata.as_ref();
        let tag = self.intern(value.tag, || Kind::of(&value.data, metadata));
        let (hot, cold) = (&mut self.hot[tag as usize], &mut self.cold[tag as usize]);
        if cold.metadata.is_none() {
            cold.metadata = metadata.map(|metadata| Box::new(metadata.clone().into_owned()));
        }
        let is_selected = hot.is_selected && self.selection.has_step(event.step);
        if cold.kind != Kind::Scalar {
            if is_selected {
                cold.values.push(cold.kind, event, value, offset);
            }
            return;
        }
        let number = match &value.data {
            Data::SimpleValue(bytes) => Some(Number::Fixed(Element::F32, bytes)),
            Data::Tensor(tensor) => tensor.number(),
            _ => None,
        };
        let Some(number) = number else { return };
        let Some(scalar) = number.to_f64() else { return };
        if is_selected {
            hot.points.push(event.step, event.wall_time, scalar);
        }
        #[cfg(test)]
        let known = known && !self.thorough;
        // A tag with one value only is not worth a template.
        if known {
            hot.template = Template::of(value, number).unwrap_or_default();
        }
    }

    /// Takes in a large event by its outline; false if all of its bytes are needed. `place` makes a
    /// place of a part of the file.
    pub fn add_outline(
        &mut self,
        outline: &Outline,
        place: impl Fn(Part) -> io::Result<Place>,
    ) -> io::Result<bool> {
        let tags: Vec<usize> = (outline.values.iter())
            .map(|value| {
                let kind = || Kind::of(&value.data(), value.metadata.as_ref());
                self.intern(&value.tag, kind) as usize
            })
            .collect();
        let in_memory = |&tag: &usize| match self.cold[tag].kind {
            Kind::Scalar | Kind::Text | Kind::Histogram => self.hot[tag].is_selected,
            _ => false,
        };
        let has_step = self.selection.has_step(outline.step);
        if has_step && tags.iter().any(in_memory) {
            return Ok(false);
        }
        self.origin.wall_time.get_or_insert(outline.wall_time);
        for (value, tag) in outline.values.iter().zip(tags) {
            let cold = &mut self.cold[tag];
            if cold.metadata.is_none() {
                cold.metadata = value.metadata.clone().map(Box::new);
            }
            let is_selected = has_step && self.hot[tag].is_selected;
            if let Values::Blobs(blobs) = &mut cold.values
                && is_selected
                && cold.kind.takes(&value.data())
            {
                blobs.push_place(outline.step, outline.wall_time, place(value.raw)?);
            }
        }
        if let Some((kind, part)) = outline.graph
            && let Values::Blobs(blobs) = &mut self.event(kind, "").values
        {
            blobs.push_place(outline.step, outline.wall_time, place(part)?);
        }
        Ok(true)
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
        let points = self.spare.pop().unwrap_or_default();
        self.hot.push(Hot { points, is_selected, ..Hot::default() });
        let values = if is_selected { Values::of(kind) } else { Values::None };
        let (purges, restarts) = (Vec::new(), Vec::new());
        self.cold.push(Cold { kind, metadata: None, values, purges, restarts });
        self.tags.insert(tag)
    }

    /// Lays the columns out for a file of which `done` bytes are read and `rest` are not, with as
    /// much room for each tag as it will need if it comes as often as it did.
    pub fn spread(&mut self, done: u64, rest: u64) {
        let ratio = rest as f64 / done.max(1) as f64;
        let room = |seen: usize, at_once: usize| {
            // Three standard deviations of a count, for tags that come at random.
            let seen = (seen / at_once.max(1)) as f64;
            let times = (seen + (seen + 3.0 * seen.sqrt()) * ratio).ceil() as usize;
            times.saturating_mul(at_once).saturating_add(16)
        };
        let capacities: Vec<_> = self.hot.iter().map(|tag| room(tag.points.len(), 1)).collect();
        let all = self.hot.iter_mut().map(|tag| &mut tag.points);
        self.spare.extend(Points::spread(all, &capacities).into_iter().filter(Points::is_reusable));
        let capacities: Vec<_> = (self.cold.iter())
            .filter_map(|tag| match &tag.values {
                Values::Histograms(it) => {
                    let count = it.limits().len();
                    Some(room(count, count / it.len().max(1)))
                }
                _ => None,
            })
            .collect();
        Words::spread(buckets(&mut self.cold), &capacities);
        self.is_spread = true;
    }
}

/// The buckets of all tags that hold histograms.
fn buckets(tags: &mut [Cold]) -> impl Iterator<Item = &mut Words<2>> {
    tags.iter_mut().filter_map(|tag| match &mut tag.values {
        Values::Histograms(histograms) => Some(histograms.buckets_mut()),
        _ => None,
    })
}

/// The tags of a summary.
fn tags<'s>(summary: &'s crate::event::Summary<'_>) -> impl Iterator<Item = &'s str> {
    summary.values().filter_map(|value| Some(value.ok()?.tag))
}

/// The payload of the record at the beginning of `bytes`, if it is whole and good.
#[inline(never)]
fn good_record(bytes: &[u8], verify: Verify) -> Option<&[u8]> {
    match record::parse(bytes, verify) {
        Parsed::Record(payload) => Some(payload),
        _ => None,
    }
}

/// The wall time and step at the beginning of an event, and the bytes after them.
#[inline(always)]
fn head(payload: &[u8]) -> Option<(f64, i64, &[u8])> {
    // A key, a double, and eight more bytes, most of which are the step: no event with a value
    // is shorter.
    let (&[WALL_TIME, ref times @ ..], _) = payload.split_first_chunk::<17>()? else {
        return None;
    };
    let (wall_time, word) = times.split_first_chunk::<8>()?;
    let word = u64::from_le_bytes(*word.first_chunk()?);
    let (step, length) = match word & 0xff {
        SUMMARY => (0, 0),
        STEP if word & 0x8000 == 0 => (word >> 8 & 0x7f, 2),
        STEP if word & 0x80_0000 == 0 => (word >> 8 & 0x7f | word >> 9 & 0x3f80, 3),
        STEP if word & 0x8000_0000 == 0 => {
            (word >> 8 & 0x7f | word >> 9 & 0x3f80 | word >> 10 & 0x1f_c000, 4)
        }
        STEP => {
            let (step, rest) = varint(&payload[10..])?;
            (step, payload.len() - 9 - rest.len())
        }
        _ => return None,
    };
    Some((f64::from_le_bytes(*wall_time), step as i64, payload.get(9 + length..)?))
}

/// The bytes of a field of which these are the length and all that follows.
#[inline(always)]
fn whole(field: &[u8]) -> Option<&[u8]> {
    let (length, bytes) = varint(field)?;
    (length == bytes.len() as u64).then_some(bytes)
}

/// The varint at the beginning of `bytes`, and what follows it.
#[inline(always)]
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    match bytes {
        [a @ ..0x80, rest @ ..] => Some((u64::from(*a), rest)),
        [a, b @ ..0x80, rest @ ..] => Some((u64::from(a & 0x7f) | u64::from(*b) << 7, rest)),
        _ => {
            let mut cursor = Cursor::new(bytes);
            Some((cursor.varint().ok()?, cursor.rest()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encode;
    use proptest::prelude::*;

    fn message(build: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        build(&mut out);
        out
    }

    /// Every shape of value that occurs, and some that do not.
    fn value() -> impl Strategy<Value = Vec<u8>> {
        let tensor = (0..6usize, any::<[u8; 8]>(), 0..3u64).prop_map(|(shape, bytes, dims)| {
            message(|out| match shape {
                0 => {
                    encode::varint_field(out, 1, 1);
                    encode::bytes_field(out, 2, b"");
                    encode::bytes_field(out, 4, &bytes[..4]);
                }
                1 => {
                    encode::varint_field(out, 1, 2);
                    encode::bytes_field(out, 6, &bytes);
                }
                2 => {
                    encode::bytes_field(out, 5, &bytes[..4]);
                    encode::varint_field(out, 1, 1);
                }
                3 => {
                    encode::varint_field(out, 1, 9);
                    encode::varint_field(out, 10, u64::from_le_bytes(bytes));
                }
                4 => {
                    let dim = message(|out| encode::varint_field(out, 1, dims));
                    let shape = message(|out| encode::bytes_field(out, 2, &dim));
                    encode::varint_field(out, 1, 3);
                    encode::bytes_field(out, 2, &shape);
                    encode::bytes_field(out, 4, &bytes[..4]);
                }
                _ => {
                    encode::varint_field(out, 1, 7);
                    encode::bytes_field(out, 8, &bytes[..3]);
                }
            })
        });
        let plugin = prop_oneof![2 => Just("scalars"), 1 => Just("text"), 1 => Just("other")];
        let metadata = plugin.prop_map(|plugin| {
            let plugin = message(|out| encode::bytes_field(out, 1, plugin.as_bytes()));
            message(|out| encode::bytes_field(out, 1, &plugin))
        });
        let tag = prop_oneof!["[ab]", "tag/[ab]{8}", "[ab]{200}"];
        let simple = any::<f32>().prop_map(|value| message(|o| encode::float_field(o, 2, value)));
        let tensor = tensor.prop_map(|tensor| message(|o| encode::bytes_field(o, 8, &tensor)));
        let metadata = metadata.prop_map(|data| message(|o| encode::bytes_field(o, 9, &data)));
        let histogram = (any::<f64>(), any::<[u8; 16]>(), 14..=16usize, any::<bool>()).prop_map(
            |(min, doubles, length, plugin)| {
                let histogram = message(|out| {
                    encode::double_field(out, 1, min);
                    encode::bytes_field(out, 6, &doubles);
                    encode::bytes_field(out, 7, &doubles[..length]);
                    encode::double_field(out, 7, min);
                });
                message(|out| {
                    encode::bytes_field(out, 5, &histogram);
                    if plugin {
                        encode::bytes_field(out, 9, b"");
                    }
                })
            },
        );
        let content = prop_oneof![
            simple,
            histogram,
            tensor.clone(),
            (tensor, metadata).prop_map(|(a, b)| [a, b].concat())
        ];
        (tag, content).prop_map(|(tag, content)| {
            let tag = message(|out| encode::bytes_field(out, 1, tag.as_bytes()));
            [tag, content].concat()
        })
    }

    fn event() -> impl Strategy<Value = Vec<u8>> {
        let step = prop_oneof![any::<i64>(), 0..1000i64];
        (any::<f64>(), prop::option::of(step), prop::collection::vec(value(), 1..4)).prop_map(
            |(wall_time, step, values)| {
                message(|out| {
                    encode::double_field(out, 1, wall_time);
                    if let Some(step) = step {
                        encode::varint_field(out, 2, step as u64);
                    }
                    let summary = message(|out| {
                        values.iter().for_each(|value| encode::bytes_field(out, 1, value));
                    });
                    encode::bytes_field(out, 5, &summary);
                })
            },
        )
    }

    fn contents(columns: Columns) -> Vec<String> {
        (columns.finish().0.series.iter())
            .map(|series| {
                let points = &series.points;
                let bits = |column: &[f64]| column.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                let (times, values) = (bits(points.wall_times()), bits(points.values()));
                let (tag, kind, steps, others) =
                    (&series.tag, series.kind, points.steps(), &series.values);
                format!("{tag} {kind:?} {steps:?} {times:?} {values:?} {others:?}")
            })
            .collect()
    }

    proptest! {
        #[test]
        fn the_fast_path_reads_what_the_general_one_reads(
            pool in prop::collection::vec(event(), 1..8),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
            change in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        ) {
            let (mut fast, mut thorough) = (Columns::default(), Columns::default());
            thorough.thorough = true;
            for index in order {
                // The same events again and again, so that the fast path knows them.
                let event = &pool[index.index(pool.len())];
                let mut payload = event.clone();
                if let Some((at, byte)) = change {
                    let at = at.index(payload.len());
                    payload[at] = byte;
                }
                prop_assert_eq!(fast.add(&payload, 0), thorough.add(&payload, 0));
                prop_assert_eq!(fast.add(event, 0), thorough.add(event, 0));
            }
            prop_assert_eq!(contents(fast), contents(thorough));
        }
    }
}
