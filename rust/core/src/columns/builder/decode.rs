//! Events of any shape, decoded in full.

use std::io;

use super::Columns;
use crate::columns::blobs::Place;
use crate::columns::restarts::{self, Purge};
use crate::columns::series::Values;
use crate::columns::template::Template;
use crate::proto::kind::Kind;
use crate::proto::{
    Data, Element, Event, Malformed, SessionStatus, SummaryValue, TensorScalar, What,
};
use crate::scan::outline::{Outline, Part};

impl Columns<'_> {
    /// Takes in any event.
    #[inline(never)]
    pub(super) fn decode(&mut self, payload: &[u8], offset: u64) -> Result<(), Malformed> {
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
    fn counts<'s>(&self, summary: &'s crate::proto::Summary<'_>) -> Vec<(&'s str, usize)> {
        let count = |tag| {
            let tag = self.tags.get(tag).map_or(usize::MAX, |tag| tag as usize);
            let points = self.hot.get(tag).map_or(0, |hot| hot.points.len());
            points + self.cold.get(tag).map_or(0, |cold| cold.values.len())
        };
        tags(summary).map(|tag| (tag, count(tag))).collect()
    }

    /// Notes which tags have values since the last restart.
    fn touch(&mut self, summary: &crate::proto::Summary<'_>) {
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
            Data::SimpleValue(bytes) => Some(TensorScalar::Fixed(Element::F32, bytes)),
            Data::Tensor(tensor) => tensor.scalar(),
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
}

/// The tags of a summary.
fn tags<'s>(summary: &'s crate::proto::Summary<'_>) -> impl Iterator<Item = &'s str> {
    summary.values().filter_map(|value| Some(value.ok()?.tag))
}
