//! Rewrites the usual records of scalars without decoding them in full.

use std::mem;

use crate::columns::memory::prefetch;
use crate::columns::shape::{Shape, Shaped, values_at};
use crate::crc32c;
use crate::proto::Kind;
use crate::proto::scalar_event::first_tag;
use crate::record::{HEADER, Verify};
use crate::rewrite::event::Values;
use crate::rewrite::group::Group;
use crate::rewrite::known::{Fate, Habit, How, Known, Lesson, Outcome};
use crate::rewrite::output::Kept;

/// The record of a scalar in a window.
struct Scalar<'w> {
    record: &'w [u8],
    /// Where it begins in the window.
    at: usize,
    step: i64,
    /// Where the summary begins in it.
    summary: usize,
    /// The bytes from the number on.
    number: &'w [u8],
}

impl Group<'_> {
    /// Rewrites the records at the beginning of `window`, as long as each has the tag and shape
    /// that are expected next, and it is known what becomes of it. Returns how many bytes and
    /// records they were.
    #[inline(never)]
    pub(super) fn predicted(&mut self, window: &[u8], verify: Verify) -> (usize, u64) {
        let (mut rest, mut records) = (window, 0);
        let mut kept = Kept::default();
        let run = self.file.run;
        let mut known = mem::take(&mut self.runs[run].known);
        let mut last = self.file.last_tag;
        let mut next = known.get(last as usize).map_or(0, |known| known.next);
        loop {
            prefetch(rest);
            let Some(Known { habit, next: after, .. }) = known.get_mut(next as usize) else {
                break;
            };
            let Some(shaped) = habit.shape.read(rest) else { break };
            let Shaped { record, payload, checksum, step, number, behind, .. } = shaped;
            if verify == Verify::Crc && crc32c::masked(payload) != checksum {
                break;
            }
            let (at, summary) = (window.len() - rest.len(), habit.shape.summary());
            let scalar = Scalar { record, at, step, summary, number };
            if !self.take(habit, &scalar, window, &mut kept) {
                break;
            }
            (last, next, rest) = (next, *after, behind);
            records += 1;
        }
        self.runs[run].known = known;
        self.file.last_tag = last;
        self.put_kept(window, &mut kept);
        (window.len() - rest.len(), records)
    }

    /// Rewrites a record with one value whose tag or length was not predicted. It does so only if
    /// it is known what becomes of the value.
    pub(super) fn one_value(&mut self, record: &[u8], event: &Values<'_>) -> bool {
        let Some(tag) = self.guess(event.values) else { return false };
        let habit = &mut self.known(tag as usize).habit;
        // That the template fits is the proof that it is this tag.
        let Some(number) = habit.template.summary_number(event.summary) else { return false };
        if !habit.shape.fits(record) {
            let shape = Shape::of(record, event.step_len, &habit.template);
            habit.shape = shape.unwrap_or_default();
        }
        let mut habit = mem::take(habit);
        self.expect(tag);
        let summary = HEADER + event.head;
        let scalar = Scalar { record, at: 0, step: event.step, summary, number };
        let mut kept = Kept::default();
        let is_taken = self.take(&mut habit, &scalar, record, &mut kept);
        self.known(tag as usize).habit = habit;
        self.put_kept(record, &mut kept);
        is_taken
    }

    /// Rewrites a record with any number of values, if it is known what becomes of all of them.
    pub(super) fn many_values(&mut self, record: &[u8], event: &Values<'_>) -> bool {
        let mut values = event.values;
        let mut found = Vec::new();
        while !values.is_empty() {
            let known = &self.runs[self.file.run].known;
            let next = known.get(self.file.last_tag as usize).map_or(0, |known| known.next);
            let number_of = |tag: u32| known.get(tag as usize)?.habit.template.value_number(values);
            let (tag, (number, length)) = match number_of(next) {
                Some(number) => (next, number),
                None => {
                    let Some(tag) = self.guess(values) else { return false };
                    let Some(number) = number_of(tag) else { return false };
                    (tag, number)
                }
            };
            if !known[tag as usize].habit.is_known(self.claims, self.is_planning) {
                return false;
            }
            self.expect(tag);
            found.push((tag, number));
            values = &values[length..];
        }
        let mut fates = Vec::with_capacity(found.len());
        for (tag, number) in found {
            fates.push(self.fate_of(tag, event.step, number));
        }
        if !self.is_planning && !fates.is_empty() {
            self.write(record, event.values, &fates);
        }
        !fates.is_empty()
    }

    /// What becomes of a scalar that follows the habit of its tag.
    fn fate_of(&mut self, tag: u32, step: i64, number: &[u8]) -> Fate {
        let (series, below) = match &self.known(tag as usize).habit.outcome {
            Outcome::Goes { series, below, .. } => (*series, *below),
            Outcome::NoTag => {
                self.report.left_out.tags += 1;
                return Fate::Gone;
            }
            Outcome::NoKind | Outcome::Unknown => {
                self.report.left_out.kinds += 1;
                return Fate::Gone;
            }
        };
        if !self.has_step(step) {
            self.report.left_out.steps += 1;
            return Fate::Gone;
        }
        if !self.stays(series, Kind::Scalar, step) {
            return Fate::Gone;
        }
        match &self.known(tag as usize).habit.outcome {
            Outcome::Goes { how: How::Edited(edit), .. } => Fate::Goes(below, edit.value(number)),
            _ => Fate::Goes(below, None),
        }
    }

    /// The number of the tag of the first value, or of another tag.
    fn guess(&self, values: &[u8]) -> Option<u32> {
        let run = &self.runs[self.file.run];
        let (tag, _) = first_tag(values)?;
        let tag = run.tags.guess(tag)?;
        ((tag as usize) < run.known.len()).then_some(tag)
    }

    /// Expects the tag whose record these bytes seem to begin with, which are not verified. Returns
    /// whether another one was expected.
    pub(super) fn expect_next(&mut self, bytes: &[u8]) -> bool {
        let named = values_at(bytes).and_then(|values| self.guess(values));
        let Some(tag) = named else { return false };
        let known = &mut self.runs[self.file.run].known;
        let last = known.get_mut(self.file.last_tag as usize);
        last.is_some_and(|last| mem::replace(&mut last.next, tag) != tag)
    }

    /// Keeps what was learnt from the event in this record, which was decoded in full.
    pub(super) fn remember(&mut self, record: &[u8], event: &Values<'_>) {
        let mut lessons = mem::take(&mut self.file.lessons);
        let claims = self.claims;
        for Lesson { tag, mut habit } in lessons.drain(..).filter(|it| it.habit.claims == claims) {
            if habit.template.summary_number(event.summary).is_some() {
                let shape = Shape::of(record, event.step_len, &habit.template);
                habit.shape = shape.unwrap_or_default();
            }
            self.known(tag as usize).habit = habit;
            self.expect(tag);
        }
        self.file.lessons = lessons;
    }

    /// Expects this tag the next time after the last one.
    fn expect(&mut self, tag: u32) {
        let known = &mut self.runs[self.file.run].known;
        if let Some(last) = known.get_mut(self.file.last_tag as usize) {
            last.next = tag;
        }
        self.file.last_tag = tag;
    }

    /// Writes what becomes of a scalar that follows the habit of its tag. If that is not known, it
    /// does nothing and returns false. A record that stays as it is may be kept, to be copied later.
    #[inline(always)]
    fn take(
        &mut self,
        habit: &mut Habit,
        scalar: &Scalar<'_>,
        window: &[u8],
        kept: &mut Kept,
    ) -> bool {
        if habit.claims != self.claims {
            return false;
        }
        let Outcome::Goes { series, below, how } = &mut habit.outcome else {
            return self.is_left_out(&habit.outcome);
        };
        let (first, last) = self.rules.steps;
        if scalar.step < first || last < scalar.step {
            self.report.left_out.steps += 1;
            return true;
        }
        let series = *series as usize;
        if self.is_planning {
            let series = &mut self.series[series];
            series.restart(&self.starts);
            series.steps.push(scalar.step);
            return true;
        }
        let output = match self.file.last_output {
            Some((directory, output)) if directory == *below => output,
            _ => match self.file.begun(*below) {
                Some(output) => output,
                None => return false,
            },
        };
        if matches!(how, How::Unknown) {
            return false;
        }
        let every = self.rules.every;
        if !self.series[series].stays(every, &mut self.report.left_out) {
            return true;
        }
        if let How::Edited(edit) = how {
            self.put_kept(window, kept);
            let Scalar { record, summary, number, .. } = *scalar;
            let put = |out: &mut Vec<u8>| edit.put(out, record, summary, number);
            if self.file.outputs.put_with(output, put).is_none() {
                self.series[series].put_back(every);
                return false;
            }
            self.report.written += 1;
            return true;
        }
        if kept.output != output || kept.end != scalar.at {
            self.put_kept(window, kept);
            *kept = Kept { output, start: scalar.at, end: scalar.at, records: 0 };
        }
        kept.end = scalar.at + scalar.record.len();
        kept.records += 1;
        true
    }

    /// Whether it is known that a value does not stay. It is counted.
    #[cold]
    fn is_left_out(&mut self, outcome: &Outcome) -> bool {
        let left_out = &mut self.report.left_out;
        match outcome {
            Outcome::NoKind => left_out.kinds += 1,
            Outcome::NoTag => left_out.tags += 1,
            Outcome::Unknown | Outcome::Goes { .. } => return false,
        }
        true
    }

    /// Writes the kept records of a window.
    #[inline(always)]
    fn put_kept(&mut self, window: &[u8], kept: &mut Kept) {
        if kept.records > 0 {
            self.file.outputs.put_kept(window, kept);
            self.report.copied += kept.records;
            self.report.written += kept.records;
            (kept.start, kept.records) = (kept.end, 0);
        }
    }
}
