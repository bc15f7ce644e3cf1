//! The files that are written.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cancel;
use crate::error::{Error, Result};

/// So many bytes wait to be written, over all files.
const MOST: usize = 1 << 20;

/// Files that grow side by side. None is held open, since there may be one for each tag.
#[derive(Debug, Default)]
pub struct Outputs {
    files: Vec<Output>,
    waiting: usize,
}

/// A file.
#[derive(Debug)]
struct Output {
    path: PathBuf,
    buffer: Vec<u8>,
    is_created: bool,
}

impl Outputs {
    /// One more file, which has no bytes yet; its number.
    pub fn add(&mut self, path: PathBuf) -> usize {
        self.files.push(Output { path, buffer: Vec::new(), is_created: false });
        self.files.len() - 1
    }

    /// Appends these bytes to a file.
    #[inline]
    pub fn put(&mut self, number: usize, bytes: &[u8]) {
        self.files[number].buffer.extend_from_slice(bytes);
        self.waiting += bytes.len();
    }

    /// Has these bytes appended to a file.
    #[inline]
    pub fn put_with(&mut self, number: usize, put: impl FnOnce(&mut Vec<u8>)) {
        let buffer = &mut self.files[number].buffer;
        let before = buffer.len();
        put(buffer);
        self.waiting += buffer.len() - before;
    }

    /// Writes what waits, if that is much.
    pub fn relieve(&mut self) -> Result<()> {
        if self.waiting < MOST {
            return Ok(());
        }
        self.waiting = 0;
        self.files.iter_mut().try_for_each(Output::write)
    }

    /// Writes all, and waits until it is on the disk; where the files are.
    pub fn finish(self) -> Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for mut file in self.files {
            if !file.is_created || !file.buffer.is_empty() {
                file.write()?;
            }
            let synced = File::open(&file.path).and_then(|file| file.sync_all());
            synced.map_err(|error| Error::io(error, &file.path))?;
            paths.push(file.path);
        }
        Ok(paths)
    }
}

impl Output {
    fn write(&mut self) -> Result<()> {
        let error = |error| Error::io(error, &self.path);
        // Where the caller has given up, the directory may be gone, and must not come back.
        cancel::check().map_err(error)?;
        let mut options = OpenOptions::new();
        if self.is_created {
            if self.buffer.is_empty() {
                return Ok(());
            }
            options.append(true);
        } else {
            std::fs::create_dir_all(self.path.parent().unwrap_or(Path::new("."))).map_err(error)?;
            options.write(true).create_new(true);
        }
        let mut file = options.open(&self.path).map_err(error)?;
        file.write_all(&self.buffer).map_err(error)?;
        self.is_created = true;
        self.buffer.clear();
        Ok(())
    }
}
