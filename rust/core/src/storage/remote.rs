//! Remote files: a registered [`Remote`] lists and opens the files under URIs.

use std::io;
use std::path::Path;
use std::sync::OnceLock;

use crate::storage::source::{Source, Stamp};
use crate::storage::uri;

/// Lists and opens the files under URIs.
pub trait Remote: Send + Sync {
    /// Lists what is at a URI.
    fn list(&self, uri: &str) -> io::Result<Listing>;

    /// The state of the file at a URI.
    fn stamp(&self, uri: &str) -> io::Result<Stamp>;

    /// Opens the file at a URI.
    fn open(&self, uri: &str) -> io::Result<Box<dyn Source>>;

    /// Reads these bytes of the file at a URI by one request. They are fewer if the file ends
    /// before.
    fn read(&self, uri: &str, offset: u64, length: usize) -> io::Result<Vec<u8>>;
}

/// What is at a URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// A file.
    File,
    /// A directory.
    Directory {
        /// The paths of the files below it, relative to it, with `/` between the parts.
        files: Vec<String>,
        /// The paths of the directories below it that may not be listed, in the same form.
        denied: Vec<String>,
    },
}

static REMOTE: OnceLock<Box<dyn Remote>> = OnceLock::new();

/// Registers the [`Remote`] for all URIs. Only the first one is used.
pub fn register(remote: Box<dyn Remote>) {
    let _ = REMOTE.set(remote);
}

/// The URI in a path, and the [`Remote`] for it.
pub(crate) fn of(path: &Path) -> Option<(&'static dyn Remote, &str)> {
    let text = path.to_str().filter(|text| uri::is_uri(text) && uri::local_path(text).is_none())?;
    REMOTE.get().map(|remote| (&**remote, text))
}
