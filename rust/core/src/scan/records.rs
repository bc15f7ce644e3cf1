//! The events of one file, one after the other.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Corruption, Error, Result};
use crate::proto::{Event, Malformed, What};
use crate::record::{self, HEADER, OVERHEAD, Parsed, Verify};
use crate::scan::damage::{Damage, OnCorrupt};
use crate::scan::scanner::{Bad, MAX_PAYLOAD, Walk};
use crate::storage;
use crate::storage::source::Source;
use crate::storage::stream::Stream;

/// The records of a file that hold events.
pub struct Records {
    path: PathBuf,
    walk: Walk,
    on_corrupt: OnCorrupt,
    is_live: bool,
    unfinished: u64,
}

/// What comes next in a file.
#[derive(Debug)]
pub enum Next<'a> {
    /// A whole record with a well-formed event, header and footer included.
    Record(&'a [u8]),
    /// Bytes that could not be read.
    Damage(Damage),
    /// Nothing, or the beginning of a record.
    End,
}

impl Records {
    /// The records of the file at `path`.
    ///
    /// `is_live`: what the end of the file cuts short may still be written. Where it is not, and
    /// further records follow within, it is damage.
    pub fn open(
        path: &Path,
        verify: Verify,
        on_corrupt: OnCorrupt,
        is_live: bool,
    ) -> Result<Records> {
        let source = storage::open(path).map_err(|error| Error::io(error, path))?;
        let walk = Walk::new(Stream::new(source, Vec::new()), verify, on_corrupt);
        Ok(Records { path: path.to_owned(), walk, on_corrupt, is_live, unfinished: 0 })
    }

    /// The same, from the record at `offset` on, which has this index.
    pub fn at(mut self, offset: u64, record: u64) -> Records {
        self.walk.stream.skip(offset);
        self.walk.record = record;
        self
    }

    /// Where the next record begins.
    pub fn offset(&self) -> u64 {
        self.walk.stream.offset()
    }

    /// The index of the next record.
    pub fn record(&self) -> u64 {
        self.walk.record
    }

    /// The record that was read last, which takes `size` bytes.
    pub(crate) fn last(&self, size: usize) -> &[u8] {
        self.walk.stream.before(size)
    }

    /// Where the bytes come from.
    pub(crate) fn source(&self) -> &dyn Source {
        self.walk.stream.source()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes the beginning of a record takes at the end of the file.
    pub fn unfinished(&self) -> u64 {
        self.unfinished
    }

    /// Whether the next record is in memory, and so small that nobody need wait for it.
    #[inline]
    pub fn is_at_hand(&self) -> bool {
        const SMALL: u64 = 64 << 10;
        let window = self.walk.stream.window();
        let length = window.first_chunk().and_then(record::parse_length);
        length.is_some_and(|it| it <= SMALL && (it as usize) + OVERHEAD <= window.len())
    }

    /// What comes next. With [`OnCorrupt::Raise`], damage is an error.
    pub fn read(&mut self) -> Result<Next<'_>> {
        match self.step() {
            Err(error) => Err(Error::io(error, &self.path)),
            Ok(Step::Record(size)) => Ok(Next::Record(self.walk.stream.before(size))),
            Ok(Step::End) => Ok(Next::End),
            Ok(Step::Damage { offset, record, kind }) => match self.on_corrupt {
                OnCorrupt::Raise => {
                    Err(Error::from(kind).at_path(&self.path).at_record(offset, record))
                }
                OnCorrupt::Skip => {
                    let length = self.walk.stream.offset() - offset;
                    Ok(Next::Damage(Damage { path: self.path.clone(), offset, length, kind }))
                }
            },
        }
    }

    fn step(&mut self) -> io::Result<Step> {
        let (offset, record) = (self.walk.stream.offset(), self.walk.record);
        let bad = loop {
            let need = match record::parse(self.walk.stream.window(), self.walk.verify) {
                Parsed::Record(payload) => {
                    let (size, is_event) = (payload.len() + OVERHEAD, is_event(payload));
                    if !is_event {
                        break Bad::Record(Corruption::Message, size as u64);
                    }
                    self.walk.stream.advance(size);
                    self.walk.record += 1;
                    return Ok(Step::Record(size));
                }
                Parsed::Corrupt(Corruption::DataChecksum) => {
                    let header = self.walk.stream.window().first_chunk::<HEADER>();
                    let length = header.and_then(record::parse_length).unwrap_or(0);
                    break Bad::Record(Corruption::DataChecksum, length + OVERHEAD as u64);
                }
                Parsed::Corrupt(kind) => break Bad::Header(kind),
                Parsed::NeedMore(need) => need,
            };
            if need > MAX_PAYLOAD + OVERHEAD as u64 {
                break Bad::Header(Corruption::Message);
            }
            if !self.walk.stream.fill(need)? {
                if self.walk.is_foreign() {
                    break Bad::Header(Corruption::LengthChecksum);
                }
                return self.unfinished_record(offset, record);
            }
        };
        let kind = self.walk.step_over(bad)?;
        Ok(Step::Damage { offset, record, kind })
    }

    /// The file ends within the record that begins here.
    fn unfinished_record(&mut self, offset: u64, record: u64) -> io::Result<Step> {
        if !self.is_live && self.walk.resync(u64::MAX, true)? {
            self.walk.record += 1;
            return Ok(Step::Damage { offset, record, kind: Corruption::DataChecksum });
        }
        let end = self.walk.stream.file_len()?.unwrap_or(0);
        let window = self.walk.stream.offset() + self.walk.stream.window().len() as u64;
        self.unfinished = end.max(window) - offset;
        Ok(Step::End)
    }
}

/// What [`Records::step`] found, by numbers, so that it borrows nothing.
enum Step {
    Record(usize),
    Damage { offset: u64, record: u64, kind: Corruption },
    End,
}

/// Whether a payload is a well-formed event, down to its values.
fn is_event(payload: &[u8]) -> bool {
    let is_well_formed = || -> std::result::Result<(), Malformed> {
        match Event::decode(payload)?.what {
            What::Summary(summary) => summary.values().try_for_each(|value| value.map(drop)),
            _ => Ok(()),
        }
    };
    is_well_formed().is_ok()
}
