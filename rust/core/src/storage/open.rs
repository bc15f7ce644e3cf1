//! Files by their paths, on this machine or under URIs.

use std::io;
use std::path::{Path, PathBuf};

use crate::cancel;
use crate::storage::local;
use crate::storage::remote;
use crate::storage::source::{Source, Stamp};

/// Opens the file at `path`.
pub fn open(path: &Path) -> io::Result<Box<dyn Source>> {
    cancel::check()?;
    match remote::of(path) {
        Some((remote, uri)) => remote.open(uri),
        None => local::open(path),
    }
}

/// The state of the file at `path`; None where a file can't be read twice.
pub fn stamp(path: &Path) -> io::Result<Option<Stamp>> {
    match remote::of(path) {
        Some((remote, uri)) => remote.stamp(uri).map(Some),
        None => local::stamp(path),
    }
}

/// A path that means the same when the working directory changes.
pub fn absolute(path: &Path) -> PathBuf {
    let absolute = match remote::of(path) {
        Some(_) => None,
        None => std::path::absolute(path).ok(),
    };
    absolute.unwrap_or_else(|| path.to_owned())
}
