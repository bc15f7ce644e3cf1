//! Goes through a file from record to record, and over damage. All readers use it.
//!
//! The content of a file depends on its bytes alone:
//!
//! - A record is good if its checksums hold (both, or the length's, as [`Verify`] says) and its
//!   payload is an event.
//! - Frames are believed first. If a record is bad but its header is good, the next record is the
//!   one where the header says that this one ends. This holds in three cases: both checksums of the
//!   bad record hold; no whole good record begins within it; or the frames from its end on lead,
//!   one after the other, to a record whose checksums hold.
//! - In all other cases the next record is the next whole good one, wherever it begins.
//! - What the end of the file cuts short is not written yet, if no whole good record begins in it.
//!   This is a header or its beginning, zeros, or a record whose last bytes are zeros up to the
//!   end.

use std::io;

use crate::crc32c;
use crate::error::Corruption;
use crate::proto::is_event;
use crate::record::{self, FOOTER, HEADER, MAX_PAYLOAD, OVERHEAD, Parsed, Verify};
use crate::scan::damage::OnCorrupt;
use crate::scan::outline::Part;
use crate::scan::search::{FirstGood, Search};
use crate::storage::source::{self, Source};
use crate::storage::stream::{CHUNK, KEEP, Stream};
use crate::wire::Malformed;

/// If the file has no valid beginning, a record is looked for within this many bytes. If there is
/// none, the file is not an event file. Only errors need this limit.
const SEARCH: u64 = 16 << 20;

/// Bytes that need not be read are skipped if they are more than this.
const WORTH_SKIPPING: u64 = 32 << 10;

/// Receives the records of a file.
pub(crate) trait Sink {
    /// Adds records at the beginning of `window`, which is at `offset` in the file, if this is
    /// faster than one by one. Returns the number of bytes and records. They must be good.
    fn run(&mut self, _window: &[u8], _offset: u64, _verify: Verify) -> (usize, u64) {
        (0, 0)
    }

    /// Adds the payload of a record, which is at `offset`. If it is not an event, nothing changes.
    fn event(&mut self, payload: &[u8], offset: u64) -> Result<(), Malformed>;

    /// Adds a large event without reading all of it. Returns false if all of its bytes are needed.
    fn large(&mut self, _source: &dyn Source, _payload: Part) -> io::Result<bool> {
        Ok(false)
    }
}

/// The next item in a file.
#[derive(Debug)]
pub(crate) enum Scanned {
    /// Records were added, with this number of bytes.
    Records(u64),
    /// The next record is not good. The scanner stays before it until [`Scanner::pass`] is called.
    Bad(Bad),
}

/// Why there is no good record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bad {
    /// The record has this number of bytes and is bad. Its header is good; both checksums may be
    /// good.
    Record { size: u64, kind: Corruption, is_intact: bool },
    /// The header is bad.
    Header(Corruption),
    /// The file ends here, or within the record that begins here.
    Cut,
}

/// What [`Scanner::pass`] moved over.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Passed {
    /// This number of damaged bytes.
    Damage(u64, Corruption),
    /// Nothing. This number of bytes at the end is not written yet.
    End(u64),
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mark {
    /// The offset of a record, or of damage.
    pub offset: u64,
    /// The number of records before it.
    pub record: u64,
}

/// A place in a file, which moves from record to record.
pub(crate) struct Scanner {
    stream: Stream,
    verify: Verify,
    on_corrupt: OnCorrupt,
    /// The index of the record at this place.
    record: u64,
    search: Option<Search>,
    /// From this place on, more bytes may show that something else is right.
    open: Option<Mark>,
    /// Whether records were added from that place on.
    is_revocable: bool,
    /// The same place, after the last record that was added.
    open_behind: Option<Mark>,
    /// A place, and the end of the zeros that begin there.
    zeros: Option<(u64, u64)>,
    /// The end of the bytes whose payloads were surely written, if it is known.
    trusted: Option<u64>,
}

impl Scanner {
    /// A scanner at the first record of a stream. For it, the file ends where it ends now.
    pub fn new(mut stream: Stream, verify: Verify, on_corrupt: OnCorrupt) -> io::Result<Scanner> {
        let end = stream.file_len()?;
        stream.end_at(end);
        Ok(Scanner {
            stream,
            verify,
            on_corrupt,
            record: 0,
            search: None,
            open: None,
            is_revocable: false,
            open_behind: None,
            zeros: None,
            trusted: None,
        })
    }

    /// Which checksums are compared.
    pub fn verify(&self) -> Verify {
        self.verify
    }

    /// What to do about damage.
    pub fn on_corrupt(&self) -> OnCorrupt {
        self.on_corrupt
    }

    /// Goes to this place, and forgets everything that was read before. Reading ends at `until`.
    pub fn restart(&mut self, mark: Mark, until: u64) {
        self.stream.seek(mark.offset, until);
        self.record = mark.record;
        (self.search, self.open, self.zeros) = (None, None, None);
        (self.is_revocable, self.open_behind) = (false, None);
    }

    /// Moves to the first whole good record in memory that begins before `until`. Returns whether
    /// there is one.
    pub fn find(&mut self, until: u64) -> io::Result<bool> {
        let rest = until.saturating_sub(self.stream.offset());
        self.stream.fill(rest.min(CHUNK as u64))?;
        let (window, mut at) = (self.stream.window(), 0);
        while let Some(next) = record::find_header(&window[at..]) {
            at += next;
            if at as u64 >= rest {
                break;
            }
            match record::parse(&window[at..], Verify::Crc) {
                Parsed::Record(payload) if is_event(payload) => {
                    self.stream.advance(at);
                    return Ok(true);
                }
                _ => at += 1,
            }
        }
        Ok(false)
    }

    /// Goes to this place.
    pub fn go_to(&mut self, mark: Mark) {
        self.stream.skip(mark.offset.saturating_sub(self.stream.offset()));
        self.record = mark.record;
    }

    /// The current place.
    pub fn mark(&self) -> Mark {
        Mark { offset: self.stream.offset(), record: self.record }
    }

    /// The place from which on more bytes may show that something else is right.
    pub fn open(&self) -> Mark {
        self.open.unwrap_or(self.mark())
    }

    /// Whether there is such a place.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether records were added that may prove not to be records.
    pub fn is_revocable(&self) -> bool {
        self.is_revocable
    }

    /// The place where a reader continues that has all added records and takes none of them back.
    pub fn handed_on(&self) -> Mark {
        if self.is_revocable { self.open_behind.unwrap_or(self.mark()) } else { self.open() }
    }

    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    pub fn stream_mut(&mut self) -> &mut Stream {
        &mut self.stream
    }

    pub fn into_buffer(self) -> Vec<u8> {
        self.stream.into_buffer()
    }

    /// Moves the end of the file to where it is now. Returns whether it moved.
    pub fn grow(&mut self) -> io::Result<bool> {
        let (before, now) = (self.stream.file_len()?, self.stream.source().len()?);
        let has_grown = now > before;
        if has_grown {
            self.stream.end_at(now);
            // The writer may have written other bytes there.
            self.stream.forget();
            (self.search, self.zeros, self.trusted) = (None, None, None);
        }
        Ok(has_grown)
    }

    /// Moves over records and adds them, up to one that is not good.
    pub fn next(&mut self, sink: &mut impl Sink) -> io::Result<Scanned> {
        let trusted = match self.trusted {
            Some(trusted) => trusted,
            None => *self.trusted.insert(self.find_trusted()?),
        };
        if self.verify == Verify::Crc
            && let Some(size) = self.known_bad()?
        {
            return self.bad_data(size);
        }
        loop {
            let (window, offset) = (self.stream.window(), self.stream.offset());
            let sure = usize::try_from(trusted.saturating_sub(offset)).unwrap_or(usize::MAX);
            let (size, records) = sink.run(&window[..window.len().min(sure)], offset, self.verify);
            if size > 0 {
                return Ok(self.took(size as u64, records));
            }
            match record::parse(window, self.verify) {
                Parsed::Record(payload) => {
                    let size = (payload.len() + OVERHEAD) as u64;
                    if self.verify == Verify::None && self.is_cut(offset + size)? {
                        return Ok(Scanned::Bad(Bad::Cut));
                    }
                    let payload = &self.stream.window()[HEADER..size as usize - FOOTER];
                    if sink.event(payload, offset + HEADER as u64).is_ok() {
                        return Ok(self.took(size, 1));
                    }
                    let is_intact = self.verify == Verify::Crc
                        || (self.known_bad()?.is_none() && self.is_intact(size));
                    let kind = Corruption::Message;
                    return Ok(Scanned::Bad(Bad::Record { size, kind, is_intact }));
                }
                Parsed::Corrupt(Corruption::DataChecksum) => {
                    let length = window.first_chunk().and_then(record::parse_length).unwrap_or(0);
                    return self.bad_data(length + OVERHEAD as u64);
                }
                Parsed::Corrupt(kind) => return Ok(Scanned::Bad(Bad::Header(kind))),
                Parsed::NeedMore(need) if need > MAX_PAYLOAD + OVERHEAD as u64 => {
                    return Ok(Scanned::Bad(Bad::Header(Corruption::Message)));
                }
                Parsed::NeedMore(need) => {
                    if self.is_large(need)?
                        && let Some(next) = self.large(sink, need)?
                    {
                        return Ok(next);
                    }
                    if !self.stream.fill(need)? {
                        return Ok(Scanned::Bad(Bad::Cut));
                    }
                    if need > KEEP as u64 {
                        // Its values may be copied. If there is no memory, it must be an error.
                        source::check_memory_for(usize::try_from(need).unwrap_or(usize::MAX))?;
                    }
                }
            }
        }
    }

    /// Moves over the next record if it is good and in memory, and does not access the file.
    /// Returns its number of bytes.
    pub fn next_at_hand(&mut self, most: u64, sink: &mut impl Sink) -> Option<u64> {
        self.trusted?;
        let (window, offset) = (self.stream.window(), self.stream.offset());
        if self.search.as_ref().is_some_and(|search| search.at() > offset)
            || window.first_chunk().and_then(record::parse_length)? > most
        {
            return None;
        }
        let Parsed::Record(payload) = record::parse(window, Verify::Crc) else { return None };
        let size = payload.len() + OVERHEAD;
        // Zeros may be bytes that are not written yet.
        if self.verify == Verify::None && window[size - FOOTER..size] == [0; FOOTER] {
            return None;
        }
        sink.event(payload, offset + HEADER as u64).ok()?;
        self.took(size as u64, 1);
        Some(size as u64)
    }

    /// The end of the bytes whose payloads were surely written, if their checksums are not
    /// compared. It is where the zeros at the end of the file begin.
    fn find_trusted(&self) -> io::Result<u64> {
        let source = self.stream.source();
        if self.verify == Verify::Crc || !source.is_seekable() {
            return Ok(u64::MAX);
        }
        let Some(end) = self.stream.file_len()? else { return Ok(u64::MAX) };
        let mut footer = [0; FOOTER];
        let at = end.saturating_sub(FOOTER as u64).max(self.stream.offset());
        let is_whole = source::read_exact_at(source, &mut footer, at)?;
        if !is_whole || footer != [0; FOOTER] {
            return Ok(u64::MAX);
        }
        // This is rare. The fast way must not get any bytes that these zeros may reach.
        let mut start = at;
        let mut piece = vec![0; KEEP.min((end - self.stream.offset()) as usize)];
        while start > self.stream.offset() {
            let from = start.saturating_sub(piece.len() as u64).max(self.stream.offset());
            let piece = &mut piece[..(start - from) as usize];
            if !source::read_exact_at(source, piece, from)? {
                break;
            }
            match piece.iter().rposition(|&byte| byte != 0) {
                Some(last) => return Ok(from + last as u64 + FOOTER as u64),
                None => start = from,
            }
        }
        Ok(start)
    }

    /// The size of the record here, if an earlier search found that its data are bad. So nested
    /// records do not need a checksum each.
    fn known_bad(&mut self) -> io::Result<Option<u64>> {
        let at = self.stream.offset();
        match &mut self.search {
            Some(search) if search.at() > at => {
                self.stream.fill(OVERHEAD as u64)?;
                search.bad(self.stream.source(), at, self.stream.file_len()?)
            }
            _ => Ok(None),
        }
    }

    /// Whether the checksum of the record of this size here, which is in memory, holds.
    fn is_intact(&self, size: u64) -> bool {
        let (payload, footer) =
            self.stream.window()[HEADER..size as usize].split_at(size as usize - OVERHEAD);
        footer == crc32c::masked(payload).to_le_bytes()
    }

    /// Moves over good records.
    fn took(&mut self, size: u64, records: u64) -> Scanned {
        self.stream.skip(size);
        self.record += records;
        self.is_revocable |= self.open.is_some();
        self.open_behind = None;
        Scanned::Records(size)
    }

    /// A record of this size with bad data.
    fn bad_data(&mut self, size: u64) -> io::Result<Scanned> {
        let end = self.stream.offset() + size;
        Ok(Scanned::Bad(match self.is_cut(end)? {
            true => Bad::Cut,
            false => Bad::Record { size, kind: Corruption::DataChecksum, is_intact: false },
        }))
    }

    /// Whether the last bytes of a record that ends here are zeros, and everything after them too.
    fn is_cut(&mut self, end: u64) -> io::Result<bool> {
        let at = end - FOOTER as u64;
        let in_window = (at - self.stream.offset()) as usize;
        match self.stream.window().get(in_window..in_window + FOOTER) {
            Some(footer) if footer != [0; FOOTER] => Ok(false),
            _ => self.are_zeros(at),
        }
    }

    /// Whether the file has only zeros from `at` on, and at least one.
    fn are_zeros(&mut self, at: u64) -> io::Result<bool> {
        let mut next = at;
        if let Some((from, to)) = self.zeros
            && (from..=to).contains(&at)
        {
            next = to;
        }
        let mut piece = [0; 4 << 10];
        loop {
            let rest = match self.stream.file_len()? {
                Some(end) => usize::try_from(end.saturating_sub(next)).unwrap_or(usize::MAX),
                None => usize::MAX,
            };
            let length = piece.len().min(rest);
            let count = match length {
                0 => 0,
                _ => self.stream.source().read_at(&mut piece[..length], next)?,
            };
            if count == 0 {
                self.zeros = Some((at, next));
                return Ok(next > at);
            }
            if let Some(zeros) = piece[..count].iter().position(|&byte| byte != 0) {
                self.zeros = Some((at, next + zeros as u64));
                return Ok(false);
            }
            next += count as u64;
        }
    }

    /// Whether the next record, of `need` bytes, is whole and should not be read into memory: it is
    /// large, or not all of it is needed.
    fn is_large(&self, need: u64) -> io::Result<bool> {
        let missing = need.saturating_sub(self.stream.window().len() as u64);
        let is_large =
            need > KEEP as u64 || (self.verify == Verify::None && missing > WORTH_SKIPPING);
        let end = self.stream.offset().saturating_add(need);
        Ok(is_large
            && self.stream.source().is_seekable()
            && self.stream.file_len()?.is_some_and(|length| end <= length))
    }

    /// Adds the next record, of `size` bytes, without reading all of it. None if all of its bytes
    /// are needed.
    fn large(&mut self, sink: &mut impl Sink, size: u64) -> io::Result<Option<Scanned>> {
        let offset = self.stream.offset() + HEADER as u64;
        let payload = Part { offset, length: size - OVERHEAD as u64 };
        if self.verify == Verify::Crc && !self.is_good(payload)? {
            return self.bad_data(size).map(Some);
        }
        if self.verify == Verify::None && self.is_cut(self.stream.offset() + size)? {
            return Ok(Some(Scanned::Bad(Bad::Cut)));
        }
        let is_taken = sink.large(self.stream.source(), payload)?;
        Ok(is_taken.then(|| self.took(size, 1)))
    }

    /// Whether the checksum of a record's payload holds.
    fn is_good(&self, payload: Part) -> io::Result<bool> {
        let source = self.stream.source();
        let Some(checksum) = source::checksum_at(source, payload.offset, payload.length)? else {
            return Ok(false);
        };
        let mut footer = [0; FOOTER];
        let end = payload.offset + payload.length;
        Ok(source::read_exact_at(source, &mut footer, end)?
            && crc32c::mask(checksum) == u32::from_le_bytes(footer))
    }

    /// Moves over a record of this size.
    pub fn step_over(&mut self, size: u64) {
        self.stream.skip(size);
        self.record += 1;
    }

    /// Moves over damage to the next record that can be trusted. If damage is an error, it only
    /// returns the damage and does not move.
    pub fn pass(&mut self, bad: Bad) -> io::Result<Passed> {
        let here = self.mark();
        let is_raised = self.on_corrupt == OnCorrupt::Raise;
        let bad = match bad {
            Bad::Header(_) if self.are_zeros(here.offset + HEADER as u64 - 1)? => Bad::Cut,
            bad => bad,
        };
        let (length, kind, is_sure) = match bad {
            Bad::Cut if self.rest()? == 0 => return Ok(Passed::End(0)),
            Bad::Cut => {
                let found = self.first(u64::MAX)?;
                match found.at {
                    Some(at) => (at - here.offset, Corruption::DataChecksum, false),
                    None if self.is_foreign() => (self.rest()?, Corruption::NotAnEventFile, false),
                    None => {
                        let rest = self.rest()?;
                        // The writer of the file may write here again.
                        self.stream.forget();
                        (self.search, self.zeros) = (None, None);
                        return Ok(Passed::End(rest));
                    }
                }
            }
            _ if here.offset == 0 && self.holds_nothing(bad)? => {
                (self.rest()?, Corruption::NotAnEventFile, false)
            }
            Bad::Header(kind) | Bad::Record { kind, .. } if is_raised => (0, kind, true),
            Bad::Header(kind) => {
                let found = self.first(u64::MAX)?;
                let length = match found.at {
                    Some(at) => at - here.offset,
                    None => self.rest()?,
                };
                (length, kind, found.at.is_some() && found.is_sure)
            }
            Bad::Record { size, kind, is_intact: true } => (size, kind, true),
            Bad::Record { size, kind, .. } => {
                let (length, is_sure) = self.believed(size)?;
                (length, kind, is_sure)
            }
        };
        if !is_raised {
            if !is_sure {
                self.open.get_or_insert(here);
                self.open_behind.get_or_insert(here);
            }
            self.stream.skip(length);
            self.record += 1;
        }
        Ok(Passed::Damage(length, kind))
    }

    /// The number of bytes of the record here, whose header says `size` and whose data are bad, and
    /// whether that is final.
    fn believed(&mut self, size: u64) -> io::Result<(u64, bool)> {
        let here = self.stream.offset();
        let within = self.first(here + size)?;
        if within.at.is_none() && within.is_sure {
            return Ok((size, true));
        }
        let leads = self.leads(here + size)?;
        Ok(match (within.at, leads) {
            (_, Some(true)) => (size, true),
            (None, _) => (size, false),
            (Some(at), Some(false)) => (at - here, within.is_sure),
            (Some(at), None) => (at - here, false),
        })
    }

    /// Whether a file with a bad beginning holds no event at all.
    fn holds_nothing(&mut self, bad: Bad) -> io::Result<bool> {
        // Bad data after a good header are a damaged record in any case.
        if let Bad::Record { is_intact: false, .. } = bad {
            return Ok(false);
        }
        let until = match self.on_corrupt {
            OnCorrupt::Raise => SEARCH,
            OnCorrupt::Skip => u64::MAX,
        };
        Ok(self.first(until)?.at.is_none())
    }

    /// Whether a file that is shorter than a header can't be the beginning of a record.
    fn is_foreign(&self) -> bool {
        let bytes = self.stream.window();
        let mut length = [0; 8];
        let known = bytes.len().min(length.len());
        length[..known].copy_from_slice(&bytes[..known]);
        self.stream.offset() == 0
            && bytes.len() < HEADER
            && u64::from_le_bytes(length) > MAX_PAYLOAD
    }

    /// The number of bytes from here to the end of the file.
    fn rest(&self) -> io::Result<u64> {
        let end = match self.stream.file_len()? {
            Some(end) => end,
            None => self.search.as_ref().map_or(0, Search::end),
        };
        Ok(end.saturating_sub(self.stream.offset()).max(self.stream.window().len() as u64))
    }

    /// The first whole good record after the place here and before `until`.
    fn first(&mut self, until: u64) -> io::Result<FirstGood> {
        let from = self.stream.offset() + 1;
        let (source, end) = (self.stream.source(), self.stream.file_len()?);
        let search = match &mut self.search {
            Some(search) if search.at() >= from => search,
            search => search.insert(Search::new(from)),
        };
        search.first(source, from, until, end)
    }

    /// Whether the frames from `at` on lead to a record whose checksums hold.
    fn leads(&mut self, at: u64) -> io::Result<Option<bool>> {
        let Some(mut search) = self.search.take() else { return Ok(None) };
        let end = self.stream.file_len()?;
        // The source is shared, since `are_zeros` needs the scanner meanwhile.
        let source = self.stream.shared_source();
        let leads = search.leads(&*source, at, end, |at| self.are_zeros(at));
        self.search = Some(search);
        leads
    }
}
