//! Files that are elsewhere: under URIs, which a registered [`Remote`] lists and opens.

use std::io;
use std::path::Path;
use std::sync::OnceLock;

use crate::storage::source::{Source, Stamp};
use crate::storage::uri;

/// Knows the files under URIs.
pub trait Remote: Send + Sync {
    /// What there is at a URI.
    fn list(&self, uri: &str) -> io::Result<Listing>;

    /// The state of the file at a URI.
    fn stamp(&self, uri: &str) -> io::Result<Stamp>;

    /// Opens the file at a URI.
    fn open(&self, uri: &str) -> io::Result<Box<dyn Source>>;

    /// These bytes of the file at a URI, by one request; fewer where it ends before.
    fn read(&self, uri: &str, offset: u64, length: usize) -> io::Result<Vec<u8>>;
}

/// What there is at a URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// A file.
    File,
    /// A directory.
    Directory {
        /// The files below it, by their paths relative to it, with `/` between the parts.
        files: Vec<String>,
        /// The directories below it that may not be listed, likewise.
        denied: Vec<String>,
    },
}

static REMOTE: OnceLock<Box<dyn Remote>> = OnceLock::new();

/// Has this one take care of all URIs; the first that is registered stays.
pub fn register(remote: Box<dyn Remote>) {
    let _ = REMOTE.set(remote);
}

/// The URI that a path is, and who takes care of it.
pub(crate) fn of(path: &Path) -> Option<(&'static dyn Remote, &str)> {
    let text = path.to_str().filter(|text| uri::is_uri(text) && uri::local_path(text).is_none())?;
    REMOTE.get().map(|remote| (&**remote, text))
}
