//! One file, record by record, over damage where that is wanted.

use std::io;
use std::path::{Path, PathBuf};

use super::blobs::Place;
use super::columns::Columns;
use super::count::Counts;
use super::outline::{Outline, Part};
use super::source::{self, Source, Stamp};
use super::stream::Stream;
use super::walk::{Bad, MAX_PAYLOAD, Walk};
use super::{OnCorrupt, Options};
use crate::crc32c;
use crate::error::{Corruption, Error, Result};
use crate::record::{self, HEADER, OVERHEAD, Parsed, Verify};

/// Bytes of an event file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Where in the file they begin.
    pub offset: u64,
    /// How many they are.
    pub length: u64,
    /// What is wrong with the record that begins there.
    pub kind: Corruption,
}

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

/// How much of a file is read, and how to know it again.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// So many bytes are.
    pub offset: u64,
    /// So many records are.
    pub record: u64,
    /// What could not be.
    pub damage: Vec<Damage>,
    /// The file's state when it was read, if it can be read again.
    pub stamp: Option<Stamp>,
    /// How many of its first bytes have which checksum.
    pub head: (u8, u32),
    /// The checksum of the last bytes before those that may be read again.
    pub tail: Option<u32>,
}

/// How many bytes at a file's beginning tell it from others: they hold when it was made. As many
/// tell whether it is still the same at its end.
pub(super) const HEAD: usize = 64;

impl Progress {
    /// The same, moved back before damage that reaches to where reading ended: where it ends could
    /// not be told.
    pub fn before_open_damage(mut self) -> Progress {
        let (offset, open) = self.settled();
        self.offset = offset;
        self.record -= open as u64;
        self.damage.truncate(self.damage.len() - open);
        self
    }

    /// Where damage begins that reaches to where reading ended, and how many entries it is.
    fn settled(&self) -> (u64, usize) {
        let mut offset = self.offset;
        let reaches = |damage: &&Damage| {
            let is_open = damage.offset + damage.length == offset;
            if is_open {
                offset = damage.offset;
            }
            is_open
        };
        let open = self.damage.iter().rev().take_while(reaches).count();
        (offset, open)
    }

    /// What became of the file at `path`.
    pub fn look(&self, path: &Path) -> Result<Change> {
        let io_error = |error| Error::io(error, path);
        let now = source::stamp(path).map_err(io_error)?;
        let (Some(before), Some(now)) = (&self.stamp, &now) else {
            // Bytes that come once: there is no more to be had than what came.
            return Ok(if self.stamp == now { Change::None } else { Change::Replaced });
        };
        if before == now {
            return Ok(Change::None);
        }
        if now.length < before.length {
            return Ok(Change::Replaced);
        }
        let source = source::open(path).map_err(io_error)?;
        let (length, head) = self.head;
        let head_is = checksum_before(&*source, length.into(), length.into());
        let same = head_is.map_err(io_error)? == Some(head)
            && (self.tail.is_none() || self.tail_of(&*source).map_err(io_error)? == self.tail);
        Ok(if same { Change::Grown } else { Change::Replaced })
    }

    /// The checksum of the last bytes that are not read again, if they can be.
    pub fn tail_of(&self, source: &dyn Source) -> io::Result<Option<u32>> {
        let (offset, _) = self.settled();
        if source.is_seekable() { checksum_before(source, offset, HEAD) } else { Ok(None) }
    }
}

/// The checksum of the `count` bytes before `end`, or of as many as there are.
fn checksum_before(source: &dyn Source, end: u64, count: usize) -> io::Result<Option<u32>> {
    let mut bytes = [0; HEAD];
    let bytes = &mut bytes[..count.min(usize::try_from(end).unwrap_or(count))];
    let is_whole = source::read_exact_at(source, bytes, end - bytes.len() as u64)?;
    Ok(is_whole.then(|| crc32c::checksum(bytes)))
}

/// How many of the first bytes that there are have which checksum.
pub(super) fn head(source: &dyn Source) -> io::Result<(u8, u32)> {
    let mut head = [0; HEAD];
    let mut length = 0;
    while length < HEAD {
        match source.read_at(&mut head[length..], length as u64)? {
            0 => break,
            count => length += count,
        }
    }
    Ok((length as u8, crc32c::checksum(&head[..length])))
}

/// What became of a file since it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    None,
    /// More was written, or may have been.
    Grown,
    /// It is another one, or was cut.
    Replaced,
}

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
    let source = source::open(path).map_err(io_error)?;
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
