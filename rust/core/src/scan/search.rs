//! Where whole good records begin in bytes in which the places of records are unknown.
//!
//! Each byte is looked at once, in order, whatever the bytes are: of each header that is found the
//! checksum of all bytes before its payload is kept, and taken off that of all bytes before its
//! payload's end once that comes. So records that lie one in another cost no more than others.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::crc32c::{self, Checksum};
use crate::proto::is_event;
use crate::record::{self, FOOTER, HEADER, OVERHEAD};
use crate::scan::outline::{Outline, Part};
use crate::storage::source::{self, Source};

/// Bytes that are read at a time.
const PIECE: usize = 64 << 10;

/// The headers from one place of a file on, as far as they were looked for.
pub(crate) struct Search {
    /// Each header that begins before here is among the frames.
    at: u64,
    /// What was read, from `start` on.
    bytes: Vec<u8>,
    start: u64,
    /// The next header, if it was found already.
    header: Option<u64>,
    /// The checksum of the bytes from the first one looked at up to `summed`.
    checksum: Checksum,
    summed: u64,
    frames: BTreeMap<u64, Frame>,
    /// Frames whose payload ends at a place that is not reached yet, with the checksum up to where
    /// it begins.
    ends: BTreeMap<u64, Vec<(u64, u32)>>,
    /// Where frames begin of which it is not known whether their checksum holds, and those of which
    /// it does.
    undecided: BTreeSet<u64>,
    intact: BTreeSet<u64>,
}

/// What a header says.
struct Frame {
    /// Bytes of the record.
    size: u64,
    /// Whether the frames from here on lead, one after the other, to a record whose checksums hold.
    leads: Option<bool>,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FirstGood {
    /// Where the first whole good record begins.
    pub at: Option<u64>,
    /// Whether that stays so, whatever is appended to the file.
    pub is_sure: bool,
}

impl Search {
    /// Looks at nothing before `from`.
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

    /// How far it looked.
    pub fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// Where it goes on.
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

    /// Whether the frames from `at` on lead, one after the other, to a record whose checksums hold;
    /// none if that can't be told before more is written. `is_cut` says of a place whether nothing
    /// but zeros follows.
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

    /// Whether the checksum of the frame here holds. One that holds no event is not among the intact
    /// any more.
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

    /// Reads on, and looks at what it has read; false at the end.
    fn read(&mut self, source: &dyn Source, end: Option<u64>) -> io::Result<bool> {
        // What is behind is not needed any more.
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

    /// Looks at all that was read.
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

    /// The next header; none in what was read.
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

    /// Decides about the frames whose payload ends here.
    fn decide(&mut self, end: u64) {
        self.sum(end);
        let all = self.checksum.finish();
        let footer = self.bytes[(end - self.start) as usize..].first_chunk();
        let footer = footer.map(|footer| u32::from_le_bytes(*footer));
        for (at, before) in self.ends.remove(&end).unwrap_or_default() {
            let length = end - (at + HEADER as u64);
            let checksum = crc32c::of_last(all, before, length);
            // One that was forgotten is not decided about.
            if self.undecided.remove(&at) && footer == Some(crc32c::mask(checksum)) {
                self.intact.insert(at);
            }
        }
    }

    /// Sums up the bytes before `end`, which were read.
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
        // Whatever it holds, its checksums do.
        frame.leads = Some(true);
        let payload = Part { offset: at + HEADER as u64, length: frame.size - OVERHEAD as u64 };
        if payload.length > PIECE as u64 && Outline::read(source, payload)?.is_some() {
            return Ok(true);
        }
        let mut bytes = vec![0; payload.length as usize];
        Ok(source::read_exact_at(source, &mut bytes, payload.offset)? && is_event(&bytes))
    }
}
