//! One file, record by record, over damage where that is wanted.

use std::io;
use std::path::{Path, PathBuf};

use super::blobs::Place;
use super::columns::Columns;
use super::outline::{Outline, Part};
use super::source::{self, Stamp};
use super::stream::{KEEP, Stream};
use super::{OnCorrupt, Options};
use crate::crc32c;
use crate::error::{Corruption, Error, Result};
use crate::record::{self, FOOTER, HEADER, OVERHEAD, Parsed, Verify};

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

/// No message is larger (`protobuf`'s limit), so no record of an event file is.
const MAX_PAYLOAD: u64 = i32::MAX as u64;

/// How far into a file without a valid beginning a record is looked for before the file is called
/// no event file at all, where an error is to be raised anyway.
const SEARCH: u64 = 1 << 20;

/// Read so much of a large file before its columns are laid out.
const SAMPLE: u64 = 1 << 20;

/// A file with less than this left over does not profit from being laid out.
const WORTH_SPREADING: u64 = 4 << 20;

/// More bytes than this are stepped over, if they need not be read.
const WORTH_SKIPPING: u64 = 32 << 10;

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
}

/// How many bytes at a file's beginning tell it from others: they hold when it was made.
const HEAD: usize = 64;

impl Progress {
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
        let mut head = [0; HEAD];
        let head = &mut head[..usize::from(self.head.0)];
        let is_whole = source::read_exact_at(&*source, head, 0).map_err(io_error)?;
        let same = is_whole && crc32c::checksum(head) == self.head.1;
        Ok(if same { Change::Grown } else { Change::Replaced })
    }
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

/// Reads what `path` has beyond what `progress` says into `columns`; how far that is now.
pub(super) fn read_file(
    path: &Path,
    progress: &Progress,
    columns: &mut Columns<'_>,
    options: &Options<'_>,
    buffer: &mut Vec<u8>,
) -> Result<Progress> {
    let io_error = |error| Error::io(error, path);
    let source = source::open(path).map_err(io_error)?;
    // Before a byte is read: what is written meanwhile changes it.
    let stamp = source.stamp().map_err(io_error)?;
    let Progress { mut offset, mut record, mut damage, head, .. } = progress.clone();
    // Where damage ends could not be told while the file ended there.
    while let Some(last) = damage.pop_if(|last| last.offset + last.length == offset) {
        offset = last.offset;
        record -= 1;
    }
    columns.keeps_all = !source.is_seekable();
    let mut stream = Stream::new(source, buffer);
    stream.skip(offset);
    let spread = if offset > 0 { Spread::Done } else { Spread::Undecided };
    let mut reader = Reader { stream, options, head, record, spread, damage };
    while let Some(found) = reader.records(columns).map_err(io_error)? {
        let (offset, index) = (reader.stream.offset(), reader.record);
        let kind = reader.step_over(found).map_err(io_error)?;
        if options.on_corrupt == OnCorrupt::Raise {
            return Err(Error::from(kind).at_path(path).at_record(offset, index));
        }
        let length = reader.stream.offset() - offset;
        reader.damage.push(Damage { path: path.to_owned(), offset, length, kind });
    }
    let (offset, record) = (reader.stream.offset(), reader.record);
    Ok(Progress { offset, record, damage: reader.damage, stamp, head: reader.head })
}

struct Reader<'a> {
    stream: Stream<'a>,
    options: &'a Options<'a>,
    /// How many of the file's first bytes have which checksum.
    head: (u8, u32),
    /// The index of the record at which the stream stands.
    record: u64,
    spread: Spread,
    damage: Vec<Damage>,
}

/// Whether the columns are laid out yet.
enum Spread {
    Undecided,
    /// Once so much is read.
    At(u64),
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

/// A record that cannot be used.
#[derive(Clone, Copy)]
enum Bad {
    /// It takes so many bytes.
    Record(Corruption, u64),
    /// Nobody knows where it ends.
    Header(Corruption),
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
            if self.is_large(need)? {
                match self.large(columns, need)? {
                    Large::Done => continue,
                    Large::Bad(bad) => return Ok(Some(bad)),
                    Large::Needed => {}
                }
            }
            if !self.stream.fill(need)? {
                return Ok(self.is_foreign().then_some(Bad::Header(Corruption::LengthChecksum)));
            }
        }
    }

    /// Reads the records that are in memory; how many bytes the next one needs.
    fn window(&mut self, columns: &mut Columns<'_>) -> std::result::Result<u64, Bad> {
        let window = self.stream.window();
        if self.stream.offset() == 0 {
            let head = &window[..window.len().min(HEAD)];
            self.head = (head.len() as u8, crc32c::checksum(head));
        }
        let (at, records) = columns.run(window, self.stream.offset(), self.options.verify);
        let end = match record::parse(&window[at..], self.options.verify) {
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
        self.stream.advance(at);
        self.record += records;
        end
    }

    /// Whether the next record, of `need` bytes, is whole and better not read into memory: it takes
    /// much, or there is no need to read it all.
    fn is_large(&self, need: u64) -> io::Result<bool> {
        let missing = need.saturating_sub(self.stream.window().len() as u64);
        let is_large =
            need > KEEP as u64 || (self.options.verify == Verify::None && missing > WORTH_SKIPPING);
        let end = self.stream.offset().saturating_add(need);
        Ok(is_large
            && self.stream.source().is_seekable()
            && self.stream.file_len()?.is_some_and(|length| end <= length))
    }

    /// Takes in the next record, of `size` bytes, of which only a few are kept.
    fn large(&mut self, columns: &mut Columns<'_>, size: u64) -> io::Result<Large> {
        let payload =
            Part { offset: self.stream.offset() + HEADER as u64, length: size - OVERHEAD as u64 };
        if !self.is_good(payload)? {
            return Ok(Large::Bad(Bad::Record(Corruption::DataChecksum, size)));
        }
        let Some(outline) = Outline::read(self.stream.source(), payload)? else {
            return Ok(Large::Needed);
        };
        let verify = self.options.verify;
        let place = |part: Part| {
            let checked = match verify {
                Verify::Crc => part.length,
                Verify::None => part.length.min(CHECKED),
            };
            let checksum = self.stream.checksum_at(part.offset, checked)?.unwrap_or(0);
            Ok(Place::new(part.offset, part.length as u32, checked as u32, checksum))
        };
        if !columns.add_outline(&outline, place)? {
            return Ok(Large::Needed);
        }
        self.stream.skip(size);
        self.record += 1;
        Ok(Large::Done)
    }

    /// Whether the checksum of a record's payload is right, or not asked for.
    fn is_good(&self, payload: Part) -> io::Result<bool> {
        if self.options.verify == Verify::None {
            return Ok(true);
        }
        let Some(checksum) = self.stream.checksum_at(payload.offset, payload.length)? else {
            return Ok(false);
        };
        let mut footer = [0; FOOTER];
        let end = payload.offset + payload.length;
        Ok(source::read_exact_at(self.stream.source(), &mut footer, end)?
            && crc32c::mask(checksum) == u32::from_le_bytes(footer))
    }

    /// Whether the few bytes of a file too short for a record's header are no beginning of one.
    fn is_foreign(&self) -> bool {
        let bytes = self.stream.window();
        let mut length = [0; 8];
        let known = bytes.len().min(length.len());
        length[..known].copy_from_slice(&bytes[..known]);
        bytes.len() < HEADER && u64::from_le_bytes(length) > MAX_PAYLOAD
    }

    /// Moves on to the next record that can be trusted; what was wrong with the one before.
    fn step_over(&mut self, bad: Bad) -> io::Result<Corruption> {
        let first = self.record == 0 && self.damage.is_empty();
        self.record += 1;
        let kind = match bad {
            // Its checksums hold, so it ends where it says.
            Bad::Record(Corruption::Message, size) => {
                self.stream.skip(size);
                return Ok(Corruption::Message);
            }
            Bad::Record(kind, size) => {
                // With the next header in place, only the payload was damaged.
                if self.header_at(size)?.is_none_or(|it| record::parse_length(&it).is_some()) {
                    self.stream.skip(size);
                    return Ok(kind);
                }
                kind
            }
            Bad::Header(kind) => kind,
        };
        let limit = match self.options.on_corrupt {
            OnCorrupt::Raise => SEARCH,
            OnCorrupt::Skip => u64::MAX,
        };
        let found = self.resync(limit)?;
        let foreign = first && !found && matches!(bad, Bad::Header(Corruption::LengthChecksum));
        Ok(if foreign { Corruption::NotAnEventFile } else { kind })
    }

    /// The header that begins `size` bytes from here, if there are as many.
    fn header_at(&mut self, size: u64) -> io::Result<Option<[u8; HEADER]>> {
        if self.stream.source().is_seekable() {
            let mut header = [0; HEADER];
            let at = self.stream.offset().saturating_add(size);
            let is_whole = source::read_exact_at(self.stream.source(), &mut header, at)?;
            return Ok(is_whole.then_some(header));
        }
        self.stream.fill(size + HEADER as u64)?;
        Ok(self.stream.window().get(size as usize..).and_then(|next| next.first_chunk()).copied())
    }

    /// Moves to the next header that a record follows; to the end, and false, if there is none.
    fn resync(&mut self, limit: u64) -> io::Result<bool> {
        let until = self.stream.offset().saturating_add(limit);
        while self.stream.offset() < until {
            match record::resync(self.stream.window()) {
                Some(at) => {
                    self.stream.advance(at);
                    if self.is_record()? {
                        return Ok(true);
                    }
                }
                None => {
                    // All but the byte that it stands on and those that may begin a header.
                    let seen = self.stream.window().len().saturating_sub(HEADER - 1);
                    self.stream.advance(seen.saturating_sub(1));
                    if !self.stream.fill(HEADER as u64 + 1)? {
                        self.stream.advance(self.stream.window().len());
                        return Ok(false);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Whether a whole record begins here, or one that the file's end cuts short.
    fn is_record(&mut self) -> io::Result<bool> {
        loop {
            match record::parse(self.stream.window(), Verify::Crc) {
                Parsed::Record(_) => return Ok(true),
                Parsed::Corrupt(_) => return Ok(false),
                Parsed::NeedMore(need) if need > MAX_PAYLOAD + OVERHEAD as u64 => return Ok(false),
                Parsed::NeedMore(need) if self.is_large(need)? => {
                    let offset = self.stream.offset() + HEADER as u64;
                    return self.is_good(Part { offset, length: need - OVERHEAD as u64 });
                }
                Parsed::NeedMore(need) => {
                    if !self.stream.fill(need)? {
                        return Ok(true);
                    }
                }
            }
        }
    }

    /// Lays the columns of a large file out, once it is known which tags come and how often.
    fn spread(&mut self, columns: &mut Columns<'_>) -> io::Result<()> {
        let offset = self.stream.offset();
        match self.spread {
            Spread::Undecided if offset > 0 => {
                let length = self.stream.file_len()?.unwrap_or(0);
                let large = length > SAMPLE + WORTH_SPREADING;
                self.spread = if large { Spread::At(SAMPLE) } else { Spread::Done };
            }
            Spread::At(sample) if offset >= sample => {
                let length = self.stream.file_len()?.unwrap_or(0);
                columns.spread(offset, length.saturating_sub(offset));
                self.spread = Spread::Done;
            }
            _ => {}
        }
        Ok(())
    }
}
