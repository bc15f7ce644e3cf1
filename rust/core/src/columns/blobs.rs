//! Encoded values. Small ones are kept in memory, and large ones stay in the file.

use std::ops::Range;
use std::path::Path;

use crate::crc32c;
use crate::error::{Error, ErrorKind, Result};
use crate::storage;

/// A value with more bytes than this stays in the file. It is read when a caller asks for it.
const SMALL: usize = 4 << 10;

/// Steps, wall times and encoded values of one tag.
#[derive(Debug, Default)]
pub struct Blobs {
    /// The steps.
    pub steps: Vec<i64>,
    /// Seconds since the epoch.
    pub wall_times: Vec<f64>,
    places: Vec<Place>,
    /// The number of pictures, sounds or strings in each value; `UNKNOWN` if it was not decoded.
    parts: Vec<u32>,
    /// The bytes of all small values.
    small: Vec<u8>,
}

/// An encoded value.
#[derive(Debug, Clone, Copy)]
pub enum Blob<'a> {
    /// Its bytes, which are in memory.
    Here(&'a [u8]),
    /// The place of its bytes in the file.
    There(Place),
}

/// A range of bytes in a file, and their checksum when the file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The index of the file in the run; `HERE` for the memory of [`Blobs`].
    file: u32,
    length: u32,
    offset: u64,
    /// The checksum covers the first `checked` bytes. These are all bytes, unless checksums were
    /// not verified, since then not all bytes were read.
    checked: u32,
    checksum: u32,
}

const HERE: u32 = u32::MAX;

const UNKNOWN: u32 = u32::MAX;

impl Place {
    /// The place of `length` bytes at `offset`, and the checksum of the first `checked` of them.
    pub(crate) fn new(offset: u64, length: u32, checked: u32, checksum: u32) -> Place {
        Place { file: 0, length, offset, checked, checksum }
    }

    /// The index of the file in the run.
    pub fn file(&self) -> usize {
        self.file as usize
    }

    /// Reads the bytes from the file at `path`. It is an error if they were changed.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>> {
        let changed = || Error::new(ErrorKind::Changed).at_path(path).at_offset(self.offset);
        let bytes = storage::read_range(path, self.offset, self.length as usize)
            .map_err(|error| Error::io(error, path))?;
        let is_same =
            |bytes: &Vec<u8>| crc32c::checksum(&bytes[..self.checked as usize]) == self.checksum;
        bytes.filter(is_same).ok_or_else(changed)
    }
}

impl Blobs {
    /// The number of values.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The value at `index`.
    pub fn get(&self, index: usize) -> Option<Blob<'_>> {
        let place = *self.places.get(index)?;
        if place.file != HERE {
            return Some(Blob::There(place));
        }
        let start = place.offset as usize;
        Some(Blob::Here(self.small.get(start..start + place.length as usize)?))
    }

    /// The number of pictures, sounds or strings in the value at `index`, if it was decoded.
    pub fn parts(&self, index: usize) -> Option<usize> {
        self.parts.get(index).filter(|&&parts| parts != UNKNOWN).map(|&parts| parts as usize)
    }

    /// Appends a value, with the number of its parts and its `offset` in the file, if these are
    /// known.
    pub fn push(
        &mut self,
        step: i64,
        wall_time: f64,
        bytes: &[u8],
        offset: Option<u64>,
        parts: Option<usize>,
    ) {
        // Every record is shorter than 4 GiB.
        let length = bytes.len() as u32;
        let place = match offset {
            Some(offset) if bytes.len() > SMALL => {
                Place::new(offset, length, length, crc32c::checksum(bytes))
            }
            _ => {
                let offset = self.small.len() as u64;
                self.small.extend_from_slice(bytes);
                Place { file: HERE, length, offset, checked: 0, checksum: 0 }
            }
        };
        self.push_place(step, wall_time, place);
        if let Some(last) = self.parts.last_mut() {
            *last = parts.and_then(|parts| u32::try_from(parts).ok()).unwrap_or(UNKNOWN);
        }
    }

    /// Appends a value that stays in the file.
    pub(crate) fn push_place(&mut self, step: i64, wall_time: f64, place: Place) {
        self.steps.push(step);
        self.wall_times.push(wall_time);
        self.places.push(place);
        self.parts.push(UNKNOWN);
    }

    /// Appends copies of these values of `other`. Those in files stay where they are.
    pub(crate) fn extend_from(&mut self, other: &Blobs, range: Range<usize>) {
        self.steps.extend_from_slice(&other.steps[range.clone()]);
        self.wall_times.extend_from_slice(&other.wall_times[range.clone()]);
        self.parts.extend_from_slice(&other.parts[range.clone()]);
        for place in &other.places[range] {
            let mut place = *place;
            if place.file == HERE {
                let start = place.offset as usize;
                place.offset = self.small.len() as u64;
                self.small.extend_from_slice(&other.small[start..start + place.length as usize]);
            }
            self.places.push(place);
        }
    }

    /// Sets the file of the values that stay in one.
    pub(crate) fn set_file(&mut self, file: u32) {
        for place in self.places.iter_mut().filter(|place| place.file != HERE) {
            place.file = file;
        }
    }

    /// Appends all of `other`, which is empty then and comes from the file at this index.
    pub(crate) fn append(&mut self, other: &mut Blobs, file: u32) {
        let moved = self.small.len() as u64;
        self.steps.append(&mut other.steps);
        self.wall_times.append(&mut other.wall_times);
        self.small.append(&mut other.small);
        self.parts.append(&mut other.parts);
        self.places.extend(other.places.drain(..).map(|place| match place.file {
            HERE => Place { offset: place.offset + moved, ..place },
            _ => Place { file, ..place },
        }));
    }
}
