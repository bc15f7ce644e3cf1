//! The one way from record to record of a file, over damage.
//!
//! What a file holds is a function of its bytes alone:
//!
//! - A record is good if its checksums hold (both, or the length's, as [`Verify`] says) and its
//!   payload is an event.
//! - The frame is believed first. Where a record is bad and its header good, the next is looked for
//!   where the header says that it ends: if both checksums of the bad one hold; if no whole good
//!   record begins within it; or if the frames from there on lead, one after the other, to a record
//!   whose checksums hold.
//! - Otherwise the next record is the next whole good one, wherever it begins.
//! - What the end of the file cuts short is not written yet, if no whole good record begins in it:
//!   a header or its beginning, zeros, or a record whose last bytes are zeros up to the end.

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

/// How far into a file without a valid beginning a record is looked for before the file is called
/// no event file at all, where an error is to be raised anyway.
const SEARCH: u64 = 16 << 20;

/// More bytes than this are stepped over, if they need not be read.
const WORTH_SKIPPING: u64 = 32 << 10;

/// What takes records in.
pub(crate) trait Sink {
    /// Takes in records at the beginning of `window`, which lies at `offset` in the file, where that
    /// is faster than one by one; how many bytes and records. They must be good.
    fn run(&mut self, _window: &[u8], _offset: u64, _verify: Verify) -> (usize, u64) {
        (0, 0)
    }

    /// Takes in a record's payload, which lies at `offset`. If it is no event, nothing changes.
    fn event(&mut self, payload: &[u8], offset: u64) -> Result<(), Malformed>;

    /// Takes in a large event without reading all of it; false where all of its bytes are needed.
    fn large(&mut self, _source: &dyn Source, _payload: Part) -> io::Result<bool> {
        Ok(false)
    }
}

/// What comes next in a file.
#[derive(Debug)]
pub(crate) enum Scanned {
    /// Records that were taken in, of so many bytes.
    Records(u64),
    /// No good record. The scanner stays before it until it is [passed](Scanner::pass).
    Bad(Bad),
}

/// Why there is no good record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bad {
    /// The record, of so many bytes, is bad. Its header is good, and both checksums may be.
    Record { size: u64, kind: Corruption, is_intact: bool },
    /// The header is bad.
    Header(Corruption),
    /// The file ends here, or within the record that begins here.
    Cut,
}

/// What was passed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Passed {
    /// So many damaged bytes.
    Damage(u64, Corruption),
    /// Nothing: so many bytes at the end are not written yet.
    End(u64),
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mark {
    /// A record begins here, or damage.
    pub offset: u64,
    /// So many records come before.
    pub record: u64,
}

/// Stands at a record of a file.
pub(crate) struct Scanner {
    stream: Stream,
    verify: Verify,
    on_corrupt: OnCorrupt,
    /// The index of the record at which the stream stands.
    record: u64,
    search: Option<Search>,
    /// From here on more bytes may show that something else is right.
    open: Option<Mark>,
    /// Whether records were taken in from there on.
    is_revocable: bool,
    /// The same place, behind the last record that was taken in.
    open_behind: Option<Mark>,
    /// A place, and up to where there are zeros from it on.
    zeros: Option<(u64, u64)>,
    /// Up to where payloads are what was written, if that is known.
    trusted: Option<u64>,
}

impl Scanner {
    /// At the first record of a stream, whose file is taken to end where it ends now.
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

    /// Which checksums it compares.
    pub fn verify(&self) -> Verify {
        self.verify
    }

    /// What damage is to lead to.
    pub fn on_corrupt(&self) -> OnCorrupt {
        self.on_corrupt
    }

    /// Goes to this place, wherever it is, as if nothing was read before, to read up to `until`.
    pub fn restart(&mut self, mark: Mark, until: u64) {
        self.stream.seek(mark.offset, until);
        self.record = mark.record;
        (self.search, self.open, self.zeros) = (None, None, None);
        (self.is_revocable, self.open_behind) = (false, None);
    }

    /// Moves to the first whole good record that is wholly in memory, if one is and begins before
    /// `until`; whether it did.
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

    /// Where it stands.
    pub fn mark(&self) -> Mark {
        Mark { offset: self.stream.offset(), record: self.record }
    }

    /// From where on more bytes may show that something else is right.
    pub fn open(&self) -> Mark {
        self.open.unwrap_or(self.mark())
    }

    /// Whether there is such a place.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether records were taken in that more bytes may show not to be any.
    pub fn is_revocable(&self) -> bool {
        self.is_revocable
    }

    /// Where reading goes on for who has all records that were taken in, and takes none of them
    /// back.
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

    /// Takes the file to end where it ends now; whether that is further on.
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

    /// Moves over records that are taken in, or up to one that is not good.
    pub fn next(&mut self, sink: &mut impl Sink) -> io::Result<Scanned> {
        let trusted = match self.trusted {
            Some(trusted) => trusted,
            None => *self.trusted.insert(self.find_trusted()?),
        };
        if let Some(size) = self.known_bad()? {
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
                    let is_intact = self.verify == Verify::Crc || {
                        let footer = &self.stream.window()[size as usize - FOOTER..];
                        footer.starts_with(&crc32c::masked(payload).to_le_bytes())
                    };
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
                }
            }
        }
    }

    /// Moves over the next record, where it is good and in memory, without a look at the file; how
    /// many bytes it takes.
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
        // Zeros may be what was not written yet.
        if self.verify == Verify::None && window[size - FOOTER..size] == [0; FOOTER] {
            return None;
        }
        sink.event(payload, offset + HEADER as u64).ok()?;
        self.took(size as u64, 1);
        Some(size as u64)
    }

    /// Up to where the payloads of records are what was written, where their checksums are not
    /// compared: not where the zeros at the end of the file begin.
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
        // Rare: the accelerator is given nothing that these may reach into.
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

    /// The size of the record here, if a search that came by found its data bad: where records lie
    /// one in another, no byte is to be summed up for each.
    fn known_bad(&mut self) -> io::Result<Option<u64>> {
        let at = self.stream.offset();
        match &mut self.search {
            Some(search) if self.verify == Verify::Crc && search.at() > at => {
                self.stream.fill(OVERHEAD as u64)?;
                search.bad(self.stream.source(), at, self.stream.file_len()?)
            }
            _ => Ok(None),
        }
    }

    /// Moves over a good record.
    fn took(&mut self, size: u64, records: u64) -> Scanned {
        self.stream.skip(size);
        self.record += records;
        self.is_revocable |= self.open.is_some();
        self.open_behind = None;
        Scanned::Records(size)
    }

    /// A record of this size whose data are bad.
    fn bad_data(&mut self, size: u64) -> io::Result<Scanned> {
        let end = self.stream.offset() + size;
        Ok(Scanned::Bad(match self.is_cut(end)? {
            true => Bad::Cut,
            false => Bad::Record { size, kind: Corruption::DataChecksum, is_intact: false },
        }))
    }

    /// Whether the last bytes of a record that ends here are zeros, and all that follows.
    fn is_cut(&mut self, end: u64) -> io::Result<bool> {
        let at = end - FOOTER as u64;
        let in_window = (at - self.stream.offset()) as usize;
        match self.stream.window().get(in_window..in_window + FOOTER) {
            Some(footer) if footer != [0; FOOTER] => Ok(false),
            _ => self.are_zeros(at),
        }
    }

    /// Whether the file has nothing but zeros from `at` on, and some.
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

    /// Whether the next record, of `need` bytes, is whole and better not read into memory: it takes
    /// much, or there is no need to read it all.
    fn is_large(&self, need: u64) -> io::Result<bool> {
        let missing = need.saturating_sub(self.stream.window().len() as u64);
        let is_large =
            need > KEEP as u64 || (self.verify == Verify::None && missing > WORTH_SKIPPING);
        let end = self.stream.offset().saturating_add(need);
        Ok(is_large
            && self.stream.source().is_seekable()
            && self.stream.file_len()?.is_some_and(|length| end <= length))
    }

    /// Has the next record, of `size` bytes, taken in without reading all of it; none where all of
    /// its bytes are needed.
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

    /// Whether the checksum of a record's payload is right.
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

    /// Moves over a record of this size, whatever it is.
    pub fn step_over(&mut self, size: u64) {
        self.stream.skip(size);
        self.record += 1;
    }

    /// Moves over what is bad, to the next record that can be trusted. Where damage is to be an
    /// error, it only says what it is, and stays.
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

    /// How many bytes the record here takes, whose header says `size` and whose data are bad, and
    /// whether that is sure.
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

    /// Whether the file, at whose beginning something is bad, holds no event.
    fn holds_nothing(&mut self, bad: Bad) -> io::Result<bool> {
        // Bad data behind a good header are a damaged record, whatever follows.
        if let Bad::Record { is_intact: false, .. } = bad {
            return Ok(false);
        }
        let until = match self.on_corrupt {
            OnCorrupt::Raise => SEARCH,
            OnCorrupt::Skip => u64::MAX,
        };
        Ok(self.first(until)?.at.is_none())
    }

    /// Whether the few bytes of a file too short for a record's header are no beginning of one.
    fn is_foreign(&self) -> bool {
        let bytes = self.stream.window();
        let mut length = [0; 8];
        let known = bytes.len().min(length.len());
        length[..known].copy_from_slice(&bytes[..known]);
        self.stream.offset() == 0
            && bytes.len() < HEADER
            && u64::from_le_bytes(length) > MAX_PAYLOAD
    }

    /// How many bytes the file has from here on.
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
        // The search reads for itself, so that it may be lent the source.
        let source = self.stream.shared_source();
        let leads = search.leads(&*source, at, end, |at| self.are_zeros(at));
        self.search = Some(search);
        leads
    }
}
