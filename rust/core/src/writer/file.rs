//! The file behind a writer: its name, its creation, its end.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::state::OpenFile;
use super::{now, sys};

#[derive(Debug)]
pub(super) struct EventFile {
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// Some network file systems never count links: there a removal can't be seen.
    counts_links: bool,
}

/// Numbers the files of the process, as TensorBoard's own writer does.
static UID: AtomicU64 = AtomicU64::new(0);

impl EventFile {
    /// Creates a file that did not exist, and its directory where that does not exist.
    pub(super) fn create(dir: &Path, suffix: &str) -> Result<EventFile, (io::Error, PathBuf)> {
        fs::create_dir_all(dir).map_err(|error| (error, dir.to_path_buf()))?;
        let host = sys::hostname();
        loop {
            let uid = UID.fetch_add(1, Ordering::Relaxed);
            let path = dir.join(format!(
                "events.out.tfevents.{:010}.{host}.{}.{uid}{suffix}",
                now() as u64,
                std::process::id(),
            ));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    let counts_links = sys::links(&file) != 0;
                    return Ok(EventFile { file, path, counts_links });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err((error, path)),
            }
        }
    }

    /// What others need to know of it.
    pub(super) fn shown(&self) -> OpenFile {
        OpenFile { path: self.path.clone(), descriptor: sys::descriptor(&self.file) }
    }

    /// Whether somebody deleted it, so that what is written to it is lost.
    pub(super) fn is_removed(&self) -> bool {
        self.counts_links && sys::links(&self.file) == 0
    }

    /// Closes it. Network file systems may tell only now that a write failed.
    pub(super) fn close(self) -> io::Result<()> {
        sys::close(self.file)
    }
}
