//! Verifies files, and copies them without their damage.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::{Corruption, Error, Result};
use crate::proto::{Event, What};
use crate::record::{self, FOOTER, HEADER, Verify};
use crate::scan::damage::{Damage, OnCorrupt};
use crate::scan::records::{Next, Records};
use crate::summary;

/// The content of a file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// The number of good records.
    pub records: u64,
    /// The number of bytes of these records.
    pub bytes: u64,
    /// The damage. The beginning of a record at the end is not damage.
    pub damage: Vec<Damage>,
    /// The number of bytes of an unfinished record at the end.
    pub unfinished: u64,
}

impl Report {
    /// Whether the file is no event file.
    pub fn is_foreign(&self) -> bool {
        self.damage.iter().any(|damage| damage.kind == Corruption::NotAnEventFile)
    }
}

/// Reads all of the file at `path`.
pub fn verify(path: &Path) -> Result<Report> {
    scan(open(path)?, |_, _| Ok(()))
}

/// Copies each good record of the file at `path` to a new file at `output`, which must not exist.
///
/// If the first record is damaged, a new one replaces it, since it names the version by which the
/// others are read. It is not replaced if the next record is such a record itself: then the damage
/// lay before the first record.
///
/// The copy gets its name when it is whole, so a killed process leaves none. A file that is not an
/// event file is not copied.
pub fn repair(path: &Path, output: &Path) -> Result<Report> {
    let error = |error| Error::io(error, output);
    if output.symlink_metadata().is_ok() {
        return Err(error(io::ErrorKind::AlreadyExists.into()));
    }
    // This comes before the copy is made, since a pipe may never send anything.
    let records = open(path)?;
    let copy = new_file_beside(output).map_err(error)?;
    // The crate's own way to write would hide the system's error.
    let mut file = BufWriter::with_capacity(256 << 10, copy.as_file());
    let report = scan(records, |report, record| {
        if report.records == 0 && !report.damage.is_empty() {
            let payload = record.get(HEADER..record.len() - FOOTER).unwrap_or_default();
            if let Some(first) = instead_of_first(payload) {
                file.write_all(&first).map_err(error)?;
            }
        }
        file.write_all(record).map_err(error)
    })?;
    if report.is_foreign() {
        return Ok(report);
    }
    file.into_inner().map_err(|it| error(it.into_error()))?;
    copy.as_file().sync_all().map_err(error)?;
    copy.persist_noclobber(output).map_err(|it| error(it.error))?;
    Ok(report)
}

/// The record that replaces a damaged first one. `payload` is that of the next good record. None if
/// that one names the version itself.
pub(crate) fn instead_of_first(payload: &[u8]) -> Option<Vec<u8>> {
    let event = Event::decode(payload).ok();
    let what = event.as_ref().map(|event| &event.what);
    if matches!(what, Some(What::FileVersion(it)) if it.starts_with("brain.Event:")) {
        return None;
    }
    let mut first = Vec::new();
    summary::file_version(&mut first, event.map_or(0.0, |event| event.wall_time), "tfevents");
    record::seal(&mut first);
    Some(first)
}

/// A file in the directory of `path` that is removed when it is dropped. Its name is not that of an
/// event file.
fn new_file_beside(path: &Path) -> io::Result<NamedTempFile> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let mut code = None;
    let create = |path: &Path| {
        let file = File::create_new(path);
        file.inspect_err(|error| code = error.raw_os_error())
    };
    let made = tempfile::Builder::new().prefix(".repair-").make_in(directory, create);
    made.map_err(|error| code.map_or(error, io::Error::from_raw_os_error))
}

fn open(path: &Path) -> Result<Records> {
    Records::open(path, Verify::Crc, OnCorrupt::Skip)
}

fn scan(
    mut records: Records,
    mut keep: impl FnMut(&Report, &[u8]) -> Result<()>,
) -> Result<Report> {
    let mut report = Report::default();
    loop {
        match records.read()? {
            Next::Record(record) => {
                keep(&report, record)?;
                report.records += 1;
                report.bytes += record.len() as u64;
            }
            Next::Damage(damage) => report.damage.push(damage),
            Next::End => break,
        }
    }
    report.unfinished = records.unfinished();
    Ok(report)
}
