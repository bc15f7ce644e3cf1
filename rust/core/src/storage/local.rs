//! Local files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::cancel;
use crate::storage::source::{Source, Stamp};
use crate::sys::{self, Status};

/// The state of the file at `path`. None if it can't be read twice.
pub fn stamp(path: &Path) -> io::Result<Option<Stamp>> {
    sys::status_at(path).map(|status| stamp_of(&status))
}

fn stamp_of(status: &Status) -> Option<Stamp> {
    let version = (status.identity.inode, status.modified.0, status.modified.1);
    status.is_file.then_some(Stamp { length: status.length, version })
}

/// Opens the file at `path`.
pub fn open(path: &Path) -> io::Result<Box<dyn Source>> {
    let file = File::open(path)?;
    let stamp = stamp_of(&sys::status(&file)?);
    Ok(Box::new(Local { file, stamp }))
}

/// A local file. A pipe is read in order.
struct Local {
    file: File,
    stamp: Option<Stamp>,
}

impl Source for Local {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        cancel::check()?;
        loop {
            let read = match self.is_seekable() {
                true => sys::read_at(&self.file, buffer, offset),
                false => (&self.file).read(buffer),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    fn len(&self) -> io::Result<Option<u64>> {
        Ok(if self.is_seekable() { Some(self.file.metadata()?.len()) } else { None })
    }

    fn is_seekable(&self) -> bool {
        self.stamp.is_some()
    }

    fn stamp(&self) -> io::Result<Option<Stamp>> {
        Ok(self.stamp.clone())
    }
}
