//! Adds the records of a file, each in the fastest way that fits.

use std::mem;

use super::columns::Columns;
use super::fast::good_record;
use crate::columns::shape::Shape;
use crate::proto::Malformed;
use crate::record::{HEADER, OVERHEAD, Verify};

impl Columns<'_> {
    /// Adds the records at the beginning of `window`, which is at `offset` in the file, up to the
    /// first that is not whole or not good. Returns the number of bytes and records.
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
            let follows_histogram = mem::take(&mut self.follows_histogram);
            let (done, count, is_bad) = match (follows_histogram, self.selects) {
                // A histogram is mostly followed by another one.
                (true, _) => (0, 0, false),
                (_, false) => self.predicted::<false>(rest, verify),
                (_, true) => self.predicted::<true>(rest, verify),
            };
            at += done;
            records += count;
            if is_bad {
                break;
            }
            let rest = &rest[done..];
            if !follows_histogram && self.expect(rest) {
                continue;
            }
            let Some(payload) = good_record(rest, verify) else { break };
            let size = payload.len() + OVERHEAD;
            if follows_histogram && self.one_histogram(payload).is_some() {
                at += size;
                records += 1;
                continue;
            }
            match self.one_value(payload) {
                Some((series, step)) => {
                    let (record, hot) = (&rest[..size], &mut self.hot[series as usize]);
                    if !hot.shape.fits(record) {
                        hot.shape = Shape::of(record, step, &hot.template).unwrap_or_default();
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

    /// Adds an event, whose bytes are at `offset` in the file. A malformed event changes nothing.
    #[inline(never)]
    pub fn add(&mut self, payload: &[u8], offset: u64) -> Result<(), Malformed> {
        match self.one_histogram(payload).or_else(|| self.many_values(payload)) {
            Some(()) => Ok(()),
            None => self.decode(payload, offset),
        }
    }
}
