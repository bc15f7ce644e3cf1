//! Reads consecutive records of a file, and skips damage if the options say so.

use std::path::Path;

use crate::columns::builder::Columns;
use crate::error::{Corruption, Error, Result};
use crate::reader::intake::Intake;
use crate::reader::layout::Layout;
use crate::scan::damage::{Damage, OnCorrupt};
use crate::scan::scanner::{Mark, Passed, Scanned, Scanner};

/// The result of reading consecutive records.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    /// The number and the checksum of the file's first bytes, if they were read.
    pub head: Option<(u8, u32)>,
    /// Where reading ended.
    pub read: Mark,
    /// Where reading continues once there are more bytes. It is before the bytes whose meaning they
    /// may change.
    pub settled: Mark,
    /// Whether there are records after that place.
    pub is_revocable: bool,
    /// Where reading goes on for who takes none of these back.
    pub handed_on: Mark,
    pub damage: Vec<Damage>,
    /// The damage that ended reading, if damage is an error.
    pub raised: Option<(Corruption, Mark)>,
    /// Whether reading reached the end of the file.
    pub is_end: bool,
}

impl Stretch {
    /// Reads records into `columns`, from the place of `scanner` to the first record that ends at
    /// `until` or after it.
    pub fn read(
        path: &Path,
        scanner: &mut Scanner,
        columns: &mut Columns<'_>,
        until: u64,
        mut layout: Option<&mut Layout<'_>>,
    ) -> Result<Stretch> {
        let io_error = |error| Error::io(error, path);
        let mut stretch = Stretch::default();
        let mut intake = Intake { columns, verify: scanner.verify(), until, head: None };
        while scanner.mark().offset < until {
            let bad = match scanner.next(&mut intake).map_err(io_error)? {
                Scanned::Records(_) => {
                    if let Some(layout) = &mut layout {
                        layout.spread(intake.columns, scanner.mark().offset).map_err(io_error)?;
                    }
                    continue;
                }
                Scanned::Bad(bad) => bad,
            };
            let here = scanner.mark();
            let Passed::Damage(length, kind) = scanner.pass(bad).map_err(io_error)? else {
                stretch.is_end = true;
                break;
            };
            let raises = scanner.on_corrupt() == OnCorrupt::Raise;
            // The caller decides whether a file of another format is an error, since it knows where
            // the file was found.
            if raises && kind != Corruption::NotAnEventFile {
                stretch.raised = Some((kind, here));
                break;
            }
            let (path, offset) = (path.to_owned(), here.offset);
            stretch.damage.push(Damage { path, offset, length, kind });
            if raises {
                stretch.is_end = true;
                break;
            }
        }
        (stretch.settled, stretch.read) = (scanner.open(), scanner.mark());
        (stretch.is_revocable, stretch.handed_on) = (scanner.is_revocable(), scanner.handed_on());
        stretch.head = intake.head;
        Ok(stretch)
    }

    /// An empty stretch at this place.
    pub fn at(mark: Mark) -> Stretch {
        Stretch { read: mark, settled: mark, handed_on: mark, ..Stretch::default() }
    }

    /// The same stretch after this number of earlier records.
    pub fn behind(mut self, records: u64) -> Stretch {
        let raised = self.raised.as_mut().map(|(_, mark)| mark);
        let marks = [&mut self.read, &mut self.settled, &mut self.handed_on];
        for mark in marks.into_iter().chain(raised) {
            mark.record += records;
        }
        self
    }

    /// Whether more bytes may change the result.
    pub fn is_open(&self) -> bool {
        self.settled != self.read
    }

    /// Adds the stretch that begins where this one ended.
    pub fn extend(&mut self, next: Stretch) {
        self.head = self.head.or(next.head);
        self.damage.extend(next.damage);
        self.read = next.read;
        self.settled = next.settled;
        self.is_revocable = next.is_revocable;
        self.handed_on = next.handed_on;
        self.raised = next.raised;
        self.is_end = next.is_end;
    }
}
