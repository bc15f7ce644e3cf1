//! Iterates over the events of one file as they are written.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Corruption, Error, Result};
use crate::proto::{Data, Event, What};
use crate::record::Verify;
use crate::scan::damage::OnCorrupt;
use crate::scan::scanner::{Bad, Scanned, Scanner, Sink};
use crate::storage;
use crate::storage::stream::Stream;
use crate::wire::Malformed;

/// About this number of bytes of events is returned at once.
const BATCH: u64 = 4 << 20;

/// A file, and the place up to which it was read.
///
/// Reading ends before the first record that is unfinished or damaged. The next call continues
/// there, as in TensorBoard.
pub struct Tail {
    path: PathBuf,
    scanner: Scanner,
}

/// The next items in a file.
#[derive(Debug)]
pub enum Item {
    /// Events that hold nothing but a `simple_value` under each tag.
    Scalars(Scalars),
    /// The payload of another event.
    Event(Vec<u8>),
    /// A record that is not an event.
    Malformed(Error),
}

/// The scalars of several events, in columns.
#[derive(Debug, Default)]
pub struct Scalars {
    /// The tags, in the order of their first values.
    pub tags: Vec<String>,
    /// The tag of each value, as an index.
    pub tag: Vec<i64>,
    /// The event of each value, as an index.
    pub event: Vec<i64>,
    /// The event's step.
    pub step: Vec<i64>,
    /// The event's time, in seconds since the epoch.
    pub wall_time: Vec<f64>,
    /// The value.
    pub value: Vec<f32>,
}

impl Tail {
    /// The beginning of a file.
    pub fn open(path: &Path) -> Result<Tail> {
        let io_error = |error| Error::io(error, path);
        let stream = Stream::new(storage::open(path).map_err(io_error)?, Vec::new());
        let scanner = Scanner::new(stream, Verify::Crc, OnCorrupt::Raise).map_err(io_error)?;
        Ok(Tail { path: path.to_path_buf(), scanner })
    }

    /// The next events, at most `limit`. None if the file ends for now.
    pub fn load(&mut self, limit: usize) -> Result<Vec<Item>> {
        self.load_items(limit).map_err(|error| Error::io(error, &self.path))
    }

    fn load_items(&mut self, limit: usize) -> io::Result<Vec<Item>> {
        let mut batch = Batch::default();
        let begin = self.scanner.mark().offset;
        while batch.count < limit && self.scanner.mark().offset - begin < BATCH {
            let bad = match self.scanner.next(&mut batch)? {
                Scanned::Records(_) => continue,
                Scanned::Bad(bad) => bad,
            };
            if let Bad::Record { size, is_intact: true, .. } = bad {
                let mark = self.scanner.mark();
                let error = Error::from(Corruption::Message).at_path(&self.path);
                batch.items.push(Item::Malformed(error.at_record(mark.offset, mark.record)));
                self.scanner.step_over(size);
                break;
            }
            if !self.scanner.grow()? {
                // The writer of the file may write here again.
                self.scanner.stream_mut().free();
                break;
            }
        }
        Ok(batch.items)
    }
}

/// Items that are returned at once.
#[derive(Default)]
struct Batch {
    items: Vec<Item>,
    /// The number of events.
    count: usize,
    /// The tags of the last item.
    tags: HashMap<String, i64>,
}

impl Sink for Batch {
    fn event(&mut self, payload: &[u8], _: u64) -> std::result::Result<(), Malformed> {
        if !matches!(self.items.last(), Some(Item::Scalars(_))) {
            self.tags.clear();
            self.items.push(Item::Scalars(Scalars::default()));
        }
        if let Some(Item::Scalars(scalars)) = self.items.last_mut()
            && !scalars.extend(payload, &mut self.tags)?
        {
            self.items.push(Item::Event(payload.to_vec()));
        }
        self.count += 1;
        Ok(())
    }
}

impl Scalars {
    /// Adds the values of an event if all are scalars. Otherwise it returns false and adds nothing.
    fn extend(
        &mut self,
        payload: &[u8],
        tags: &mut HashMap<String, i64>,
    ) -> std::result::Result<bool, Malformed> {
        let event = Event::decode(payload)?;
        let What::Summary(summary) = &event.what else { return Ok(false) };
        let mut only_scalars = event.writer.is_none();
        let mut count = 0;
        // All values are decoded first, so that a malformed one is found before any is added.
        for value in summary.values() {
            let value = value?;
            count += 1;
            only_scalars &= value.metadata.is_none()
                && !value.tag.is_empty()
                && matches!(value.data, Data::SimpleValue(_));
        }
        if !only_scalars || count == 0 {
            return Ok(false);
        }
        let number = self.event.last().map_or(0, |last| last + 1);
        for value in summary.values() {
            let value = value?;
            let Data::SimpleValue(&[a, b, c, d]) = value.data else { continue };
            let tag = match tags.get(value.tag) {
                Some(&tag) => tag,
                None => {
                    let tag = self.tags.len() as i64;
                    self.tags.push(value.tag.to_owned());
                    tags.insert(value.tag.to_owned(), tag);
                    tag
                }
            };
            self.tag.push(tag);
            self.event.push(number);
            self.step.push(event.step);
            self.wall_time.push(event.wall_time);
            self.value.push(f32::from_le_bytes([a, b, c, d]));
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::record;
    use crate::wire::encode;

    fn scalar(step: u64, tag: &str) -> Vec<u8> {
        let (mut value, mut summary, mut event) = (Vec::new(), Vec::new(), Vec::new());
        encode::bytes_field(&mut value, 1, tag.as_bytes());
        encode::float_field(&mut value, 2, 0.5);
        encode::bytes_field(&mut summary, 1, &value);
        encode::varint_field(&mut event, 2, step);
        encode::bytes_field(&mut event, 5, &summary);
        event
    }

    fn framed(payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        record::frame(&mut out, payload);
        out
    }

    fn shown(items: &[Item]) -> String {
        let show = |item: &Item| match item {
            Item::Scalars(scalars) => format!("{:?}{:?}", scalars.tags, scalars.step),
            Item::Event(payload) => format!("event of {}", payload.len()),
            Item::Malformed(error) => format!("record {:?}", error.record()),
        };
        let some = |item: &&Item| !matches!(item, Item::Scalars(scalars) if scalars.tag.is_empty());
        items.iter().filter(some).map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_file_that_grows_byte_by_byte() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut tail = Tail::open(file.path()).unwrap();
        let bytes =
            [framed(b"\x1a\x01x"), framed(&scalar(1, "a")), framed(&scalar(2, "b"))].concat();
        let mut all = Vec::new();
        for byte in bytes {
            file.write_all(&[byte]).unwrap();
            all.extend(tail.load(usize::MAX).unwrap());
        }
        assert_eq!(shown(&all), r#"event of 3 ["a"][1] ["b"][2]"#);
    }

    #[test]
    fn a_record_that_is_no_event_ends_a_batch_and_is_passed() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let bytes = [framed(&scalar(1, "a")), framed(b"\xff"), framed(&scalar(2, "a"))].concat();
        file.write_all(&bytes).unwrap();
        let mut tail = Tail::open(file.path()).unwrap();
        assert_eq!(shown(&tail.load(usize::MAX).unwrap()), r#"["a"][1] record Some(1)"#);
        assert_eq!(shown(&tail.load(usize::MAX).unwrap()), r#"["a"][2]"#);
        assert_eq!(shown(&tail.load(usize::MAX).unwrap()), "");
    }

    #[test]
    fn a_damaged_record_ends_the_file_until_it_is_mended() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let bytes = [framed(&scalar(1, "a")), framed(&scalar(2, "a"))].concat();
        let mut bad = bytes.clone();
        bad[bytes.len() - 1] ^= 1;
        file.write_all(&bad).unwrap();
        let mut tail = Tail::open(file.path()).unwrap();
        assert_eq!(shown(&tail.load(usize::MAX).unwrap()), r#"["a"][1]"#);
        assert_eq!(shown(&tail.load(usize::MAX).unwrap()), "");
        std::fs::write(file.path(), &bytes).unwrap();
        assert_eq!(shown(&tail.load(usize::MAX).unwrap()), r#"["a"][2]"#);
    }

    #[test]
    fn at_most_as_many_events_as_asked_for() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[framed(&scalar(1, "a")), framed(&scalar(2, "b"))].concat()).unwrap();
        let mut tail = Tail::open(file.path()).unwrap();
        assert_eq!(shown(&tail.load(1).unwrap()), r#"["a"][1]"#);
        assert_eq!(shown(&tail.load(1).unwrap()), r#"["b"][2]"#);
    }
}
