//! When the columns of a file are laid out.

use std::io;
use std::path::Path;

use crate::columns::builder::Columns;
use crate::scan::counts::Counts;

/// Read so much of a large file before its columns are laid out.
const SAMPLE: u64 = 1 << 20;

/// A file with less than this left over does not profit from being laid out.
const WORTH_SPREADING: u64 = 4 << 20;

/// How many bytes all files that are read at once may waste, since the room that a column will need
/// is not known before: the rest of a huge page for each column of ten tags.
const MAY_WASTE: usize = 60 << 20;

/// Whether the columns are laid out yet.
enum Spread {
    /// Nothing is read yet, from here on.
    From(u64),
    /// Once so much is read of what is there from the other on.
    At(u64, u64),
    /// They are; it is to be seen, once so much is read, whether that was good enough.
    Seen(u64),
    Done,
}

/// Where the columns of a file lie.
pub(super) struct Layout<'r> {
    path: &'r Path,
    /// How long the file was when it was opened, if that is known.
    length: u64,
    spread: Spread,
    /// How many bytes the columns may waste.
    may_waste: usize,
}

impl<'r> Layout<'r> {
    /// For the file at `path`, of which `length` bytes are there and read from `begin` on.
    pub fn new(path: &'r Path, length: u64, begin: u64, at_once: usize) -> Layout<'r> {
        let may_waste = MAY_WASTE / at_once.max(1);
        Layout { path, length, spread: Spread::From(begin), may_waste }
    }

    /// Lays the columns of a large file out, once it is known which tags come and how often.
    pub fn spread(&mut self, columns: &mut Columns<'_>, offset: u64) -> io::Result<()> {
        let rest = self.length.saturating_sub(offset);
        match self.spread {
            Spread::From(start) if offset > start => {
                let is_large = self.length.saturating_sub(start) > SAMPLE + WORTH_SPREADING;
                self.spread = match is_large {
                    true => Spread::At(start + SAMPLE, start),
                    false => Spread::Done,
                };
            }
            Spread::At(sample, start) if offset >= sample => {
                let is_good = columns.spread(offset - start, rest, self.may_waste);
                self.seen(columns, offset, is_good)?;
            }
            Spread::Seen(at) if offset >= at => {
                // It may be that most tags were not known when the columns were laid out.
                self.seen(columns, offset, columns.unused() <= self.may_waste / 5 * 2)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the layout was good enough so far; if not, what is to come is counted first.
    fn seen(&mut self, columns: &mut Columns<'_>, offset: u64, is_good: bool) -> io::Result<()> {
        self.spread = match is_good {
            true => Spread::Seen(2 * offset),
            false => {
                columns.reserve(&Counts::of(self.path, offset)?);
                Spread::Done
            }
        };
        Ok(())
    }
}
