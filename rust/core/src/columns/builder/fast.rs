//! Adds records of the usual shapes without decoding them in full.

use std::borrow::Cow;
use std::mem;

use super::columns::Columns;
use crate::columns::memory::prefetch;
use crate::columns::series::Values;
use crate::columns::shape::{Shaped, WALL_TIME_LEN, values_at};
use crate::crc32c::{self, Hardware};
use crate::proto::number::value;
use crate::proto::scalar_event::{SUMMARY, TAG, VALUE, first_tag, head, values_of, varint, whole};
use crate::proto::{Histogram, Kind};
use crate::record::{self, Parsed, Verify};
use crate::wire::{BYTES, key};

/// The key of a value's histogram.
const HISTOGRAM: u8 = key(value::HISTO, BYTES) as u8;

impl Columns<'_> {
    /// Adds the records at the beginning of `window` that have the usual shape: `wall_time, step?,
    /// summary` with one value of the expected tag. Returns the number of bytes and records, and
    /// whether the record that follows has a checksum that is wrong.
    #[inline(never)]
    pub(super) fn predicted<const SELECTS: bool>(
        &mut self,
        window: &[u8],
        verify: Verify,
    ) -> (usize, u64, bool) {
        match (verify, Hardware::new()) {
            (Verify::None, _) => self.predicted_by::<SELECTS>(window, |_, _| true),
            (Verify::Crc, Some(hardware)) => self
                .predicted_by::<SELECTS>(window, |payload, checksum| {
                    hardware.masked(payload) == checksum
                }),
            (Verify::Crc, None) => self.predicted_by::<SELECTS>(window, |payload, checksum| {
                crc32c::masked(payload) == checksum
            }),
        }
    }

    #[inline(always)]
    fn predicted_by<const SELECTS: bool>(
        &mut self,
        window: &[u8],
        is_good: impl Fn(&[u8], u32) -> bool,
    ) -> (usize, u64, bool) {
        let (mut rest, mut records) = (window, 0);
        let mut last = self.last;
        let selection = self.selection;
        let hot = &mut self.hot[..];
        let mut next = hot.get(last as usize).map_or(u32::MAX, |hot| hot.next);
        let is_bad = loop {
            prefetch(rest);
            let Some(hot) = hot.get_mut(next as usize) else { break false };
            let Some(shaped) = hot.shape.read(rest) else { break false };
            let Shaped { payload, checksum, wall_time, step, value, behind, .. } = shaped;
            if !is_good(payload, checksum) {
                break true;
            }
            if !SELECTS || (hot.is_selected && selection.has_step(step)) {
                hot.points.push(step, wall_time, value);
            }
            (last, next, rest) = (next, hot.next, behind);
            records += 1;
        };
        self.last = last;
        (window.len() - rest.len(), records, is_bad)
    }

    /// Expects the series whose record these bytes seem to begin with, which are not verified.
    /// Returns whether another one was expected.
    #[inline(never)]
    pub(super) fn expect(&mut self, bytes: &[u8]) -> bool {
        let named = values_at(bytes).and_then(|values| self.guess(values));
        let Some(series) = named else { return false };
        mem::replace(&mut self.hot[self.last as usize].next, series) != series
    }

    /// Adds an event with one value of a known shape whose series or length was not predicted.
    /// Returns its series, and the number of bytes of its step.
    #[inline(never)]
    pub(super) fn one_value(&mut self, payload: &[u8]) -> Option<(u32, usize)> {
        let (wall_time, step, summary) = head(payload)?;
        let series = self.guess(values_of(summary)?)?;
        let hot = &mut self.hot[series as usize];
        let value = hot.template.read_summary(summary)?;
        if hot.is_selected && self.selection.has_step(step) {
            hot.points.push(step, wall_time, value);
        }
        self.hot[self.last as usize].next = series;
        self.last = series;
        Some((series, payload.len() - WALL_TIME_LEN - summary.len()))
    }

    /// The usual series of the scalar at the beginning of `values`, if it is known. It is proved
    /// when the template fits.
    #[inline]
    fn guess(&self, values: &[u8]) -> Option<u32> {
        let (name, data) = first_tag(values)?;
        // A histogram need not be looked up here.
        let tag = (data.first() != Some(&HISTOGRAM)).then(|| self.tags.guess(name))??;
        self.find(tag, Kind::Scalar)
    }

    /// Adds an event with one histogram in the older encoding, if its tag is known.
    pub(super) fn one_histogram(&mut self, payload: &[u8]) -> Option<()> {
        #[cfg(test)]
        if self.thorough {
            return None;
        }
        let (wall_time, step, summary) = head(payload)?;
        // Each of these is the last field of the one that contains it.
        let values = whole(summary.strip_prefix(&[SUMMARY])?)?;
        let value = whole(values.strip_prefix(&[VALUE])?)?;
        let (length, rest) = varint(value.strip_prefix(&[TAG])?)?;
        let (name, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let message = whole(rest.strip_prefix(&[HISTOGRAM])?)?;
        let series = self.histograms(name)?;
        let Values::Histograms(histograms) = &mut self.cold[series as usize].values else {
            return None;
        };
        let histogram = Histogram::decode(Cow::Borrowed(message)).ok()?;
        self.origin.wall_time.get_or_insert(wall_time);
        if self.selection.has_step(step) {
            histograms.push_message(step, wall_time, &histogram);
        }
        self.follows_histogram = true;
        Some(())
    }

    /// The series of a tag's histograms, if it is known. Most tags come in the same order each time.
    #[inline]
    fn histograms(&mut self, tag: &[u8]) -> Option<u32> {
        let last = self.last_histogram as usize;
        let next = self.hot.get(last)?.next;
        let is_next = self
            .cold
            .get(next as usize)
            .is_some_and(|series| series.kind == Kind::Histogram && self.tags.is(series.tag, tag));
        let series = match is_next {
            true => next,
            false => {
                let tag = self.tags.guess(tag).filter(|&it| self.tags.is(it, tag))?;
                self.find(tag, Kind::Histogram)?
            }
        };
        self.hot[last].next = series;
        self.last_histogram = series;
        Some(series)
    }

    /// Adds an event `wall_time, step?, summary` with any number of values of known shapes.
    pub(super) fn many_values(&mut self, payload: &[u8]) -> Option<()> {
        let (wall_time, step, summary) = head(payload)?;
        let mut values = whole(summary.strip_prefix(&[SUMMARY])?)?;
        self.pending.clear();
        while !values.is_empty() {
            let predicted = self.hot.get(self.last as usize)?.next;
            let read = self.hot.get(predicted as usize)?.template.read_value(values);
            let (series, (value, length)) = match read {
                Some(read) => (predicted, read),
                None => {
                    let series = self.guess(values)?;
                    let read = self.hot[series as usize].template.read_value(values)?;
                    self.hot[self.last as usize].next = series;
                    (series, read)
                }
            };
            self.last = series;
            self.pending.push((series, value));
            values = &values[length..];
        }
        if self.selection.has_step(step) {
            for &(series, value) in &self.pending {
                let hot = &mut self.hot[series as usize];
                if hot.is_selected {
                    hot.points.push(step, wall_time, value);
                }
            }
        }
        Some(())
    }
}

/// The payload of the record at the beginning of `bytes`, if it is whole and good.
#[inline(never)]
pub(super) fn good_record(bytes: &[u8], verify: Verify) -> Option<&[u8]> {
    match record::parse(bytes, verify) {
        Parsed::Record(payload) => Some(payload),
        _ => None,
    }
}
