//! Finds whole good records in bytes where the places of records are unknown.
//!
//! Each byte is read once, whatever the bytes are. For each header, the checksum of all bytes
//! before its payload is kept. At the payload's end, the checksum of the payload follows from it.
//! So nested records cost no more than others.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::crc32c::{self, Checksum};
use crate::proto::is_event;
use crate::record::{self, FOOTER, HEADER, OVERHEAD};
use crate::scan::outline::{Outline, Part};
use crate::storage::source::{self, Source};

/// The number of bytes that are read at a time.
const PIECE: usize = 64 << 10;

/// The headers from one place of a file on, as far as the search came.
pub(crate) struct Search {
    /// Each header that begins before here is among the frames.
    at: u64,
    /// The bytes that were read, from `start` on.
    bytes: Vec<u8>,
    start: u64,
    /// The next header, if it was found.
    header: Option<u64>,
    /// The checksum of the bytes from the first one to `summed`.
    checksum: Checksum,
    summed: u64,
    frames: BTreeMap<u64, Frame>,
    /// Frames by the end of their payload, if it is not reached yet. Each has the checksum of the
    /// bytes before its payload.
    ends: BTreeMap<u64, Vec<(u64, u32)>>,
    /// The places of frames whose checksum was not compared yet, and those of frames whose checksum
    /// holds.
    undecided: BTreeSet<u64>,
    intact: BTreeSet<u64>,
}

/// The content of a header.
struct Frame {
    /// The number of bytes of the record.
    size: u64,
    /// Whether the frames from here on lead, one after the other, to a record whose checksums hold.
    leads: Option<bool>,
}

/// The result of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FirstGood {
    /// The place of the first whole good record.
    pub at: Option<u64>,
    /// Whether this stays right whatever is appended to the file.
    pub is_sure: bool,
}

impl Search {
    /// A search that starts at `from`.
    pub fn new(from: u64) -> Search {
        Search {
            at: from,
            bytes: Vec::new(),
            start: from,
            header: None,
            checksum: Checksum::default(),
            summed: from,
            frames: BTreeMap::new(),
            ends: BTreeMap::new(),
            undecided: BTreeSet::new(),
            intact: BTreeSet::new(),
        }
    }

    /// The end of the bytes that were read.
    pub fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// The place where the search continues.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// The first whole good record that begins in this range of a file that ends at `end`.
    pub fn first(
        &mut self,
        source: &dyn Source,
        from: u64,
        until: u64,
        end: Option<u64>,
    ) -> io::Result<FirstGood> {
        self.forget(from);
        let mut is_end = false;
        loop {
            let intact = self.intact.range(from..until).next().copied();
            let undecided = self.undecided.range(from..until).next().copied();
            let is_sure = undecided.is_none_or(|it| intact.is_some_and(|intact| intact < it))
                && (intact.is_some() || self.at >= until);
            if !is_sure && !is_end {
                is_end = !self.read(source, end)?;
                continue;
            }
            match intact {
                Some(at) if !self.holds_event(source, at)? => drop(self.intact.remove(&at)),
                at => return Ok(FirstGood { at, is_sure }),
            }
        }
    }

    /// Whether the frames from `at` on lead, one after the other, to a record whose checksums hold.
    /// None if only more bytes can tell. `is_cut` tells of a place whether only zeros follow.
    pub fn leads(
        &mut self,
        source: &dyn Source,
        mut at: u64,
        end: Option<u64>,
        mut is_cut: impl FnMut(u64) -> io::Result<bool>,
    ) -> io::Result<Option<bool>> {
        let mut passed = Vec::new();
        let leads = loop {
            let frame = match self.frames.get(&at) {
                None if self.at <= at => {
                    if !self.read(source, end)? && self.at <= at {
                        break None;
                    }
                    continue;
                }
                None if is_cut(at + HEADER as u64 - 1)? => break None,
                None => break Some(false),
                Some(frame) => frame,
            };
            if let Some(known) = frame.leads {
                break Some(known);
            }
            let size = frame.size;
            if self.undecided.contains(&at) {
                if !self.read(source, end)? && self.undecided.contains(&at) {
                    break None;
                }
                continue;
            }
            if self.is_intact(at) {
                break Some(true);
            }
            if is_cut(at + size - FOOTER as u64)? {
                break None;
            }
            passed.push(at);
            at += size;
        };
        for at in passed {
            if let Some(frame) = self.frames.get_mut(&at) {
                frame.leads = leads;
            }
        }
        Ok(leads)
    }

    /// The size of the frame that begins here, if it is whole and its checksum does not hold.
    pub fn bad(
        &mut self,
        source: &dyn Source,
        at: u64,
        end: Option<u64>,
    ) -> io::Result<Option<u64>> {
        while self.undecided.contains(&at) {
            if !self.read(source, end)? {
                break;
            }
        }
        let is_known = !self.undecided.contains(&at) && !self.is_intact(at);
        Ok(self.frames.get(&at).filter(|_| is_known).map(|frame| frame.size))
    }

    /// Whether the checksum of the frame here holds. Frames without an event were removed from
    /// `intact`.
    fn is_intact(&self, at: u64) -> bool {
        self.intact.contains(&at) || self.frames.get(&at).is_some_and(|it| it.leads == Some(true))
    }

    /// Forgets the frames before `from`.
    fn forget(&mut self, from: u64) {
        while let Some(first) = self.frames.first_entry()
            && *first.key() < from
        {
            first.remove();
        }
        for places in [&mut self.undecided, &mut self.intact] {
            while places.first().is_some_and(|&first| first < from) {
                places.pop_first();
            }
        }
    }

    /// Reads more bytes and looks for headers in them. Returns false at the end.
    fn read(&mut self, source: &dyn Source, end: Option<u64>) -> io::Result<bool> {
        // Earlier bytes are not needed any more.
        self.sum(self.at);
        let done = (self.at - self.start) as usize;
        self.bytes.drain(..done);
        self.start = self.at;
        let (length, next) = (self.bytes.len(), self.end());
        let rest = end.map_or(u64::MAX, |end| end.saturating_sub(next));
        self.bytes.resize(length + PIECE.min(usize::try_from(rest).unwrap_or(PIECE)), 0);
        let read = source.read_at(&mut self.bytes[length..], next);
        self.bytes.truncate(length + *read.as_ref().unwrap_or(&0));
        let is_more = read? > 0;
        self.look();
        Ok(is_more)
    }

    /// Looks for headers in all bytes that were read.
    fn look(&mut self) {
        loop {
            let header = self.header.or_else(|| self.find());
            self.header = header;
            let payload = header.map(|at| at + HEADER as u64);
            let last = self.end().saturating_sub(FOOTER as u64);
            match self.ends.first_key_value().map(|(&end, _)| end).filter(|&end| end <= last) {
                Some(end) if payload.is_none_or(|payload| end < payload) => self.decide(end),
                _ => match header {
                    Some(at) => self.add(at),
                    None => return,
                },
            }
        }
    }

    /// The next header in the bytes that were read.
    fn find(&mut self) -> Option<u64> {
        let bytes = &self.bytes[(self.at - self.start) as usize..];
        let found = record::find_header(bytes);
        if found.is_none() {
            self.at += bytes.len().saturating_sub(HEADER - 1) as u64;
        }
        found.map(|at| self.at + at as u64)
    }

    /// Adds the frame of the header here.
    fn add(&mut self, at: u64) {
        self.header = None;
        self.at = at + 1;
        let bytes = &self.bytes[(at - self.start) as usize..];
        let Some(length) = bytes.first_chunk().and_then(record::parse_length) else { return };
        self.sum(at + HEADER as u64);
        self.frames.insert(at, Frame { size: length + OVERHEAD as u64, leads: None });
        self.undecided.insert(at);
        let ends = self.ends.entry(at + HEADER as u64 + length).or_default();
        ends.push((at, self.checksum.finish()));
    }

    /// Compares the checksums of the frames whose payload ends here.
    fn decide(&mut self, end: u64) {
        self.sum(end);
        let all = self.checksum.finish();
        let footer = self.bytes[(end - self.start) as usize..].first_chunk();
        let footer = footer.map(|footer| u32::from_le_bytes(*footer));
        for (at, before) in self.ends.remove(&end).unwrap_or_default() {
            let length = end - (at + HEADER as u64);
            let checksum = crc32c::of_last(all, before, length);
            // A frame that was forgotten is not undecided.
            if self.undecided.remove(&at) && footer == Some(crc32c::mask(checksum)) {
                self.intact.insert(at);
            }
        }
    }

    /// Adds the bytes before `end` to the checksum.
    fn sum(&mut self, end: u64) {
        if end > self.summed {
            let [from, to] = [self.summed, end].map(|at| (at - self.start) as usize);
            self.checksum.update(&self.bytes[from..to]);
            self.summed = end;
        }
    }

    /// Whether the frame here holds an event.
    fn holds_event(&mut self, source: &dyn Source, at: u64) -> io::Result<bool> {
        let Some(frame) = self.frames.get_mut(&at) else { return Ok(false) };
        // The checksums of the frame hold in any case.
        frame.leads = Some(true);
        let payload = Part { offset: at + HEADER as u64, length: frame.size - OVERHEAD as u64 };
        if payload.length > PIECE as u64 && Outline::read(source, payload)?.is_some() {
            return Ok(true);
        }
        let mut bytes = source::memory_for(payload.length as usize)?;
        Ok(source::read_exact_at(source, &mut bytes, payload.offset)? && is_event(&bytes))
    }
}
