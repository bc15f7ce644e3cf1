//! Counts the values of each tag in a file before it is read. This is done if there are so many
//! tags that estimates would waste memory.

use std::io;
use std::path::Path;

use crate::proto::number::{event, summary, value};
use crate::record::Verify;
use crate::scan::damage::OnCorrupt;
use crate::scan::outline::Part;
use crate::scan::scanner::{Mark, Passed, Scanned, Scanner, Sink};
use crate::scan::tags::Tags;
use crate::storage;
use crate::storage::source::Source;
use crate::storage::stream::Stream;
use crate::wire::{Cursor, Malformed, Value};

/// The number of values of each tag.
#[derive(Default)]
pub struct Counts {
    tags: Tags,
    counts: Vec<usize>,
}

impl Counts {
    /// Counts possible scalars in the file at `path` from `offset` on, where a record begins.
    /// Damage is stepped over.
    pub fn of(path: &Path, offset: u64) -> io::Result<Counts> {
        let mut counts = Counts::default();
        let stream = Stream::new(storage::open(path)?, Vec::new());
        let mut scanner = Scanner::new(stream, Verify::None, OnCorrupt::Skip)?;
        scanner.go_to(Mark { offset, record: 0 });
        loop {
            if let Scanned::Bad(bad) = scanner.next(&mut counts)?
                && let Passed::End(_) = scanner.pass(bad)?
            {
                return Ok(counts);
            }
        }
    }

    /// Each tag with its count, in the order in which the tags came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        self.tags.names().zip(self.counts.iter().copied())
    }

    fn add(&mut self, event: &[u8]) {
        for summary in messages(event, event::SUMMARY) {
            for value in messages(summary, summary::VALUE) {
                let is_number = |number| number == value::SIMPLE_VALUE || number == value::TENSOR;
                let mut fields = Cursor::new(value).flatten();
                if fields.any(|field| is_number(field.number))
                    && let Some(tag) = messages(value, value::TAG).last()
                {
                    self.count(tag);
                }
            }
        }
    }

    fn count(&mut self, tag: &[u8]) {
        let known = self.tags.guess(tag).filter(|&known| self.tags.is(known, tag));
        let Some(index) = known.or_else(|| Some(self.tags.insert(str::from_utf8(tag).ok()?)))
        else {
            return;
        };
        let index = index as usize;
        if index == self.counts.len() {
            self.counts.push(0);
        }
        self.counts[index] += 1;
    }
}

impl Sink for Counts {
    fn event(&mut self, payload: &[u8], _: u64) -> Result<(), Malformed> {
        self.add(payload);
        Ok(())
    }

    fn large(&mut self, _: &dyn Source, _: Part) -> io::Result<bool> {
        // Such an event has no scalar.
        Ok(true)
    }
}

/// The messages in a field.
fn messages(message: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    Cursor::new(message).flatten().filter_map(move |field| match field.value {
        Value::Bytes(bytes) if field.number == number => Some(bytes),
        _ => None,
    })
}
