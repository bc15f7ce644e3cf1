//! What becomes of each event of some files that are read in order.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::columns::restarts::{self, Purge};
use crate::columns::sessions::Sessions;
use crate::columns::{Restarts, Selection};
use crate::error::{Corruption, Error, Result};
use crate::proto::number::{event as number, summary, value as field};
use crate::proto::{Data, Event, Kind, Malformed, SessionStatus, SummaryValue, What};
use crate::record::{self, OVERHEAD, Parsed, Verify};
use crate::rewrite::event::{NUMBER, Scalar, put_event};
use crate::rewrite::known::{Claim, Current, Fate, File, Goes, Known, Run, Series, Simple, Target};
use crate::rewrite::restarts::Starts;
use crate::rewrite::rules::{Report, Route, Rules, Source, is_same_file, place};
use crate::rewrite::value::{self, Cast, Change};
use crate::scan::damage::{Damage, OnCorrupt};
use crate::scan::repair::instead_of_first;
use crate::scan::scanner::{Next, Passed, Scanner, Sink};
use crate::storage;
use crate::storage::stream::Stream;
use crate::wire::{Cursor, Value, encode};

/// The directory of the source itself among those below it.
const HERE: u32 = 0;

/// Some files, and what is known of their tags.
pub struct Group<'a> {
    rules: &'a Rules,
    route: Route<'a>,
    progress: &'a AtomicU64,
    report: Report,
    /// The directories below that of a source, by number.
    below: Vec<Box<str>>,
    /// By the number of the run.
    runs: Vec<Run>,
    targets: Vec<Target>,
    target_of: HashMap<(u32, Box<str>), u32>,
    series: Vec<Series>,
    starts: Starts,
    /// Whether it is only looked for what restarts take back.
    is_planning: bool,
    file: Current,
}

impl<'a> Group<'a> {
    pub fn new(rules: &'a Rules, route: Route<'a>, progress: &'a AtomicU64) -> Group<'a> {
        Group {
            rules,
            route,
            progress,
            report: Report::default(),
            below: vec!["".into()],
            runs: Vec::new(),
            targets: Vec::new(),
            target_of: HashMap::new(),
            series: Vec::new(),
            starts: Starts::default(),
            is_planning: false,
            file: Current::default(),
        }
    }

    pub fn run(mut self, sources: &[Source]) -> Result<Report> {
        self.runs.resize_with(sources.iter().map(|it| it.run + 1).max().unwrap_or(0), Run::default);
        if self.rules.restarts != Restarts::Raw {
            self.plan(sources)?;
        }
        let mut has_events = false;
        for (index, source) in sources.iter().enumerate() {
            self.begin(source);
            has_events |= !self.read(source)?;
            if sources.get(index + 1).is_none_or(|next| !is_same_file(source, next)) {
                // A run of which nothing stays is there all the same.
                if self.file.files.is_empty() && has_events {
                    self.file_below(HERE);
                }
                has_events = false;
                self.file.files.clear();
                let outputs = std::mem::take(&mut self.file.outputs);
                self.report.outputs.extend(outputs.finish()?);
            }
        }
        Ok(self.report)
    }

    /// Finds what restarts take back.
    fn plan(&mut self, sources: &[Source]) -> Result<()> {
        self.is_planning = true;
        for source in sources {
            self.begin(source);
            self.read(source)?;
        }
        self.is_planning = false;
        for index in 0..self.series.len() {
            self.restart(index as u32);
            let series = &mut self.series[index];
            let steps = std::mem::take(&mut series.steps);
            let taken = match self.rules.restarts {
                Restarts::LastWins => steps.superseded(),
                _ => steps.purged(&std::mem::take(&mut series.purges)),
            };
            series.taken = taken.into_iter();
            series.taking = series.taken.next();
        }
        // What tags claim is learnt anew.
        for known in self.runs.iter_mut().flat_map(|run| &mut run.known) {
            known.claim = None;
        }
        self.report = Report::default();
        Ok(())
    }

    fn begin(&mut self, source: &Source) {
        let watches = self.is_planning && self.rules.restarts == Restarts::TensorBoard;
        let file = &mut self.file;
        file.run = source.run;
        file.sessions = Sessions::resume(watches, None);
        file.first.clear();
        (file.version, file.has_begun, file.has_lost_its_first) = (None, false, false);
        file.files.values_mut().for_each(|file| file.has_begun = false);
        file.source = Some(source.clone());
    }

    /// Reads a file; whether it is none of events.
    fn read(&mut self, source: &Source) -> Result<bool> {
        let io_error = |error| Error::io(error, &source.path);
        let stream = Stream::new(storage::open(&source.path).map_err(io_error)?, Vec::new());
        let on_corrupt = self.rules.on_corrupt;
        let mut scanner = Scanner::new(stream, Verify::Crc, on_corrupt).map_err(io_error)?;
        let mut counted = 0;
        loop {
            let here = scanner.mark();
            self.progress.fetch_add(here.offset - counted, Ordering::Relaxed);
            counted = here.offset;
            let bad = match scanner.next(self).map_err(io_error)? {
                Next::Records(_) => {
                    self.report.read += scanner.mark().record - here.record;
                    self.file.outputs.relieve()?;
                    continue;
                }
                Next::Bad(bad) => bad,
            };
            match scanner.pass(bad).map_err(io_error)? {
                Passed::Damage(_, Corruption::NotAnEventFile) => {
                    self.report.foreign.push(source.path.clone());
                    return Ok(true);
                }
                Passed::Damage(_, kind) if on_corrupt == OnCorrupt::Raise => {
                    let error = Error::from(kind).at_path(&source.path);
                    return Err(error.at_record(here.offset, here.record));
                }
                Passed::Damage(length, kind) => {
                    let (path, offset) = (source.path.clone(), here.offset);
                    self.report.damage.push(Damage { path, offset, length, kind });
                    self.file.has_lost_its_first |= here.record == 0;
                }
                Passed::End(unfinished) => {
                    self.report.unfinished += unfinished;
                    return Ok(false);
                }
            }
        }
    }

    /// The number of a tag of the run that is read.
    fn tag(&mut self, tag: &str) -> usize {
        let run = &mut self.runs[self.file.run];
        let index = run.tags.insert(tag) as usize;
        if index == run.known.len() {
            run.known.push(Known::default());
        }
        index
    }

    fn known(&mut self, tag: usize) -> &mut Known {
        &mut self.runs[self.file.run].known[tag]
    }

    /// Where the values of a tag go, asked once.
    fn goes(&mut self, tag: usize) -> Goes {
        let known = self.known(tag).goes;
        if known != Goes::Unasked {
            return known;
        }
        let name: Box<str> = self.runs[self.file.run].tags.name(tag as u32).into();
        let goes = match (self.route)(self.file.run, &name) {
            None => Goes::Nowhere,
            Some(to) => {
                let below = match to.directory.as_deref().unwrap_or_default() {
                    "" => HERE,
                    directory => self.number_of(directory),
                };
                let is_renamed = to.tag.as_deref().is_some_and(|new| *new != *name);
                let tag = to.tag.map_or(name, String::into_boxed_str);
                Goes::To(self.target(below, tag), is_renamed)
            }
        };
        self.known(tag).goes = goes;
        goes
    }

    fn number_of(&mut self, directory: &str) -> u32 {
        let known = self.below.iter().position(|it| **it == *directory);
        known.unwrap_or_else(|| {
            self.below.push(directory.into());
            self.below.len() - 1
        }) as u32
    }

    fn target(&mut self, below: u32, tag: Box<str>) -> u32 {
        let next = self.targets.len() as u32;
        *self.target_of.entry((below, tag)).or_insert_with_key(|(_, tag)| {
            self.targets.push(Target { below, tag: tag.clone(), claim: None, series: Vec::new() });
            next
        })
    }

    fn series(&mut self, target: u32, kind: Kind) -> u32 {
        let target = &mut self.targets[target as usize];
        if let Some((_, series)) = target.series.iter().find(|(it, _)| *it == kind) {
            return *series;
        }
        let next = self.series.len() as u32;
        target.series.push((kind, next));
        self.series.push(Series { starts: self.starts.count(), ..Series::default() });
        next
    }

    /// Whether the next value of a series stays; it counts as one that is wanted.
    fn stays(&mut self, series: u32, kind: Kind, step: i64) -> bool {
        if self.is_planning {
            self.restart(series);
            self.series[series as usize].steps.push(step);
            return false;
        }
        let series = &mut self.series[series as usize];
        let index = series.seen;
        series.seen += 1;
        while series.taking.as_ref().is_some_and(|range| range.end <= index) {
            series.taking = series.taken.next();
        }
        if series.taking.as_ref().is_some_and(|range| range.contains(&index)) {
            self.report.left_out.restarts += 1;
            return false;
        }
        // What a step of a graph took is nothing to thin out.
        let is_chosen = kind == Kind::RunMetadata || series.kept.is_multiple_of(self.rules.every);
        series.kept += 1;
        self.report.left_out.every += u64::from(!is_chosen);
        is_chosen
    }

    /// Has a series know of the sessions that started since its last value.
    fn restart(&mut self, series: u32) {
        let series = &mut self.series[series as usize];
        if let Some(step) = self.starts.since(series.starts) {
            restarts::add(&mut series.purges, Purge { before: series.steps.len, step });
            series.starts = self.starts.count();
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

    fn has_step(&self, step: i64) -> bool {
        Selection { steps: self.rules.steps, ..Selection::default() }.has_step(step)
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

    /// Decides about an event.
    fn decide(&mut self, payload: &[u8]) -> std::result::Result<(), Malformed> {
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

    /// Writes an event as it is.
    fn copy(&mut self, below: u32, payload: &[u8]) {
        if self.is_planning {
            return;
        }
        let file = self.file_below(below);
        self.file.outputs.put_with(file, |out| record::frame(out, payload));
        self.count(true);
    }

    /// The same, in all files that are written of the source.
    fn copy_to_all(&mut self, payload: &[u8]) {
        let begun = self.file.files.iter().filter(|(_, file)| file.has_begun);
        let mut to: Vec<u32> = begun.map(|(below, _)| *below).collect();
        if !to.contains(&HERE) {
            to.push(HERE);
        }
        to.into_iter().for_each(|below| self.copy(below, payload));
    }

    fn count(&mut self, is_copied: bool) {
        self.report.written += 1;
        self.report.copied += u64::from(is_copied);
    }

    /// The file that is written of the source in this directory, which begins as the source does.
    fn file_below(&mut self, below: u32) -> usize {
        if let Some(file) = self.file.files.get(&below).filter(|file| file.has_begun) {
            return file.output;
        }
        let Current { files, outputs, source, first, version, .. } = &mut self.file;
        let file = files.entry(below).or_insert_with(|| {
            let path = source.as_ref().map(|it| place(it, &self.below[below as usize]));
            File { output: outputs.add(path.unwrap_or_default()), version: None, has_begun: false }
        });
        file.has_begun = true;
        // What came before in the same file may say it already.
        if !first.is_empty() && (version.is_none() || file.version != *version) {
            outputs.put(file.output, first);
            self.report.written += 1;
            self.report.copied += u64::from(version.is_some());
            file.version.clone_from(version);
        }
        file.output
    }

    /// Writes what becomes of a record that holds one `simple_value` of a tag that is known well;
    /// false, and nothing happens, if it is something else.
    #[inline]
    fn simple(&mut self, record: &[u8], payload: &[u8]) -> bool {
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

impl Sink for Group<'_> {
    fn run(&mut self, window: &[u8], _: u64, verify: Verify) -> (usize, u64) {
        let (mut at, mut records) = (0, 0);
        while let Parsed::Record(payload) = record::parse(&window[at..], verify) {
            let size = payload.len() + OVERHEAD;
            let is_done = !self.file.sessions.need_order()
                && self.file.has_begun
                && self.simple(&window[at..at + size], payload);
            if !is_done && self.decide(payload).is_err() {
                break;
            }
            at += size;
            records += 1;
        }
        (at, records)
    }

    fn event(&mut self, payload: &[u8], _: u64) -> std::result::Result<(), Malformed> {
        self.decide(payload)
    }
}
