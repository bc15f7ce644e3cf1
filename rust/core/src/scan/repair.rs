//! What is damaged in files, and copies of them without it.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::error::{Corruption, Error, Result};
use crate::proto::{Event, What};
use crate::record::{self, FOOTER, HEADER, Verify};
use crate::scan::damage::{Damage, OnCorrupt};
use crate::scan::records::{Next, Records};
use crate::summary;

/// What a file holds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many good records.
    pub records: u64,
    /// How many bytes these take.
    pub bytes: u64,
    /// What else there is, but for the last bytes, if they are the beginning of a record.
    pub damage: Vec<Damage>,
    /// How many bytes the beginning of a record takes at the end.
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
/// Where the first record is damaged, a new one takes its place, since it says how what follows is
/// to be understood. What follows may say it itself: after bytes that came before the first record.
///
/// The copy has its name once it is whole: a process that is killed leaves none. Of what is no event
/// file there is no copy.
pub fn repair(path: &Path, output: &Path) -> Result<Report> {
    let error = |error| Error::io(error, output);
    if output.symlink_metadata().is_ok() {
        return Err(error(io::ErrorKind::AlreadyExists.into()));
    }
    // Before there is a copy: a pipe may be waited for in vain.
    let records = open(path)?;
    let copy = new_file_beside(output).map_err(error)?;
    let mut file = BufWriter::with_capacity(256 << 10, copy);
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
    let copy = file.into_inner().map_err(|it| error(it.into_error()))?;
    copy.as_file().sync_all().map_err(error)?;
    copy.persist_noclobber(output).map_err(|it| error(it.error))?;
    Ok(report)
}

/// The record that takes the place of a damaged first one, of which this is the next payload; None
/// where that says itself how what follows is to be understood.
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

/// A file that goes when it is dropped, and is not taken for one of events, in the directory of
/// `path`.
fn new_file_beside(path: &Path) -> io::Result<NamedTempFile> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut options = tempfile::Builder::new();
    options.prefix(".repair-");
    #[cfg(unix)]
    options.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    options.tempfile_in(directory.unwrap_or(Path::new(".")))
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
