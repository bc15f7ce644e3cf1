//! One file, record by record, over damage where that is wanted.

use std::io;
use std::path::Path;

use crate::columns::blobs::Place;
use crate::columns::builder::Columns;
use crate::crc32c;
use crate::error::{Corruption, Error, Result};
use crate::reader::options::Options;
use crate::record::{self, HEADER, OVERHEAD, Parsed, Verify};
use crate::scan::counts::Counts;
use crate::scan::damage::{Damage, OnCorrupt};
use crate::scan::outline::{Outline, Part};
use crate::scan::progress::{HEAD, Progress};
use crate::scan::scanner::{Bad, MAX_PAYLOAD, Walk};
use crate::storage;
use crate::storage::stream::Stream;

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
    let Progress { offset, record, damage, head, .. } = progress.clone().before_open_damage();
    columns.keeps_all = !source.is_seekable();
    let mut walk =
        Walk::new(Stream::new(source, std::mem::take(buffer)), options.verify, options.on_corrupt);
    walk.stream.skip(offset);
    walk.record = record;
    let length = stamp.as_ref().map_or(0, |stamp| stamp.length);
    if ahead && length.saturating_sub(offset) > WORTH_READING_AHEAD {
        walk.stream.read_ahead();
    }
    let spread = Spread::From(offset);
    let may_waste = MAY_WASTE / at_once.max(1);
    let mut reader = Reader { path, walk, head, length, spread, may_waste, damage };
    while let Some(found) = reader.records(columns).map_err(io_error)? {
        let (offset, index) = (reader.walk.stream.offset(), reader.walk.record);
        let kind = reader.walk.step_over(found).map_err(io_error)?;
        if options.on_corrupt == OnCorrupt::Raise {
            return Err(Error::from(kind).at_path(path).at_record(offset, index));
        }
        let length = reader.walk.stream.offset() - offset;
        reader.damage.push(Damage { path: path.to_owned(), offset, length, kind });
    }
    let (offset, record) = (reader.walk.stream.offset(), reader.walk.record);
    let Reader { walk, head, damage, .. } = reader;
    let mut progress = Progress { offset, record, damage, stamp, head, tail: None };
    progress.tail = progress.tail_of(walk.stream.source()).map_err(io_error)?;
    *buffer = walk.stream.into_buffer();
    Ok(progress)
}

struct Reader<'r> {
    path: &'r Path,
    walk: Walk,
    /// How many of the file's first bytes have which checksum.
    head: (u8, u32),
    /// How long the file was when it was opened, if that is known.
    length: u64,
    spread: Spread,
    /// How many bytes the columns may waste.
    may_waste: usize,
    damage: Vec<Damage>,
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

/// What became of a large record.
enum Large {
    /// It was taken in.
    Done,
    Bad(Bad),
    /// All of its bytes are needed.
    Needed,
}

impl Reader<'_> {
    /// Reads records until one is bad, or the file or what is written of it ends.
    fn records(&mut self, columns: &mut Columns<'_>) -> io::Result<Option<Bad>> {
        loop {
            let need = match self.window(columns) {
                Ok(need) => need,
                Err(bad) => return Ok(Some(bad)),
            };
            self.spread(columns)?;
            if need > MAX_PAYLOAD + OVERHEAD as u64 {
                return Ok(Some(Bad::Header(Corruption::Message)));
            }
            if self.walk.is_large(need)? {
                match self.large(columns, need)? {
                    Large::Done => continue,
                    Large::Bad(bad) => return Ok(Some(bad)),
                    Large::Needed => {}
                }
            }
            if !self.walk.stream.fill(need)? {
                return Ok(self
                    .walk
                    .is_foreign()
                    .then_some(Bad::Header(Corruption::LengthChecksum)));
            }
        }
    }

    /// Reads the records that are in memory; how many bytes the next one needs.
    fn window(&mut self, columns: &mut Columns<'_>) -> std::result::Result<u64, Bad> {
        let window = self.walk.stream.window();
        if self.walk.stream.offset() == 0 {
            let head = &window[..window.len().min(HEAD)];
            self.head = (head.len() as u8, crc32c::checksum(head));
        }
        let (at, records) = columns.run(window, self.walk.stream.offset(), self.walk.verify);
        let end = match record::parse(&window[at..], self.walk.verify) {
            Parsed::NeedMore(need) => Ok(need),
            // Its bytes are as they were written, but mean nothing.
            Parsed::Record(payload) => {
                Err(Bad::Record(Corruption::Message, (payload.len() + OVERHEAD) as u64))
            }
            Parsed::Corrupt(Corruption::DataChecksum) => {
                let length = window[at..].first_chunk().and_then(record::parse_length);
                let size = length.unwrap_or(0) + OVERHEAD as u64;
                Err(Bad::Record(Corruption::DataChecksum, size))
            }
            Parsed::Corrupt(kind) => Err(Bad::Header(kind)),
        };
        self.walk.stream.advance(at);
        self.walk.record += records;
        end
    }

    /// Takes in the next record, of `size` bytes, of which only a few are kept.
    fn large(&mut self, columns: &mut Columns<'_>, size: u64) -> io::Result<Large> {
        let payload = Part {
            offset: self.walk.stream.offset() + HEADER as u64,
            length: size - OVERHEAD as u64,
        };
        if !self.walk.is_good(payload)? {
            return Ok(Large::Bad(Bad::Record(Corruption::DataChecksum, size)));
        }
        let Some(outline) = Outline::read(self.walk.stream.source(), payload)? else {
            return Ok(Large::Needed);
        };
        let verify = self.walk.verify;
        let place = |part: Part| {
            let checked = match verify {
                Verify::Crc => part.length,
                Verify::None => part.length.min(CHECKED),
            };
            let checksum = self.walk.stream.checksum_at(part.offset, checked)?.unwrap_or(0);
            Ok(Place::new(part.offset, part.length as u32, checked as u32, checksum))
        };
        if !columns.add_outline(&outline, place)? {
            return Ok(Large::Needed);
        }
        self.walk.stream.skip(size);
        self.walk.record += 1;
        Ok(Large::Done)
    }

    /// Lays the columns of a large file out, once it is known which tags come and how often.
    fn spread(&mut self, columns: &mut Columns<'_>) -> io::Result<()> {
        let offset = self.walk.stream.offset();
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
                self.seen(columns, is_good)?;
            }
            Spread::Seen(at) if offset >= at => {
                // It may be that most tags were not known when the columns were laid out.
                self.seen(columns, columns.unused() <= self.may_waste / 5 * 2)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the layout was good enough so far; if not, what is to come is counted first.
    fn seen(&mut self, columns: &mut Columns<'_>, is_good: bool) -> io::Result<()> {
        let offset = self.walk.stream.offset();
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
