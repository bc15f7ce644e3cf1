//! Files in memory, under URIs. The core reads them like any other file.

use std::cell::Cell;
use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, Once, PoisonError};

use tfevents::storage::remote::{self, Listing, Remote};
use tfevents::storage::{Source, Stamp};

thread_local! {
    static READ: Cell<u64> = const { Cell::new(0) };
}

/// The number of bytes that this thread read of all files, for a test of the scanner.
#[allow(dead_code)]
pub fn bytes_read() -> u64 {
    READ.get()
}

/// A file in memory. It exists until it is dropped.
pub struct File {
    uri: String,
}

/// The content of a file, and how it is returned.
#[derive(Clone)]
pub struct Content {
    pub bytes: Arc<[u8]>,
    /// A read returns at most this number of bytes.
    pub piece: usize,
}

impl File {
    /// A new file.
    pub fn new(content: Content) -> File {
        static REGISTERED: Once = Once::new();
        static COUNT: AtomicU64 = AtomicU64::new(0);
        REGISTERED.call_once(|| remote::register(Box::new(Memory)));
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = File { uri: format!("fuzz://{number}/events.out.tfevents.1") };
        file.write(content);
        file
    }

    /// Replaces the content of the file.
    pub fn write(&self, content: Content) {
        files().insert(self.uri.clone(), content);
    }

    /// The URI of the file.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(&self.uri)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        files().remove(&self.uri);
    }
}

fn files() -> MutexGuard<'static, HashMap<String, Content>> {
    static FILES: LazyLock<Mutex<HashMap<String, Content>>> = LazyLock::new(Mutex::default);
    // A thread that panics leaves the map in a good state.
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Memory;

impl Memory {
    fn content(uri: &str) -> io::Result<Content> {
        files().get(uri).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Remote for Memory {
    fn list(&self, uri: &str) -> io::Result<Listing> {
        Memory::content(uri).map(|_| Listing::File)
    }

    fn stamp(&self, uri: &str) -> io::Result<Stamp> {
        Memory::content(uri).map(|content| content.stamp())
    }

    fn read(&self, uri: &str, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let bytes = Memory::content(uri)?.bytes;
        let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..));
        let rest = rest.unwrap_or_default();
        Ok(rest[..length.min(rest.len())].to_vec())
    }

    fn open(&self, uri: &str) -> io::Result<Box<dyn Source>> {
        Memory::content(uri)?;
        Ok(Box::new(Opened { uri: uri.to_owned() }))
    }
}

impl Content {
    fn stamp(&self) -> Stamp {
        Stamp { length: self.bytes.len() as u64, version: (0, 0, 0) }
    }
}

/// A file whose content may change while it is open.
struct Opened {
    uri: String,
}

impl Source for Opened {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let Content { bytes, piece } = Memory::content(&self.uri)?;
        let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..));
        let rest = rest.unwrap_or_default();
        let count = rest.len().min(buffer.len()).min(piece);
        READ.set(READ.get() + count as u64);
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn len(&self) -> io::Result<Option<u64>> {
        Ok(Some(Memory::content(&self.uri)?.bytes.len() as u64))
    }

    fn is_seekable(&self) -> bool {
        true
    }

    fn stamp(&self) -> io::Result<Option<Stamp>> {
        Ok(Some(Memory::content(&self.uri)?.stamp()))
    }
}
