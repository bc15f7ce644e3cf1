//! Opens files by their paths, which may be local or URIs.

use std::io;
use std::path::{Path, PathBuf};

use crate::cancel;
use crate::storage::local;
use crate::storage::remote;
use crate::storage::source::{self, Source, Stamp};

/// Opens the file at `path`.
pub fn open(path: &Path) -> io::Result<Box<dyn Source>> {
    cancel::check()?;
    match remote::of(path) {
        Some((remote, uri)) => remote.open(uri),
        None => local::open(path),
    }
}

/// The state of the file at `path`. None if it can't be read twice.
pub fn stamp(path: &Path) -> io::Result<Option<Stamp>> {
    match remote::of(path) {
        Some((remote, uri)) => remote.stamp(uri).map(Some),
        None => local::stamp(path),
    }
}

/// A path that stays the same if the working directory changes.
pub fn absolute(path: &Path) -> PathBuf {
    let absolute = match remote::of(path) {
        Some(_) => None,
        None => std::path::absolute(path).ok(),
    };
    absolute.unwrap_or_else(|| path.to_owned())
}

/// These bytes of the file at `path`. None if the file is too short.
pub fn read_range(path: &Path, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
    if let Some((remote, uri)) = remote::of(path) {
        let bytes = remote.read(uri, offset, length)?;
        return Ok((bytes.len() == length).then_some(bytes));
    }
    let source = open(path)?;
    // No more is allocated than the file can hold.
    let end = offset.saturating_add(length as u64);
    if source.len()?.is_none_or(|length| length < end) {
        return Ok(None);
    }
    let mut bytes = source::memory_for(length)?;
    Ok(source::read_exact_at(&*source, &mut bytes, offset)?.then_some(bytes))
}
