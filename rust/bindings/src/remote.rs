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
use crate::call::helper;
use crate::call::names::{self, of};

/// The number of bytes in a request, if a file is read from its beginning to its end.
const BLOCK: u64 = 4 << 20;
/// The number of bytes in a request elsewhere. Each request that continues there has more bytes.
const PIECE: u64 = 64 << 10;
const MORE: u64 = 4;
/// The number of blocks of a file that are first requested before they are needed. Each block that
/// was needed doubles it. Python bounds that of all files.
const AHEAD: u64 = 2;
/// If the next bytes are nearer than this, the bytes between are read too. A request takes about as
/// long as a block, and half a block that is read saves half a request.
const NEAR: u64 = BLOCK / 2;

/// The files that fsspec finds.
pub struct Fsspec;

impl Remote for Fsspec {
    fn list(&self, uri: &str) -> io::Result<Listing> {
        attach(|py| {
            let found = helper::call(names::FIND_REMOTE.get(py)?, (uri,))?;
            let found: Option<(Vec<String>, Vec<String>)> = found.extract()?;
            Ok(match found {
                None => Listing::File,
                Some((files, denied)) => Listing::Directory { files, denied },
            })
        })
    }

    fn stamp(&self, uri: &str) -> io::Result<Stamp> {
        attach(|py| {
            let stamp = helper::call(names::REMOTE_STAMP.get(py)?, (uri,))?;
            let (length, version) = stamp.extract()?;
            Ok(stamp_of(length, version))
        })
    }

    fn open(&self, uri: &str) -> io::Result<Box<dyn Source>> {
        let (file, size, version) = attach(|py| {
            let file = helper::call(names::REMOTE_FILE.get(py)?, (uri,))?;
            let (size, version) = (file.getattr(of::size(py))?, file.getattr(of::version(py))?);
            Ok((file.unbind(), size.extract()?, version.extract()?))
        })?;
        Ok(Box::new(RemoteFile { file, size, version, windows: Mutex::default() }))
    }

    fn read(&self, uri: &str, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let bytes = attach(|py| {
            let bytes = helper::call(names::READ_RANGE.get(py)?, (uri, offset, length))?;
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
    /// The last two parts that were requested, the last one first. A caller that looks ahead comes
    /// back to the earlier part.
    windows: Mutex<[Window; 2]>,
}

/// A part of a file in memory.
#[derive(Default)]
struct Window {
    start: u64,
    bytes: Option<PyBackedBytes>,
    /// Where the bytes end that were read so far.
    read: u64,
    /// The number of bytes that were requested. The file may end before.
    size: u64,
    /// The number of blocks after it that were requested ahead, if there was room.
    ahead: u64,
}

impl Window {
    /// Copies the bytes that it has at `offset`, and returns their number.
    fn copy(&mut self, buffer: &mut [u8], offset: u64) -> usize {
        let at = offset.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        let Some(bytes) = self.bytes.as_ref().zip(at).and_then(|(bytes, at)| bytes.get(at..))
        else {
            return 0;
        };
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        self.read = self.read.max(offset + count as u64);
        count
    }

    /// Whether a caller that read from this window goes on at `offset`.
    fn leads_to(&self, offset: u64) -> bool {
        self.bytes.is_some() && (self.read..self.read + NEAR).contains(&offset)
    }
}

impl RemoteFile {
    /// The first of the `size` bytes from `start` on, or all of them, and `ahead` more blocks after
    /// these, which are requested meanwhile.
    fn window(&self, start: u64, size: u64, ahead: u64) -> io::Result<Window> {
        let end = (start + size).min(self.size);
        let bytes = attach(|py| {
            let arguments = (start, end, ahead, BLOCK);
            let bytes = helper::call(&self.file.bind(py).getattr(of::read(py))?, arguments)?;
            Ok(bytes.extract::<PyBackedBytes>()?)
        })?;
        Ok(Window { start, bytes: Some(bytes), read: start, size, ahead })
    }
}

impl Drop for RemoteFile {
    fn drop(&mut self) {
        let _ =
            attach(|py| helper::call(&self.file.bind(py).getattr(of::close(py))?, ()).map(drop));
    }
}

impl Source for RemoteFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset >= self.size || buffer.is_empty() {
            return Ok(0);
        }
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        for window in &mut *windows {
            match window.copy(buffer, offset) {
                0 => {}
                count => return Ok(count),
            }
        }
        let wanted = buffer.len() as u64;
        let before = windows.iter().find(|window| window.leads_to(offset));
        let (start, size, ahead) = match before {
            Some(before) if before.size >= BLOCK => {
                (offset, BLOCK, before.ahead.saturating_mul(2).max(AHEAD))
            }
            Some(before) => (offset, BLOCK.min(MORE * before.size), 0),
            // A caller that wants a few bytes at the beginning may need no more.
            None if offset == 0 && wanted >= PIECE => (0, BLOCK, 0),
            // All of a small file, if its end is looked at first.
            None => (offset.min(self.size.saturating_sub(PIECE)), PIECE, 0),
        };
        let window = self.window(start, size.max(wanted), ahead)?;
        windows.rotate_right(1);
        windows[0] = window;
        Ok(windows[0].copy(buffer, offset))
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
