//! Reads several files in order, record by record.

use std::fs;
use std::sync::atomic::Ordering;

use crate::columns::Restarts;
use crate::columns::sessions::Sessions;
use crate::error::{Corruption, Error, ErrorKind, Result};
use crate::proto::Malformed;
use crate::record::{self, OVERHEAD, Parsed, Verify};
use crate::rewrite::event::Values;
use crate::rewrite::group::{Group, HERE};
use crate::rewrite::known::{Habit, Run};
use crate::rewrite::rules::{Report, Source, is_same_file};
use crate::scan::damage::{Damage, OnCorrupt};
use crate::scan::scanner::{Passed, Scanned, Scanner, Sink};
use crate::storage;
use crate::storage::stream::Stream;

impl Group<'_> {
    /// Rewrites the files. Returns None, and leaves no files, if the first pass accepted damage.
    pub fn run(mut self, sources: &[Source]) -> Result<Option<Report>> {
        self.runs.resize_with(sources.iter().map(|it| it.run + 1).max().unwrap_or(0), Run::default);
        let mut planned = None;
        if self.rules.restarts != Restarts::Raw {
            match self.plan(sources) {
                Ok(report) => planned = Some(report.found()),
                // A damaged record that was accepted may come before this one.
                Err(error) if self.is_trusting && matches!(error.kind(), ErrorKind::Corrupt(_)) => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        let mut has_events = false;
        for (index, source) in sources.iter().enumerate() {
            self.begin(source);
            has_events |= !self.read(source)?;
            if sources.get(index + 1).is_none_or(|next| !is_same_file(source, next)) {
                // The directory of a run is made even if nothing of it stays.
                if self.file.files.is_empty() && has_events {
                    self.file_below(HERE);
                }
                has_events = false;
                self.file.files.clear();
                let outputs = std::mem::take(&mut self.file.outputs);
                self.report.outputs.extend(outputs.finish()?);
            }
        }
        if self.is_trusting && planned != Some(self.report.found()) {
            for path in &self.report.outputs {
                fs::remove_file(path).map_err(|error| Error::io(error, path))?;
            }
            return Ok(None);
        }
        Ok(Some(self.report))
    }

    /// Finds the values that restarts purge. Returns the report of this pass.
    fn plan(&mut self, sources: &[Source]) -> Result<Report> {
        self.is_planning = true;
        for source in sources {
            self.begin(source);
            self.read(source)?;
        }
        self.is_planning = false;
        for index in 0..self.series.len() {
            let series = &mut self.series[index];
            series.restart(&self.starts);
            let steps = std::mem::take(&mut series.steps);
            let taken = match self.rules.restarts {
                Restarts::LastWins => steps.superseded(),
                _ => steps.purged(&std::mem::take(&mut series.purges)),
            };
            series.taken = taken.into_iter();
        }
        // The claims of tags are learned again.
        for known in self.runs.iter_mut().flat_map(|run| &mut run.known) {
            (known.claim, known.habit) = (None, Habit::default());
        }
        Ok(std::mem::take(&mut self.report))
    }

    fn begin(&mut self, source: &Source) {
        let watches = self.is_planning && self.rules.restarts == Restarts::TensorBoard;
        let file = &mut self.file;
        file.run = source.run;
        file.sessions = Sessions::resume(watches, None);
        file.first.clear();
        (file.version, file.has_begun, file.has_lost_its_first) = (None, false, false);
        file.files.values_mut().for_each(|file| file.has_begun = false);
        file.last_output = None;
        file.source = Some(source.clone());
    }

    /// Reads a file. Returns whether it is not an event file.
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
                Scanned::Records(_) => {
                    self.report.read += scanner.mark().record - here.record;
                    self.file.outputs.relieve()?;
                    continue;
                }
                Scanned::Bad(bad) => bad,
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
}

impl Sink for Group<'_> {
    fn run(&mut self, window: &[u8], _: u64, verify: Verify) -> (usize, u64) {
        let (mut at, mut records) = (0, 0);
        loop {
            // If order matters, each event is decoded in its turn.
            let is_fast = !self.file.sessions.need_order() && self.file.has_begun;
            if is_fast {
                let trusts = self.is_trusting && self.is_planning;
                let sums = if trusts { Verify::None } else { verify };
                let (size, count) = self.predicted(&window[at..], sums);
                at += size;
                records += count;
                if self.expect_next(&window[at..]) {
                    continue;
                }
            }
            let Parsed::Record(payload) = record::parse(&window[at..], verify) else { break };
            let record = &window[at..at + payload.len() + OVERHEAD];
            let event = Values::of(payload).filter(|_| is_fast);
            let is_done = event.as_ref().is_some_and(|event| {
                self.one_value(record, event) || self.many_values(record, event)
            });
            if !is_done {
                self.file.is_values = event.is_some();
                if self.decide(record).is_err() {
                    break;
                }
                if let Some(event) = event {
                    self.remember(record, &event);
                }
            }
            at += record.len();
            records += 1;
        }
        (at, records)
    }

    fn event(&mut self, payload: &[u8], _: u64) -> std::result::Result<(), Malformed> {
        let mut record = Vec::with_capacity(payload.len() + OVERHEAD);
        record::frame(&mut record, payload);
        self.file.is_values = false;
        self.decide(&record)
    }
}
