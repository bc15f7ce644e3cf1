//! From one record of a file to the next, over damage.

use std::io;

use crate::crc32c;
use crate::error::Corruption;
use crate::record::{self, FOOTER, HEADER, OVERHEAD, Parsed, Verify};
use crate::scan::damage::OnCorrupt;
use crate::scan::outline::Part;
use crate::storage::source;
use crate::storage::stream::{KEEP, Stream};

/// No message is larger (`protobuf`'s limit), so no record of an event file is.
pub(crate) const MAX_PAYLOAD: u64 = i32::MAX as u64;

/// How far into a file without a valid beginning a record is looked for before the file is called
/// no event file at all, where an error is to be raised anyway.
const SEARCH: u64 = 1 << 20;

/// More bytes than this are stepped over, if they need not be read.
const WORTH_SKIPPING: u64 = 32 << 10;

/// Once so many bytes looked like records and were none, as in a file that was made to waste time,
/// only small records are looked for.
const PATIENCE: u64 = 1 << 30;

/// A small record.
const SMALL: u64 = 4 << 10;

/// A record that cannot be used.
#[derive(Clone, Copy)]
pub(crate) enum Bad {
    /// It takes so many bytes.
    Record(Corruption, u64),
    /// Nobody knows where it ends.
    Header(Corruption),
}

/// Stands at a record of a file.
pub(crate) struct Walk {
    pub stream: Stream,
    pub verify: Verify,
    /// The index of the record at which the stream stands.
    pub record: u64,
    /// How far a valid record is looked for.
    limit: u64,
    /// How many bytes looked like records and were none.
    wasted: u64,
}

impl Walk {
    /// At the first record of a stream.
    pub fn new(stream: Stream, verify: Verify, on_corrupt: OnCorrupt) -> Walk {
        let limit = match on_corrupt {
            OnCorrupt::Raise => SEARCH,
            OnCorrupt::Skip => u64::MAX,
        };
        Walk { stream, verify, record: 0, limit, wasted: 0 }
    }

    /// Whether the next record, of `need` bytes, is whole and better not read into memory: it takes
    /// much, or there is no need to read it all.
    pub fn is_large(&self, need: u64) -> io::Result<bool> {
        let missing = need.saturating_sub(self.stream.window().len() as u64);
        let is_large =
            need > KEEP as u64 || (self.verify == Verify::None && missing > WORTH_SKIPPING);
        let end = self.stream.offset().saturating_add(need);
        Ok(is_large
            && self.stream.source().is_seekable()
            && self.stream.file_len()?.is_some_and(|length| end <= length))
    }

    /// Whether the checksum of a record's payload is right, or not asked for.
    pub fn is_good(&self, payload: Part) -> io::Result<bool> {
        if self.verify == Verify::None {
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
    pub fn is_foreign(&self) -> bool {
        let bytes = self.stream.window();
        let mut length = [0; 8];
        let known = bytes.len().min(length.len());
        length[..known].copy_from_slice(&bytes[..known]);
        bytes.len() < HEADER && u64::from_le_bytes(length) > MAX_PAYLOAD
    }

    /// Moves on to the next record that can be trusted; what was wrong with the one before.
    pub fn step_over(&mut self, bad: Bad) -> io::Result<Corruption> {
        let first = self.record == 0;
        self.record += 1;
        let kind = match bad {
            // Its checksums hold, so it ends where it says.
            Bad::Record(Corruption::Message, size) => {
                self.stream.skip(size);
                return Ok(Corruption::Message);
            }
            Bad::Record(kind, size) => {
                // With the next header in place, only the payload was damaged. That must not depend
                // on whether the next header is written yet.
                let is_in_place = !self.holds_record(size)?
                    && match self.header_at(size)? {
                        Some(next) => record::parse_length(&next).is_some(),
                        None => true,
                    };
                if is_in_place {
                    self.stream.skip(size);
                    return Ok(kind);
                }
                kind
            }
            Bad::Header(kind) => kind,
        };
        let found = self.resync(self.limit, false)?;
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

    /// Whether a whole record begins within the `size` bytes from here, which further bytes follow:
    /// then it was bytes that got lost, and those that follow are not what comes next.
    fn holds_record(&mut self, size: u64) -> io::Result<bool> {
        // What is better not in memory is not searched.
        if (self.stream.window().len() as u64) < size || !self.stream.fill(size + 1)? {
            return Ok(false);
        }
        let mut rest = self.stream.window();
        while let Some(at) = record::resync(rest) {
            rest = &rest[at..];
            match record::parse(rest, Verify::Crc) {
                Parsed::Record(_) => return Ok(true),
                _ if self.wasted > PATIENCE => return Ok(false),
                Parsed::Corrupt(_) => {
                    let length = rest.first_chunk().and_then(record::parse_length);
                    self.wasted = self.wasted.saturating_add(length.unwrap_or(0));
                }
                Parsed::NeedMore(_) => {}
            }
        }
        Ok(false)
    }

    /// Moves to the next header that a record follows; to the end, and false, if there is none.
    /// `whole`: what the end of the file cuts short is none.
    pub fn resync(&mut self, limit: u64, whole: bool) -> io::Result<bool> {
        let until = self.stream.offset().saturating_add(limit);
        while self.stream.offset() < until {
            match record::resync(self.stream.window()) {
                Some(at) => {
                    self.stream.advance(at);
                    if self.is_record(whole)? {
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

    /// Whether a whole record begins here, or, unless it is to be `whole`, one that the file's end
    /// cuts short.
    fn is_record(&mut self, whole: bool) -> io::Result<bool> {
        let Some(length) = self.stream.window().first_chunk().and_then(record::parse_length) else {
            return Ok(false);
        };
        let size = length.saturating_add(OVERHEAD as u64);
        if length > MAX_PAYLOAD || (size > SMALL && self.wasted > PATIENCE) {
            return Ok(false);
        }
        let is_good = if self.is_large(size)? {
            let offset = self.stream.offset() + HEADER as u64;
            self.is_good(Part { offset, length })?
        } else if !self.stream.fill(size)? {
            return Ok(!whole);
        } else {
            matches!(record::parse(self.stream.window(), Verify::Crc), Parsed::Record(_))
        };
        if !is_good {
            self.wasted = self.wasted.saturating_add(size);
        }
        Ok(is_good)
    }
}
