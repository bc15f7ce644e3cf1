//! One file, record by record, over damage where that is wanted.

use std::io;
use std::path::Path;

use crate::columns::blobs::Place;
use crate::columns::builder::Columns;
use crate::crc32c;
use crate::error::{Corruption, Error, Result};
use crate::reader::options::Options;
use crate::record::Verify;
use crate::scan::counts::Counts;
use crate::scan::damage::{Damage, OnCorrupt};
use crate::scan::outline::{Outline, Part};
use crate::scan::progress::{HEAD, Progress};
use crate::scan::scanner::{Mark, Next, Passed, Scanner, Sink};
use crate::storage;
use crate::storage::source::{self, Source};
use crate::storage::stream::Stream;
use crate::wire::Malformed;

/// Read so much of a large file before its columns are laid out.
const SAMPLE: u64 = 1 << 20;

/// A file with less than this left over does not profit from being laid out.
const WORTH_SPREADING: u64 = 4 << 20;

/// A file with less than this left over is read as soon as another thread is there.
const WORTH_READING_AHEAD: u64 = 4 << 20;

/// How many bytes all files that are read at once may waste, since the room that a column will need
/// is not known before: the rest of a huge page for each column of ten tags.
const MAY_WASTE: usize = 60 << 20;

/// How many bytes of a value tell that it is still the same, where checksums are not verified.
const CHECKED: u64 = 1 << 10;

/// Reads what `path` has beyond what `progress` says into `columns`; how far that is now. So many
/// files are read at once. `ahead`: there is a processor to spare, on which to read what comes next.
pub(super) fn read_file(
    path: &Path,
    progress: &Progress,
    columns: &mut Columns<'_>,
    options: &Options<'_>,
    at_once: usize,
    buffer: &mut Vec<u8>,
    ahead: bool,
) -> Result<Progress> {
    let io_error = |error| Error::io(error, path);
    let source = storage::open(path).map_err(io_error)?;
    // From before a byte is read: what is written meanwhile changes it.
    let stamp = source.stamp().map_err(io_error)?;
    let length = stamp.as_ref().map(|stamp| stamp.length);
    let begin = progress.settled;
    columns.keeps_all = !source.is_seekable();
    let mut stream = Stream::new(source, std::mem::take(buffer));
    stream.end_at(length);
    let mut scanner = Scanner::new(stream, options.verify, options.on_corrupt).map_err(io_error)?;
    scanner.go_to(begin);
    let length = length.unwrap_or(0);
    if ahead && length.saturating_sub(begin.offset) > WORTH_READING_AHEAD {
        scanner.stream_mut().read_ahead();
    }
    let mut layout = Layout {
        path,
        length,
        spread: Spread::From(begin.offset),
        may_waste: MAY_WASTE / at_once.max(1),
    };
    let mut intake = Intake { columns, verify: options.verify, head: progress.head };
    let mut damage: Vec<Damage> = progress.settled_damage().cloned().collect();
    loop {
        let bad = match scanner.next(&mut intake).map_err(io_error)? {
            Next::Records(_) => {
                layout.spread(intake.columns, scanner.mark().offset).map_err(io_error)?;
                continue;
            }
            Next::Bad(bad) => bad,
        };
        let Mark { offset, record } = scanner.mark();
        let Passed::Damage(length, kind) = scanner.pass(bad).map_err(io_error)? else { break };
        let raises = options.on_corrupt == OnCorrupt::Raise;
        // Whether that is an error is for those to say who know where the file was found.
        let is_foreign = kind == Corruption::NotAnEventFile;
        if raises && !is_foreign {
            return Err(Error::from(kind).at_path(path).at_record(offset, record));
        }
        damage.push(Damage { path: path.to_owned(), offset, length, kind });
        if raises {
            break;
        }
    }
    let (settled, read) = (scanner.open(), scanner.mark());
    let (is_revocable, head) = (scanner.is_revocable(), intake.head);
    let mut progress = Progress { settled, read, is_revocable, damage, stamp, head, tail: None };
    progress.tail = progress.tail_of(scanner.stream().source()).map_err(io_error)?;
    *buffer = scanner.into_buffer();
    Ok(progress)
}

/// Takes the records of a file into columns.
struct Intake<'i, 'c> {
    columns: &'i mut Columns<'c>,
    verify: Verify,
    /// How many of the file's first bytes have which checksum.
    head: (u8, u32),
}

impl Sink for Intake<'_, '_> {
    fn run(&mut self, window: &[u8], offset: u64, verify: Verify) -> (usize, u64) {
        if offset == 0 {
            let head = &window[..window.len().min(HEAD)];
            self.head = (head.len() as u8, crc32c::checksum(head));
        }
        self.columns.run(window, offset, verify)
    }

    fn event(&mut self, payload: &[u8], offset: u64) -> std::result::Result<(), Malformed> {
        self.columns.add(payload, offset)
    }

    /// Takes in an event of which only a few bytes are kept.
    fn large(&mut self, source: &dyn Source, payload: Part) -> io::Result<bool> {
        let Some(outline) = Outline::read(source, payload)? else { return Ok(false) };
        let place = |part: Part| {
            let checked = match self.verify {
                Verify::Crc => part.length,
                Verify::None => part.length.min(CHECKED),
            };
            let checksum = source::checksum_at(source, part.offset, checked)?.unwrap_or(0);
            Ok(Place::new(part.offset, part.length as u32, checked as u32, checksum))
        };
        self.columns.add_outline(&outline, place)
    }
}

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
struct Layout<'r> {
    path: &'r Path,
    /// How long the file was when it was opened, if that is known.
    length: u64,
    spread: Spread,
    /// How many bytes the columns may waste.
    may_waste: usize,
}

impl Layout<'_> {
    /// Lays the columns of a large file out, once it is known which tags come and how often.
    fn spread(&mut self, columns: &mut Columns<'_>, offset: u64) -> io::Result<()> {
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
