//! Files that are elsewhere: under URIs, which a registered [`Remote`] lists and opens.
//!
//! A URI is kept in a `PathBuf` like any path, but its parts are never looked at as those of one:
//! `s3://bucket` would become `s3:/bucket`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::storage::{Source, Stamp};

/// Knows the files under URIs.
pub trait Remote: Send + Sync {
    /// What there is at a URI.
    fn list(&self, uri: &str) -> io::Result<Listing>;

    /// The state of the file at a URI.
    fn stamp(&self, uri: &str) -> io::Result<Stamp>;

    /// Opens the file at a URI.
    fn open(&self, uri: &str) -> io::Result<Box<dyn Source>>;
}

/// What there is at a URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// A file.
    File,
    /// Files at these paths below it, with `/` between their parts.
    Directory(Vec<String>),
}

static REMOTE: OnceLock<Box<dyn Remote>> = OnceLock::new();

/// Has this one take care of all URIs; the first that is registered stays.
pub fn register(remote: Box<dyn Remote>) {
    let _ = REMOTE.set(remote);
}

/// The URI that a path is, and who takes care of it.
pub(crate) fn of(path: &Path) -> Option<(&'static dyn Remote, &str)> {
    let uri = path.to_str()?;
    let (scheme, _) = uri.split_once("://")?;
    let is_scheme = !scheme.is_empty()
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte));
    REMOTE.get().filter(|_| is_scheme).map(|remote| (&**remote, uri))
}

/// A path that means the same when the working directory changes.
pub fn absolute(path: &Path) -> PathBuf {
    let absolute = || std::path::absolute(path).ok();
    match of(path) {
        Some(_) => None,
        None => absolute(),
    }
    .unwrap_or_else(|| path.to_owned())
}

/// The URI of what has this path below another one.
pub(crate) fn join(uri: &str, path: &str) -> String {
    let slash = if uri.ends_with('/') { "" } else { "/" };
    format!("{uri}{slash}{path}")
}
