//! What becomes of each event, and of each value in it.

use crate::columns::restarts::{self, Purge};
use crate::proto::number::{event as number, summary, value as field};
use crate::proto::{Data, Event, Kind, Malformed, SessionStatus, SummaryValue, What};
use crate::record;
use crate::rewrite::event::{NUMBER, Scalar, put_event};
use crate::rewrite::group::{Group, HERE};
use crate::rewrite::known::{Claim, Fate, Goes, Simple};
use crate::rewrite::value::{self, Cast, Change};
use crate::scan::repair::instead_of_first;
use crate::wire::{Cursor, Value, encode};

impl Group<'_> {
    /// Decides about an event.
    pub(super) fn decide(&mut self, payload: &[u8]) -> std::result::Result<(), Malformed> {
        let event = Event::decode(payload)?;
        if let What::Summary(summary) = &event.what {
            // All of it must be well-formed before any of it counts.
            summary.values().try_for_each(|value| value.map(drop))?;
        }
        let is_first = !std::mem::replace(&mut self.file.has_begun, true);
        if is_first
            && self.file.has_lost_its_first
            && let Some(first) = instead_of_first(payload)
        {
            self.file.first = first;
        }
        let is_backwards = self.is_planning
            && self.file.sessions.need_order()
            && self.file.sessions.is_old()
            && self
                .file
                .sessions
                .goes_backwards(event.step, matches!(event.what, What::Summary(_)));
        let kind = match &event.what {
            What::Summary(summary) if summary.values().next().is_some() => {
                let purges = if is_backwards { self.lengths(&event) } else { Vec::new() };
                self.summary(payload, &event);
                for (series, before) in purges {
                    let purges = &mut self.series[series as usize].purges;
                    restarts::add(purges, Purge { before, step: event.step });
                }
                return Ok(());
            }
            What::FileVersion(version) => {
                self.file.sessions.set_version(version);
                if is_first {
                    record::frame(&mut self.file.first, payload);
                    self.file.version = Some((*version).to_owned());
                } else {
                    self.copy_to_all(payload);
                }
                return Ok(());
            }
            What::SessionLog(log) => {
                let is_start = log.status == SessionStatus::Start;
                if is_start && self.is_planning && !self.file.sessions.is_old() {
                    self.starts.push(event.step);
                }
                if self.wants(Kind::SessionLog) {
                    self.copy_to_all(payload);
                }
                return Ok(());
            }
            What::Graph(_) => Kind::Graph,
            What::MetaGraph(_) => Kind::MetaGraph,
            What::RunMetadata(tagged) => {
                let target = self.target(HERE, (&*tagged.tag).into());
                let series = self.series(target, Kind::RunMetadata);
                if self.wants(Kind::RunMetadata)
                    && self.stays(series, Kind::RunMetadata, event.step)
                {
                    self.copy(HERE, payload);
                }
                return Ok(());
            }
            What::Nothing | What::LogMessage(_) | What::Summary(_) => {
                self.copy(HERE, payload);
                return Ok(());
            }
        };
        if self.wants(kind) {
            self.copy(HERE, payload);
        }
        Ok(())
    }

    /// Whether a kind is wanted; it counts if not.
    fn wants(&mut self, kind: Kind) -> bool {
        let wants = self.rules.kinds.contains(kind);
        self.report.left_out.kinds += u64::from(!wants);
        wants
    }

    /// The series that an event's tags have, and how many values.
    fn lengths(&mut self, event: &Event<'_>) -> Vec<(u32, usize)> {
        let What::Summary(summary) = &event.what else { return Vec::new() };
        let mut all = Vec::new();
        for value in summary.values().flatten() {
            let tag = self.tag(value.tag);
            let Goes::To(target, _) = self.goes(tag) else { continue };
            for index in 0..self.targets[target as usize].series.len() {
                let (_, series) = self.targets[target as usize].series[index];
                self.restart(series);
                all.push((series, self.series[series as usize].steps.len));
            }
        }
        all
    }

    /// Writes what is to stay of an event with values.
    fn summary(&mut self, payload: &[u8], event: &Event<'_>) {
        let What::Summary(summary) = &event.what else { return };
        let mut fates = Vec::new();
        for value in summary.values().flatten() {
            fates.push(self.fate(&value, event.step));
        }
        let mut to: Vec<u32> = Vec::new();
        let mut is_same = true;
        for fate in &fates {
            match fate {
                Fate::Gone => is_same = false,
                Fate::Goes(below, changed) => {
                    is_same &= changed.is_none();
                    if !to.contains(below) {
                        to.push(*below);
                    }
                }
            }
        }
        if let (true, [below]) = (is_same, &to[..]) {
            return self.copy(*below, payload);
        }
        for below in to {
            let mut message = Vec::with_capacity(summary.raw().len());
            let mut fates = fates.iter();
            for field in Cursor::new(summary.raw()).flatten() {
                match (field.number, field.value) {
                    (summary::VALUE, Value::Bytes(_)) => match fates.next() {
                        Some(Fate::Goes(to, changed)) if *to == below => {
                            message.extend_from_slice(changed.as_deref().unwrap_or(field.raw));
                        }
                        _ => {}
                    },
                    _ => message.extend_from_slice(field.raw),
                }
            }
            let file = self.file_below(below);
            self.file.outputs.put_with(file, |out| {
                let start = record::start(out);
                put_event(out, payload, &message);
                record::finish(out, start);
                record::seal(&mut out[start..]);
            });
            self.count(false);
        }
    }

    /// What becomes of a value.
    fn fate(&mut self, value: &SummaryValue<'_>, step: i64) -> Fate {
        let tag = self.tag(value.tag);
        if let (Some(metadata), None) = (&value.metadata, &self.known(tag).claim) {
            let raw = value::metadata_of(value).unwrap_or_default();
            let known = self.known(tag);
            (known.claim, known.simple) = (Some(Claim::of(raw, metadata)), None);
        }
        let claimed = match &value.metadata {
            Some(metadata) => Kind::claimed_by(metadata),
            None => self.known(tag).claim.as_ref().map_or(Kind::Tensor, |claim| claim.kind),
        };
        let kind = Kind::of(&value.data, claimed);
        if !self.rules.kinds.contains(kind) {
            self.report.left_out.kinds += 1;
            return Fate::Gone;
        }
        // The tag of hyperparameters is the plugin's own, and their step says nothing.
        let (target, is_renamed) = match kind {
            Kind::HParams => (self.target(HERE, value.tag.into()), false),
            _ => match self.goes(tag) {
                Goes::To(target, is_renamed) => (target, is_renamed),
                Goes::Nowhere | Goes::Unasked => {
                    self.report.left_out.tags += 1;
                    return Fate::Gone;
                }
            },
        };
        if kind != Kind::HParams {
            let series = self.series(target, kind);
            if matches!(value.data, Data::SimpleValue(_)) && value.metadata.is_none() {
                let claim = &self.runs[self.file.run].known[tag].claim;
                if claim.is_none() && self.rules.cast == Cast::default() {
                    self.known(tag).simple = Some(Simple { series, target, is_renamed });
                }
            }
            if !self.has_step(step) {
                self.report.left_out.steps += 1;
                return Fate::Gone;
            }
            if !self.stays(series, kind, step) {
                return Fate::Gone;
            }
        }
        if self.is_planning {
            return Fate::Gone;
        }
        self.rewritten(value, kind, tag, target, is_renamed)
    }

    /// A value that stays, as it is to be written.
    fn rewritten(
        &mut self,
        value: &SummaryValue<'_>,
        kind: Kind,
        tag: usize,
        target: u32,
        is_renamed: bool,
    ) -> Fate {
        let to = &mut self.targets[target as usize];
        let claim = self.runs[self.file.run].known[tag].claim.as_ref();
        // What said what the tag is may not have been written; or, where tags became one, something
        // else may have been.
        let metadata = match (&value.data, claim) {
            _ if value.metadata.is_some() => None,
            (Data::Tensor(_), None) => to.claim.as_ref().map(|_| &[][..]),
            (Data::Tensor(_), Some(claim)) => {
                Some(&*claim.metadata).filter(|it| to.claim.as_deref() != Some(it))
            }
            (_, Some(claim)) if claim.is_open || claim.kind == kind => {
                Some(&*claim.metadata).filter(|_| to.claim.is_none())
            }
            _ => None,
        };
        let tag = is_renamed.then_some(&*to.tag);
        let change = Change { tag, metadata, cast: self.rules.cast };
        match value::changed(value, kind, &change) {
            Some((bytes, metadata)) => {
                to.claim = to.claim.take().or(metadata);
                Fate::Goes(to.below, Some(bytes))
            }
            None => {
                if to.claim.is_none() {
                    to.claim = value::metadata_of(value);
                }
                Fate::Goes(to.below, None)
            }
        }
    }

    /// Writes what becomes of a record that holds one `simple_value` of a tag that is known well;
    /// false, and nothing happens, if it is something else.
    #[inline]
    pub(super) fn simple(&mut self, record: &[u8], payload: &[u8]) -> bool {
        let Some(scalar) = Scalar::of(payload) else { return false };
        let run = &mut self.runs[self.file.run];
        let last = self.file.last_tag;
        let guess = run.known.get(last as usize).map_or(0, |known| known.next);
        let tag = match run.tags.is(guess, scalar.tag) {
            true => guess,
            false => {
                let found = run.tags.guess(scalar.tag).filter(|&it| run.tags.is(it, scalar.tag));
                let Some(found) = found else { return false };
                if let Some(known) = run.known.get_mut(last as usize) {
                    known.next = found;
                }
                found
            }
        };
        self.file.last_tag = tag;
        let Some(Simple { series, target, is_renamed }) = run.known[tag as usize].simple else {
            return false;
        };
        if !self.has_step(scalar.step) {
            self.report.left_out.steps += 1;
            return true;
        }
        if !self.stays(series, Kind::Scalar, scalar.step) {
            return true;
        }
        let below = self.targets[target as usize].below;
        let file = self.file_below(below);
        if !is_renamed {
            self.file.outputs.put(file, record);
            self.count(true);
            return true;
        }
        let tag = &*self.targets[target as usize].tag;
        let head = &payload[..scalar.head];
        let number = &payload[payload.len() - NUMBER..];
        self.file.outputs.put_with(file, |out| {
            let start = record::start(out);
            out.extend_from_slice(head);
            let value = encode::bytes_field_len(field::TAG, tag.len()) + NUMBER;
            let message = encode::bytes_field_len(summary::VALUE, value);
            encode::bytes_key(out, number::SUMMARY, message);
            encode::bytes_key(out, summary::VALUE, value);
            encode::bytes_field(out, field::TAG, tag.as_bytes());
            out.extend_from_slice(number);
            record::finish(out, start);
            record::seal(&mut out[start..]);
        });
        self.count(false);
        true
    }
}
