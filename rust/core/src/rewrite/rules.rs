//! The rules of a rewrite, and its report.

use std::path::{Path, PathBuf};

use crate::columns::{KindSet, Restarts};
use crate::rewrite::value::Cast;
use crate::scan::{Damage, OnCorrupt};

/// Which values stay, and in which form.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The kinds that stay.
    pub kinds: KindSet,
    /// The first and the last step that stay, for values with tags.
    pub steps: (i64, i64),
    /// One of this number of values of a tag stays: the first.
    pub every: u64,
    /// What to do with the values of steps that came again.
    pub restarts: Restarts,
    /// What to do with scalars.
    pub cast: Cast,
    /// What to do about damage.
    pub on_corrupt: OnCorrupt,
}

/// A file to read.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// The number of its run. Tags belong to a run.
    pub run: usize,
    /// The directory of the output file.
    pub directory: PathBuf,
    /// The name of the output file, in this directory or below it.
    pub name: PathBuf,
}

/// The place for the values of a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The directory below that of the file, if it is another one.
    pub directory: Option<String>,
    /// The new tag, if it is another one.
    pub tag: Option<String>,
}

/// The place for the values of a tag of a run. None drops them. It is asked once for each tag, and
/// also for tags that are named in values.
pub type Route<'a> = &'a dyn Fn(usize, &str) -> Option<Target>;

/// The number of values that were left out, by the first reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The kind was not selected. Graphs and other values without tags count too.
    pub kinds: u64,
    /// The tag was not selected.
    pub tags: u64,
    /// The step was not selected.
    pub steps: u64,
    /// A restart purged them.
    pub restarts: u64,
    /// They were thinned out.
    pub every: u64,
}

/// The report of a rewrite.
#[derive(Debug, Default)]
pub struct Report {
    /// The files that were written.
    pub outputs: Vec<PathBuf>,
    /// The number of records that were read.
    pub read: u64,
    /// The number of records that were written. A record that was divided counts for each file.
    pub written: u64,
    /// The number of written records that are unchanged.
    pub copied: u64,
    /// The values that were left out.
    pub left_out: LeftOut,
    /// The files that are not event files. Nothing of them was written.
    pub foreign: Vec<PathBuf>,
    /// The damage.
    pub damage: Vec<Damage>,
    /// The number of bytes of unfinished records at the ends of files.
    pub unfinished: u64,
}

impl Report {
    /// What two passes have in common if they found the same records.
    pub(super) fn found(&self) -> (u64, usize, u64) {
        (self.read, self.damage.len(), self.unfinished)
    }

    /// Adds the report of a later group.
    pub fn append(&mut self, mut more: Report) {
        self.outputs.append(&mut more.outputs);
        self.read += more.read;
        self.written += more.written;
        self.copied += more.copied;
        self.left_out.kinds += more.left_out.kinds;
        self.left_out.tags += more.left_out.tags;
        self.left_out.steps += more.left_out.steps;
        self.left_out.restarts += more.left_out.restarts;
        self.left_out.every += more.left_out.every;
        self.foreign.append(&mut more.foreign);
        self.damage.append(&mut more.damage);
        self.unfinished += more.unfinished;
    }
}

/// Whether two sources are written to one file.
pub fn is_same_file(a: &Source, b: &Source) -> bool {
    a.directory == b.directory && a.name == b.name
}

/// The path of a file for values that go below its directory.
pub fn place(source: &Source, below: &str) -> PathBuf {
    match below {
        "" => source.directory.join(&source.name),
        below => source.directory.join(Path::new(below)).join(&source.name),
    }
}
