//! Events of any shape, decoded in full.

use std::collections::HashMap;
use std::io;

use super::columns::Columns;
use crate::columns::blobs::Place;
use crate::columns::restarts::{self, Purge};
use crate::columns::series::Values;
use crate::columns::template::Template;
use crate::proto::{Data, Event, Kind, Malformed, SessionStatus, Summary, SummaryValue, What};
use crate::scan::outline::{self, Outline, Part};

impl Columns<'_> {
    /// Adds any event.
    #[inline(never)]
    pub(super) fn decode(&mut self, payload: &[u8], offset: u64) -> Result<(), Malformed> {
        let event = Event::decode(payload)?;
        let goes_backwards = self.sessions.need_order()
            && self.sessions.is_old()
            && self.sessions.goes_backwards(event.step, matches!(event.what, What::Summary(_)));
        if let What::Summary(summary) = &event.what {
            // The whole event must be well-formed before any of it is added. Most events have one
            // value. If there are more, they are decoded twice, since together they may take much
            // memory.
            let mut values = summary.values();
            let first = values.next().transpose()?;
            values.clone().try_for_each(|value| value.map(drop))?;
            let before = goes_backwards.then(|| self.lengths(summary));
            for value in first.into_iter().chain(values.flatten()) {
                self.add_value(&value, &event, self.place(value.raw, payload, offset));
            }
            if let Some(before) = before {
                self.purge(summary, &before, event.step);
            }
            if self.sessions.need_order() {
                tags(summary).for_each(|tag| {
                    let tag = self.tag(tag);
                    self.touch(tag);
                });
            }
        }
        self.origin.wall_time.get_or_insert(event.wall_time);
        if let Some(writer) = event.writer {
            self.origin.writer = Some(writer.into());
        }
        match &event.what {
            What::FileVersion(version) => self.sessions.set_version(version),
            What::SessionLog(log) if log.status == SessionStatus::Start => {
                self.session_start(event.step)
            }
            _ => {}
        }
        let (kind, tag, bytes) = match &event.what {
            What::Graph(bytes) => (Kind::Graph, "", *bytes),
            What::MetaGraph(bytes) => (Kind::MetaGraph, "", *bytes),
            What::RunMetadata(metadata) => {
                (Kind::RunMetadata, &*metadata.tag, &*metadata.run_metadata)
            }
            What::SessionLog(log) => (Kind::SessionLog, "", log.raw()),
            _ => return Ok(()),
        };
        let offset = self.place(bytes, payload, offset);
        if let Values::Blobs(blobs) = &mut self.event(kind, tag).values {
            blobs.push(event.step, event.wall_time, bytes, offset, Some(1));
        }
        Ok(())
    }

    /// The number of values in the series of a summary's tags.
    fn lengths(&mut self, summary: &Summary<'_>) -> HashMap<u32, usize> {
        let mut lengths = HashMap::new();
        for tag in tags(summary) {
            let tag = self.tag(tag);
            lengths.extend(self.series_of(tag).map(|series| (series, self.len(series))));
        }
        lengths
    }

    /// Purges values of a summary's tags that came `before` it, from its step on.
    fn purge(&mut self, summary: &Summary<'_>, before: &HashMap<u32, usize>, step: i64) {
        for tag in tags(summary) {
            let tag = self.tag(tag);
            let known = &mut self.known[tag as usize];
            known.purged = Some(known.purged.map_or(step, |least| least.min(step)));
            let all: Vec<u32> = self.series_of(tag).collect();
            for series in all {
                let before = before.get(&series).copied().unwrap_or(0);
                restarts::add(&mut self.cold[series as usize].purges, Purge { before, step });
            }
        }
    }

    fn add_value(&mut self, value: &SummaryValue<'_>, event: &Event<'_>, offset: Option<u64>) {
        let tag = self.tag(value.tag);
        let metadata = value.metadata.as_ref();
        let claimed = self.claim(tag, matches!(value.data, Data::Tensor(_)), metadata);
        let kind = Kind::of(&value.data, claimed);
        let known = self.find(tag, kind);
        let series = known.unwrap_or_else(|| self.open(tag, kind)) as usize;
        let (hot, cold) = (&mut self.hot[series], &mut self.cold[series]);
        if cold.metadata.is_none() {
            cold.metadata = metadata.map(|metadata| Box::new(metadata.clone().into_owned()));
        }
        let is_selected = hot.is_selected && self.selection.has_step(event.step);
        let number = if kind == Kind::Scalar { value.number() } else { None };
        let Some((number, scalar)) = number.and_then(|number| Some((number, number.to_f64()?)))
        else {
            if is_selected {
                cold.values.push(kind, event, value, offset);
            }
            return;
        };
        if is_selected {
            hot.points.push(event.step, event.wall_time, scalar);
        }
        let is_known = known.is_some();
        #[cfg(test)]
        let is_known = is_known && !self.thorough;
        // A tag with only one value needs no template.
        if is_known {
            hot.template = Template::of(value, number).unwrap_or_default();
        }
    }

    /// Adds a large event by its outline. Returns false and adds nothing if all of its bytes are
    /// needed. `place` makes a place of a part of the file.
    pub fn add_outline(
        &mut self,
        outline: &Outline,
        place: impl Fn(Part) -> io::Result<Place>,
    ) -> io::Result<bool> {
        let has_step = self.selection.has_step(outline.step);
        if outline.values.iter().any(|value| self.is_needed(value, outline, has_step)) {
            return Ok(false);
        }
        self.origin.wall_time.get_or_insert(outline.wall_time);
        for value in &outline.values {
            let (tag, metadata) = (self.tag(&value.tag), value.metadata.as_ref());
            let is_tensor = matches!(value.data, Data::Tensor(_));
            let claimed = self.claim(tag, is_tensor, metadata);
            // The tensor is not selected, so errors in it do not matter.
            let kind = match is_tensor && claimed.needs_elements() {
                true => claimed,
                false => Kind::of(&value.data, claimed),
            };
            let series = self.find(tag, kind).unwrap_or_else(|| self.open(tag, kind)) as usize;
            let cold = &mut self.cold[series];
            if cold.metadata.is_none() {
                cold.metadata = value.metadata.clone().map(Box::new);
            }
            if let Values::Blobs(blobs) = &mut cold.values
                && has_step
                && self.hot[series].is_selected
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

    /// Whether all bytes of a value are needed.
    fn is_needed(&mut self, value: &outline::Value, of: &Outline, has_step: bool) -> bool {
        let tag = self.tag(&value.tag);
        let claimed = value.metadata.as_ref().map(Kind::claimed_by).or(self.claimed(tag));
        let wants = |kind| self.selection.wants(&value.tag, kind);
        match (&value.data, claimed) {
            (Data::Histogram(_), _) => has_step && wants(Kind::Histogram),
            // A value that does not fit is a tensor.
            (Data::Tensor(_), Some(kind)) if kind.needs_elements() => {
                wants(kind) || wants(Kind::Tensor)
            }
            // An earlier value of the same event may have the metadata.
            (Data::Tensor(_), None) => of.values.len() > 1,
            _ => false,
        }
    }

    /// The place of `part` in the file, if it is a part of `payload`, which is at `offset`.
    fn place(&self, part: &[u8], payload: &[u8], offset: u64) -> Option<u64> {
        let start = part.as_ptr().addr().checked_sub(payload.as_ptr().addr())?;
        let is_part = start.checked_add(part.len())? <= payload.len();
        (is_part && !self.keeps_all).then_some(offset + start as u64)
    }
}

/// The tags of a summary.
fn tags<'s>(summary: &'s Summary<'_>) -> impl Iterator<Item = &'s str> {
    summary.values().filter_map(|value| Some(value.ok()?.tag))
}
