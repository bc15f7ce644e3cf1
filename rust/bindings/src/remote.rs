//! Files under URIs. Python's `tfevents.remote.files` lists and reads them.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use tfevents::storage::remote::{Listing, Remote};
use tfevents::storage::{Source, Stamp, uri};

use crate::call::error::Raised;
use crate::call::names::{self, of};

/// The number of bytes in a request, if a file is read from its beginning to its end.
const BLOCK: u64 = 4 << 20;
/// The least number of bytes in any other request.
const PIECE: u64 = 64 << 10;
/// The number of blocks of a file that are requested before they are needed.
const AHEAD: u64 = 2;
/// If the next bytes are nearer than this, the bytes between are read too. A request takes about as
/// long as this many bytes, and sequential blocks can be requested ahead.
const NEAR: u64 = BLOCK;

/// The files that fsspec finds.
pub struct Fsspec;

impl Remote for Fsspec {
    fn list(&self, uri: &str) -> io::Result<Listing> {
        attach(|py| {
            let found = names::FIND_REMOTE.call(py, (uri,))?;
            let found: Option<(Vec<String>, Vec<String>)> = found.extract()?;
            Ok(match found {
                None => Listing::File,
                Some((files, denied)) => Listing::Directory { files, denied },
            })
        })
    }

    fn stamp(&self, uri: &str) -> io::Result<Stamp> {
        attach(|py| {
            let stamp = names::REMOTE_STAMP.call(py, (uri,))?;
            let (length, version) = stamp.extract()?;
            Ok(stamp_of(length, version))
        })
    }

    fn open(&self, uri: &str) -> io::Result<Box<dyn Source>> {
        let (file, size, version) = attach(|py| {
            let file = names::REMOTE_FILE.call(py, (uri,))?;
            let (size, version) = (file.getattr(of::size(py))?, file.getattr(of::version(py))?);
            Ok((file.unbind(), size.extract()?, version.extract()?))
        })?;
        Ok(Box::new(RemoteFile { file, size, version, windows: Mutex::default() }))
    }

    fn read(&self, uri: &str, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let bytes = attach(|py| {
            let bytes = names::READ_RANGE.call(py, (uri, offset, length))?;
            Ok(bytes.extract::<PyBackedBytes>()?)
        })?;
        Ok(bytes.to_vec())
    }
}

/// Whether a path is a URI, which begins with a scheme.
#[pyfunction]
pub fn is_uri(text: OsString) -> bool {
    text.to_str().is_some_and(uri::is_uri)
}

/// The local path of a `file:` URI. None for other URIs, and for texts that are not URIs.
#[pyfunction]
pub fn local_path(text: OsString) -> Option<OsString> {
    text.to_str().and_then(uri::local_path).map(PathBuf::into_os_string)
}

/// The URI of a path relative to another URI.
#[pyfunction]
pub fn join_uri(uri: &str, path: &str) -> String {
    uri::join(uri, path)
}

fn stamp_of(length: u64, version: u64) -> Stamp {
    Stamp { length, version: (version, 0, 0) }
}

/// Calls Python from a thread that Python may not know.
fn attach<T>(call: impl FnOnce(Python<'_>) -> PyResult<T>) -> io::Result<T> {
    let result = Python::try_attach(|py| {
        call(py).map_err(|error| io::Error::new(kind_of(py, &error), Raised(error)))
    });
    result.unwrap_or_else(|| Err(io::Error::other("the interpreter has ended")))
}

/// The kind of error for the errno of an `OSError`.
fn kind_of(py: Python<'_>, error: &PyErr) -> io::ErrorKind {
    if cfg!(windows) {
        // On Windows the system's codes differ from those of C, which Python uses.
        return io::Error::from(error.clone_ref(py)).kind();
    }
    let code =
        error.is_instance_of::<PyOSError>(py).then(|| error.value(py).getattr(of::errno(py)));
    match code.and_then(Result::ok).and_then(|code| code.extract::<i32>().ok()) {
        Some(code) => io::Error::from_raw_os_error(code).kind(),
        None => io::ErrorKind::Other,
    }
}

/// A file that is read by few large requests.
struct RemoteFile {
    file: Py<PyAny>,
    size: u64,
    version: u64,
    windows: Mutex<Windows>,
}

/// Two parts of a file in memory. One slides through the file. The other keeps the earlier part if
/// a read goes elsewhere and comes back.
#[derive(Default)]
struct Windows {
    sliding: Window,
    aside: Window,
    /// Whether the window has moved before. Then the next bytes will be needed.
    moves: bool,
}

#[derive(Default)]
struct Window {
    start: u64,
    bytes: Option<PyBackedBytes>,
}

impl Window {
    fn end(&self) -> u64 {
        self.start + self.len()
    }

    fn len(&self) -> u64 {
        self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)
    }

    /// Copies the bytes that it has at `offset`, and returns their number.
    fn copy(&self, buffer: &mut [u8], offset: u64) -> usize {
        let at = offset.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        let Some(bytes) = self.bytes.as_ref().zip(at).and_then(|(bytes, at)| bytes.get(at..))
        else {
            return 0;
        };
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        count
    }
}

impl RemoteFile {
    /// The first of the bytes from `start` to `end`, or all of them. Requests `ahead` more blocks
    /// after these.
    fn read(&self, start: u64, end: u64, ahead: u64) -> io::Result<Window> {
        let end = end.min(self.size);
        let bytes = attach(|py| {
            let arguments = (start, end, ahead, BLOCK);
            let bytes = self.file.call_method1(py, of::read(py), arguments)?;
            Ok(bytes.extract::<PyBackedBytes>(py)?)
        })?;
        Ok(Window { start, bytes: Some(bytes) })
    }
}

/// The end of the block of this offset, or of the next block if the offset is near that end.
fn end_of_block(offset: u64) -> u64 {
    (offset + PIECE).next_multiple_of(BLOCK)
}

impl Source for RemoteFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset >= self.size || buffer.is_empty() {
            return Ok(0);
        }
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let Windows { sliding, aside, moves } = &mut *windows;
        for window in [&*sliding, &*aside] {
            match window.copy(buffer, offset) {
                0 => {}
                count => return Ok(count),
            }
        }
        let wanted = buffer.len() as u64;
        let is_near = |window: &Window| {
            window.len() > 0 && (window.end()..window.end() + NEAR).contains(&offset)
        };
        let into = if offset == 0 && sliding.len() == 0 && wanted >= PIECE {
            // Reads from the beginning. A caller that wants a few bytes there may need no more.
            *sliding = self.read(0, BLOCK.max(wanted), 0)?;
            sliding
        } else if is_near(sliding) {
            let ahead = if *moves || offset == sliding.end() { AHEAD } else { 0 };
            let end = end_of_block(offset).max(offset + wanted);
            // A caller that reads ahead comes back to the earlier part.
            *aside = std::mem::replace(sliding, self.read(offset, end, ahead)?);
            *moves = true;
            sliding
        } else if is_near(aside) {
            // The read elsewhere continues there.
            let length = if offset == aside.end() { 2 * aside.len() } else { BLOCK };
            let end = end_of_block(offset).min(offset + length).max(offset + wanted);
            *sliding = self.read(offset, end, 0)?;
            *moves = false;
            sliding
        } else {
            *aside = self.read(offset, offset + PIECE.max(wanted), 0)?;
            aside
        };
        Ok(into.copy(buffer, offset))
    }

    fn len(&self) -> io::Result<Option<u64>> {
        Ok(Some(self.size))
    }

    fn is_seekable(&self) -> bool {
        true
    }

    fn stamp(&self) -> io::Result<Option<Stamp>> {
        Ok(Some(stamp_of(self.size, self.version)))
    }
}
