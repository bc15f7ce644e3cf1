//! Files that are skipped, so that the others can be read.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::error::{Corruption, Error, Result};
use crate::logdir::{Reason, RunFiles, Skipped};
use crate::reader::parallel::FileContent;
use crate::scan::OnCorrupt;
use crate::storage::{self, Stamp};

/// The skipped files.
#[derive(Debug, Clone, Default)]
pub(super) struct LeftOut(Vec<File>);

#[derive(Debug, Clone)]
struct File {
    skipped: Skipped,
    /// The state of the file when it proved not to be an event file. While it is the same, the file
    /// is not read again.
    stamp: Option<Stamp>,
}

/// The rules that tell which files may be skipped, and which are errors.
pub(super) struct Rules<'r> {
    /// The files that the caller named.
    given: HashSet<&'r Path>,
    on_corrupt: OnCorrupt,
}

impl LeftOut {
    /// The skipped files, in the order of the runs.
    pub fn skipped(&self) -> impl Iterator<Item = &Skipped> {
        self.0.iter().map(|file| &file.skipped)
    }

    /// Adds a skipped file.
    pub fn add(&mut self, skipped: Skipped, stamp: Option<Stamp>) {
        self.0.push(File { skipped, stamp });
    }

    /// The runs without the files that were not event files and did not change since. These files
    /// are added to `now`.
    pub fn without<'r>(&self, found: &'r [RunFiles], now: &mut LeftOut) -> Vec<Cow<'r, RunFiles>> {
        let foreign: HashMap<&Path, &File> =
            self.0.iter().map(|file| (&*file.skipped.path, file)).collect();
        let mut is_left_out = |path: &PathBuf| {
            let Some(file) = foreign.get(&**path) else { return false };
            let is_same =
                file.stamp.is_some() && storage::stamp(path).is_ok_and(|stamp| stamp == file.stamp);
            now.0.extend(is_same.then(|| (*file).clone()));
            is_same
        };
        let mut runs = Vec::with_capacity(found.len());
        for run in found {
            let mut left = Cow::Borrowed(run);
            if run.files.iter().any(|path| foreign.contains_key(&**path)) {
                left.to_mut().files.retain(|path| !is_left_out(path));
            }
            runs.push(left);
        }
        runs
    }
}

impl<'r> Rules<'r> {
    pub fn new(found: &'r [RunFiles], on_corrupt: OnCorrupt) -> Rules<'r> {
        let given = found.iter().flat_map(|run| &run.given).map(|path| &**path).collect();
        Rules { given, on_corrupt }
    }

    /// What to skip instead of raising this error. None if the error must be raised.
    pub fn instead_of(&self, error: &Error) -> Option<Skipped> {
        let is_given = error.path().is_some_and(|path| self.given.contains(path));
        let skipped = Skipped::instead_of(error, self.on_corrupt == OnCorrupt::Skip);
        skipped.filter(|_| !is_given)
    }

    /// The content of the file at `path`. None if the file is skipped.
    pub fn sift(
        &self,
        path: &Path,
        result: Result<FileContent>,
        left_out: &mut LeftOut,
    ) -> Result<Option<FileContent>> {
        let content = match result {
            Ok(content) => content,
            Err(error) => {
                let skipped = self.instead_of(&error).ok_or(error)?;
                left_out.add(skipped, None);
                return Ok(None);
            }
        };
        let mut damage = content.progress.damage.iter();
        let foreign = damage.find(|damage| damage.kind == Corruption::NotAnEventFile);
        match foreign {
            None => Ok(Some(content)),
            Some(damage) if self.given.contains(path) => match self.on_corrupt {
                OnCorrupt::Skip => Ok(Some(content)),
                OnCorrupt::Raise => {
                    Err(Error::from(damage.kind).at_path(path).at_record(damage.offset, 0))
                }
            },
            Some(_) => {
                let skipped = Skipped { path: path.to_owned(), reason: Reason::NotAnEventFile };
                left_out.add(skipped, content.progress.stamp.clone());
                Ok(None)
            }
        }
    }
}
