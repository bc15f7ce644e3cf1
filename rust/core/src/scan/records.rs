//! Iterates over the events of one file.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::proto::is_event;
use crate::record::Verify;
use crate::scan::damage::{Damage, OnCorrupt};
use crate::scan::scanner::{self, Mark, Passed, Scanner, Sink};
use crate::storage;
use crate::storage::source::Source;
use crate::storage::stream::Stream;
use crate::wire::Malformed;

/// Records with fewer bytes take almost no time.
const SMALL: u64 = 64 << 10;

/// The records of a file that hold events.
pub struct Records {
    path: PathBuf,
    scanner: Scanner,
    on_corrupt: OnCorrupt,
    /// Whether it continues with records that are written meanwhile.
    keeps_up: bool,
    unfinished: u64,
}

/// The next item in a file.
#[derive(Debug)]
pub enum Next<'a> {
    /// A whole record with a well-formed event, header and footer included.
    Record(&'a [u8]),
    /// Damaged bytes.
    Damage(Damage),
    /// The end: nothing follows, or the beginning of a record.
    End,
}

impl Records {
    /// The records of the file at `path`.
    pub fn open(path: &Path, verify: Verify, on_corrupt: OnCorrupt) -> Result<Records> {
        let io_error = |error| Error::io(error, path);
        let source = storage::open(path).map_err(io_error)?;
        let stream = Stream::new(source, Vec::new());
        let scanner = Scanner::new(stream, verify, on_corrupt).map_err(io_error)?;
        let path = path.to_owned();
        Ok(Records { path, scanner, on_corrupt, keeps_up: true, unfinished: 0 })
    }

    /// The records from this place on, up to where the file ends now.
    pub(crate) fn from(mut self, mark: Mark) -> Records {
        self.scanner.go_to(mark);
        self.keeps_up = false;
        self
    }

    /// How far the file was read.
    pub(crate) fn scanner(&self) -> &Scanner {
        &self.scanner
    }

    /// The record that was read last, which takes `size` bytes.
    pub fn last(&self, size: usize) -> &[u8] {
        self.scanner.stream().before(size)
    }

    /// The source of the bytes.
    pub(crate) fn source(&self) -> &dyn Source {
        self.scanner.stream().source()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of bytes of an unfinished record at the end of the file.
    pub fn unfinished(&self) -> u64 {
        self.unfinished
    }

    /// The next record, header and footer included, if it is good, small and in memory. This never
    /// waits.
    pub fn read_at_hand(&mut self) -> Option<&[u8]> {
        let size = self.scanner.next_at_hand(SMALL, &mut Judge)?;
        Some(self.last(size as usize))
    }

    /// The next item. With [`OnCorrupt::Raise`], damage is an error.
    ///
    /// At the end of the file it returns [`Next::End`]. Further calls return what is written
    /// afterwards, unless the end was damaged.
    pub fn read(&mut self) -> Result<Next<'_>> {
        Ok(match self.step()? {
            Step::Record(size) => Next::Record(self.last(size)),
            Step::Damage(damage) => Next::Damage(damage),
            Step::End => Next::End,
        })
    }

    /// Does the same, and returns numbers, so that it borrows nothing.
    pub(crate) fn step(&mut self) -> Result<Step> {
        self.scan().map_err(|error| Error::io(error, &self.path))?
    }

    fn scan(&mut self) -> io::Result<Result<Step>> {
        loop {
            let bad = match self.scanner.next(&mut Judge)? {
                scanner::Scanned::Records(size) => return Ok(Ok(Step::Record(size as usize))),
                scanner::Scanned::Bad(bad) => bad,
            };
            let mark = self.scanner.mark();
            match self.scanner.pass(bad)? {
                Passed::Damage(_, kind) if self.on_corrupt == OnCorrupt::Raise => {
                    let error = Error::from(kind).at_path(&self.path);
                    return Ok(Err(error.at_record(mark.offset, mark.record)));
                }
                Passed::Damage(length, kind) => {
                    let (path, offset) = (self.path.clone(), mark.offset);
                    return Ok(Ok(Step::Damage(Damage { path, offset, length, kind })));
                }
                Passed::End(unfinished) => {
                    self.unfinished = unfinished;
                    if !self.keeps_up || self.scanner.open() != mark || !self.scanner.grow()? {
                        return Ok(Ok(Step::End));
                    }
                }
            }
        }
    }
}

/// The next item in a file. A record is given by its size.
pub(crate) enum Step {
    Record(usize),
    Damage(Damage),
    End,
}

/// A sink that keeps nothing and accepts every event.
struct Judge;

impl Sink for Judge {
    fn event(&mut self, payload: &[u8], _: u64) -> std::result::Result<(), Malformed> {
        if is_event(payload) { Ok(()) } else { Err(Malformed) }
    }
}
