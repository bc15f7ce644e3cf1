//! Decides when to lay out the columns of a file in one arena.

use std::io;
use std::path::Path;

use crate::columns::builder::Columns;
use crate::scan::counts::Counts;

/// The columns of a large file are laid out after this many bytes.
const SAMPLE: u64 = 1 << 20;

/// If fewer bytes than this are left, laying out gains nothing.
const WORTH_SPREADING: u64 = 4 << 20;

/// How many bytes may be wasted by all files that are read at the same time, since the final length
/// of a column is unknown. It is the rest of a huge page for each column of ten tags.
const MAY_WASTE: usize = 60 << 20;

/// Whether the columns are laid out yet.
enum Spread {
    /// Nothing was read yet after this offset.
    From(u64),
    /// They will be laid out at the first offset. Reading began at the second.
    At(u64, u64),
    /// They are laid out. At this offset it is checked whether the layout is good enough.
    Seen(u64),
    Done,
}

/// The layout of a file's columns.
pub(super) struct Layout<'r> {
    path: &'r Path,
    /// The length of the file when it was opened, if it is known.
    length: u64,
    spread: Spread,
    /// The number of bytes that the columns may waste.
    may_waste: usize,
}

impl<'r> Layout<'r> {
    /// The layout for the file at `path`, which has `length` bytes and is read from `begin` on.
    pub fn new(path: &'r Path, length: u64, begin: u64, at_once: usize) -> Layout<'r> {
        let may_waste = MAY_WASTE / at_once.max(1);
        Layout { path, length, spread: Spread::From(begin), may_waste }
    }

    /// Lays out the columns of a large file, once its tags and their frequencies are known.
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
                // Most tags may have come after the columns were laid out.
                self.seen(columns, offset, columns.unused() <= self.may_waste / 5 * 2)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes whether the layout is good enough so far. If not, points are counted again before the
    /// next layout.
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
