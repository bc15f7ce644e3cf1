//! Files under URIs, which Python's `tfevents.remote.files` lists and reads.

use std::io;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyFileNotFoundError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use tfevents::storage::remote::{Listing, Remote};
use tfevents::storage::{Source, Stamp};

use crate::names::{self, of};

/// As many bytes are read at a time where a file is read from its beginning to its end.
const BLOCK: u64 = 4 << 20;
/// And at least as many elsewhere.
const PIECE: u64 = 64 << 10;
/// As many blocks of a file are asked for before they are needed.
const AHEAD: u64 = 2;

/// What fsspec finds.
pub struct Fsspec;

impl Remote for Fsspec {
    fn list(&self, uri: &str) -> io::Result<Listing> {
        attach(|py| {
            let files = names::FIND_REMOTE.call(py, (uri,))?;
            let files: Option<Vec<String>> = files.extract()?;
            Ok(files.map_or(Listing::File, Listing::Directory))
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
}

fn stamp_of(length: u64, version: u64) -> Stamp {
    Stamp { length, version: (version, 0, 0) }
}

/// Calls Python, from a thread that may be none of its own.
fn attach<T>(call: impl FnOnce(Python<'_>) -> PyResult<T>) -> io::Result<T> {
    let result = Python::try_attach(|py| {
        call(py).map_err(|error| {
            let kind = match error.is_instance_of::<PyFileNotFoundError>(py) {
                true => io::ErrorKind::NotFound,
                false => io::ErrorKind::Other,
            };
            io::Error::new(kind, Raised(error))
        })
    });
    result.unwrap_or_else(|| Err(io::Error::other("the interpreter has ended")))
}

/// An exception on its way through the core.
#[derive(Debug)]
pub struct Raised(pub PyErr);

impl std::fmt::Display for Raised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Raised {}

/// A file that is read in few large pieces.
struct RemoteFile {
    file: Py<PyAny>,
    size: u64,
    version: u64,
    windows: Mutex<Windows>,
}

/// Two parts of a file: one slides through it, one is for a look elsewhere and back.
#[derive(Default)]
struct Windows {
    sliding: Window,
    aside: Window,
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

    /// Copies what it has at `offset`; how much that was.
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
    fn read(&self, start: u64, length: u64, ahead: u64) -> io::Result<Window> {
        let length = length.min(self.size - start);
        let bytes = attach(|py| {
            let bytes = self.file.call_method1(py, of::read(py), (start, length, ahead))?;
            Ok(bytes.extract::<PyBackedBytes>(py)?)
        })?;
        Ok(Window { start, bytes: Some(bytes) })
    }
}

impl Source for RemoteFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset >= self.size || buffer.is_empty() {
            return Ok(0);
        }
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let Windows { sliding, aside } = &mut *windows;
        for window in [&*sliding, &*aside] {
            match window.copy(buffer, offset) {
                0 => {}
                count => return Ok(count),
            }
        }
        let wanted = buffer.len() as u64;
        let into = if offset == sliding.end() && (offset > 0 || wanted >= PIECE) {
            // From the beginning on, or further. Who wants a few bytes there only looks at them.
            let ahead = if offset == 0 { 0 } else { AHEAD };
            let length = if offset == 0 { BLOCK } else { (2 * sliding.len()).min(BLOCK) };
            *sliding = self.read(offset, length.max(wanted), ahead)?;
            sliding
        } else if offset == aside.end() {
            // What began as a look elsewhere goes on there.
            *sliding = self.read(offset, (2 * aside.len()).min(BLOCK).max(wanted), 0)?;
            sliding
        } else {
            *aside = self.read(offset, PIECE.max(wanted), 0)?;
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
