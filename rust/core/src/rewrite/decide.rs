//! Decides about each event, and about each value in it.

use crate::columns::restarts::{self, Purge};
use crate::columns::template::Template;
use crate::proto::number::summary;
use crate::proto::{Data, Event, Kind, Malformed, SessionStatus, SummaryValue, What};
use crate::record::{self, FOOTER, HEADER};
use crate::rewrite::edit::Edit;
use crate::rewrite::event::put_event;
use crate::rewrite::group::{Group, HERE};
use crate::rewrite::known::{Claim, Fate, Goes, Habit, How, Lesson, Outcome};
use crate::rewrite::value::{self, Change};
use crate::scan::repair::instead_of_first;
use crate::wire::{Cursor, Value};

impl Group<'_> {
    /// Decides about an event.
    pub(super) fn decide(&mut self, record: &[u8]) -> std::result::Result<(), Malformed> {
        let payload = &record[HEADER..record.len() - FOOTER];
        let event = Event::decode(payload)?;
        if let What::Summary(summary) = &event.what {
            // The whole event must be well-formed before any of it counts.
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
                self.summary(record, &event);
                for (series, before) in purges {
                    let purges = &mut self.series[series as usize].purges;
                    restarts::add(purges, Purge { before, step: event.step });
                }
                return Ok(());
            }
            What::FileVersion(version) => {
                self.file.sessions.set_version(version);
                if is_first {
                    self.file.first.extend_from_slice(record);
                    self.file.version = Some((*version).to_owned());
                } else {
                    self.copy_to_all(record);
                }
                return Ok(());
            }
            What::SessionLog(log) => {
                let is_start = log.status == SessionStatus::Start;
                if is_start && self.is_planning && !self.file.sessions.is_old() {
                    self.starts.push(event.step);
                }
                if self.wants(Kind::SessionLog) {
                    if is_start {
                        // It takes back values of earlier sources, wherever they went.
                        self.begin_all();
                    }
                    self.copy_to_all(record);
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
                    self.copy(HERE, record);
                }
                return Ok(());
            }
            What::Nothing | What::LogMessage(_) | What::Summary(_) => {
                self.copy(HERE, record);
                return Ok(());
            }
        };
        if self.wants(kind) {
            self.copy(HERE, record);
        }
        Ok(())
    }

    /// Whether a kind is selected. If not, it is counted as left out.
    fn wants(&mut self, kind: Kind) -> bool {
        let wants = self.rules.kinds.contains(kind);
        self.report.left_out.kinds += u64::from(!wants);
        wants
    }

    /// The series of an event's tags, and their numbers of values.
    fn lengths(&mut self, event: &Event<'_>) -> Vec<(u32, usize)> {
        let What::Summary(summary) = &event.what else { return Vec::new() };
        let mut all = Vec::new();
        for value in summary.values().flatten() {
            let tag = self.tag(value.tag);
            let Goes::To(target, _) = self.goes(tag) else { continue };
            for index in 0..self.targets[target as usize].series.len() {
                let (_, series) = self.targets[target as usize].series[index];
                self.series[series as usize].restart(&self.starts);
                all.push((series, self.series[series as usize].steps.len));
            }
        }
        all
    }

    /// Writes the rest of an event with values.
    fn summary(&mut self, record: &[u8], event: &Event<'_>) {
        let What::Summary(summary) = &event.what else { return };
        let mut fates = Vec::new();
        for value in summary.values().flatten() {
            fates.push(self.fate(&value, event.step));
        }
        self.write(record, summary.raw(), &fates);
    }

    /// Writes the rest of an event with a summary. `fates` has the decision on each value.
    pub(super) fn write(&mut self, record: &[u8], summary: &[u8], fates: &[Fate]) {
        let mut to: Vec<u32> = Vec::new();
        let mut is_same = true;
        for fate in fates {
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
            return self.copy(*below, record);
        }
        for below in to {
            let mut message = Vec::with_capacity(summary.len());
            let mut fates = fates.iter();
            for field in Cursor::new(summary).flatten() {
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
                put_event(out, &record[HEADER..record.len() - FOOTER], &message);
                record::finish(out, start);
            });
            self.count(false);
        }
    }

    /// The decision on a value.
    fn fate(&mut self, value: &SummaryValue<'_>, step: i64) -> Fate {
        let tag = self.tag(value.tag);
        if let (Some(metadata), None) = (&value.metadata, &self.known(tag).claim) {
            let raw = value::metadata_of(value).unwrap_or_default();
            self.known(tag).claim = Some(Claim::of(raw, metadata));
            self.claims += 1;
        }
        let claimed = match &value.metadata {
            Some(metadata) => Kind::claimed_by(metadata),
            None => self.known(tag).claim.as_ref().map_or(Kind::Tensor, |claim| claim.kind),
        };
        let kind = Kind::of(&value.data, claimed);
        if !self.rules.kinds.contains(kind) {
            self.report.left_out.kinds += 1;
            self.learn(tag, value, kind, Outcome::NoKind);
            return Fate::Gone;
        }
        // Hyperparameters have the plugin's own tag, and their step means nothing.
        let (target, is_renamed) = match kind {
            Kind::HParams => (self.target(HERE, value.tag.into()), false),
            _ => match self.goes(tag) {
                Goes::To(target, is_renamed) => (target, is_renamed),
                Goes::Nowhere | Goes::Unasked => {
                    self.report.left_out.tags += 1;
                    self.learn(tag, value, kind, Outcome::NoTag);
                    return Fate::Gone;
                }
            },
        };
        let mut is_learnt = false;
        if kind != Kind::HParams {
            let (series, below) = (self.series(target, kind), self.targets[target as usize].below);
            let outcome = Outcome::Goes { series, below, how: How::Unknown };
            is_learnt = self.learn(tag, value, kind, outcome);
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
        self.rewritten(value, kind, tag, target, is_renamed, is_learnt)
    }

    /// Notes the decision on a scalar, for similar ones. Returns whether it is new.
    fn learn(
        &mut self,
        tag: usize,
        value: &SummaryValue<'_>,
        kind: Kind,
        outcome: Outcome,
    ) -> bool {
        if !self.file.is_values || kind != Kind::Scalar {
            return false;
        }
        let (claims, is_planning) = (self.claims, self.is_planning);
        let habit = &self.known(tag).habit;
        let fits = habit.template.value_number(value.raw).is_some();
        let Some(template) = value.number().and_then(|number| Template::of(value, number)) else {
            return false;
        };
        let is_news = !fits || !habit.is_known(claims, is_planning);
        if is_news {
            let habit = Habit { template, outcome, claims, ..Habit::default() };
            self.file.lessons.push(Lesson { tag: tag as u32, habit });
        }
        is_news
    }

    /// A value that stays, in the form in which it is written.
    fn rewritten(
        &mut self,
        value: &SummaryValue<'_>,
        kind: Kind,
        tag: usize,
        target: u32,
        is_renamed: bool,
        is_learnt: bool,
    ) -> Fate {
        let to = &mut self.targets[target as usize];
        let claim = self.runs[self.file.run].known[tag].claim.as_ref();
        // The metadata of the tag may not have been written. If tags were merged, those of another
        // tag may have been.
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
        let (route, run) = (self.route, self.file.run);
        let rename = |tag: &str| route(run, tag)?.tag;
        let change = Change { tag, metadata, cast: self.rules.cast, rename: Some(&rename) };
        let changed = value::changed(value, kind, &change);
        if to.claim.is_none() {
            to.claim = match &changed {
                Some(changed) => changed.metadata.clone(),
                None => value::metadata_of(value),
            };
            self.claims += u32::from(to.claim.is_some());
        }
        if is_learnt
            && let Some(Lesson { habit, .. }) = self.file.lessons.last_mut()
            && let Outcome::Goes { how, .. } = &mut habit.outcome
        {
            *how = match &changed {
                Some(changed) => {
                    Edit::of(changed, habit.template.number().1).map_or(How::Unknown, How::Edited)
                }
                None => How::Same,
            };
        }
        Fate::Goes(to.below, changed.map(|changed| changed.field))
    }
}
