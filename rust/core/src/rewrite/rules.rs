//! What is asked for, and what is said about it afterwards.

use std::path::{Path, PathBuf};

use crate::columns::{KindSet, Restarts};
use crate::rewrite::value::Cast;
use crate::scan::{Damage, OnCorrupt};

/// What is to stay, and how.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Which kinds stay.
    pub kinds: KindSet,
    /// The first and the last step of the values under tags that stay.
    pub steps: (i64, i64),
    /// Of so many values of a tag the first stays.
    pub every: u64,
    /// Which values of steps that came again stay.
    pub restarts: Restarts,
    /// What becomes of scalars.
    pub cast: Cast,
    /// What becomes of damage.
    pub on_corrupt: OnCorrupt,
}

/// A file to be read.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// The number of its run: tags of one run are the same.
    pub run: usize,
    /// The directory of the file that is written of it.
    pub directory: PathBuf,
    /// The name of that file, in this directory or one below it.
    pub name: PathBuf,
}

/// Where the values of a tag go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The directory below that of the file, if it is another one.
    pub directory: Option<String>,
    /// The new tag, if it is another one.
    pub tag: Option<String>,
}

/// Where the values of a tag of a run go; None, nowhere. Asked once for each, and where a value names
/// the tag.
pub type Route<'a> = &'a dyn Fn(usize, &str) -> Option<Target>;

/// How many values are not in the files that were written, by the first reason that there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Their kind was not wanted. Graphs and what else is no value under a tag count too.
    pub kinds: u64,
    /// Their tag was not.
    pub tags: u64,
    /// Their step was not.
    pub steps: u64,
    /// A restart took them back.
    pub restarts: u64,
    /// They were thinned out.
    pub every: u64,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Report {
    /// The files that were written.
    pub outputs: Vec<PathBuf>,
    /// How many records were read.
    pub read: u64,
    /// How many were written, those of both files where one was divided.
    pub written: u64,
    /// How many of these are as they were.
    pub copied: u64,
    /// What was not written.
    pub left_out: LeftOut,
    /// The files that are none of events, of which nothing was written.
    pub foreign: Vec<PathBuf>,
    /// What could not be read.
    pub damage: Vec<Damage>,
    /// How many bytes records take that the ends of files cut short.
    pub unfinished: u64,
}

impl Report {
    /// Adds what was done afterwards.
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

/// Where a file goes whose values go below its directory.
pub fn place(source: &Source, below: &str) -> PathBuf {
    match below {
        "" => source.directory.join(&source.name),
        below => source.directory.join(Path::new(below)).join(&source.name),
    }
}
