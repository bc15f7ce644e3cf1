//! Event files to columns.

mod arena;
mod blobs;
mod columns;
mod file;
mod frame;
mod histograms;
mod kind;
mod outline;
mod points;
mod prefetch;
mod selection;
mod series;
mod source;
mod stream;
pub mod table;
mod tags;
mod template;
mod texts;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Result;
use crate::logdir::RunFiles;
use crate::record::Verify;
pub use blobs::{Blob, Blobs, Place};
pub use columns::Origin;
use columns::{Columns, Content};
pub use file::Damage;
pub use histograms::Histograms;
pub use kind::Kind;
pub use points::Points;
pub use selection::{Kinds as KindSet, Selection};
pub use series::{Series, Values};
pub use texts::{Text, Texts};

/// How to read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Which checksums are compared.
    pub verify: Verify,
    /// What a corrupt record leads to.
    pub on_corrupt: OnCorrupt,
    /// How many threads read; by default as many as there are processors.
    pub threads: Option<NonZeroUsize>,
    /// What is read; everything by default.
    pub selection: Selection<'a>,
}

/// What a corrupt record leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnCorrupt {
    /// An error.
    #[default]
    Raise,
    /// An entry in [`Log::damage`].
    Skip,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Log {
    /// The runs, in the order in which they were given.
    pub runs: Vec<Run>,
    /// What could not be read, by run, file and offset.
    pub damage: Vec<Damage>,
}

/// One run.
#[derive(Debug)]
pub struct Run {
    /// Its name.
    pub name: PathBuf,
    /// Its files, in the order in which they were read.
    pub files: Vec<PathBuf>,
    /// Where each file comes from.
    pub origins: Vec<Origin>,
    /// Its tags, in the order in which they first came.
    pub series: Vec<Series>,
    /// What its events hold that are no values under tags: graphs, run metadata by their tags,
    /// session logs.
    pub events: Vec<Series>,
}

/// Reads these runs, with all points in the order of the files, whatever the number of threads.
///
/// A record that the end of a file cuts short is not written yet, and no error.
///
/// ```
/// use tfevents::{logdir, reader};
///
/// let directory = tempfile::tempdir().unwrap();
/// let log = reader::read(&logdir::find(directory.path()).unwrap(), &Default::default()).unwrap();
/// assert!(log.runs.is_empty());
/// ```
pub fn read(runs: &[RunFiles], options: &Options<'_>) -> Result<Log> {
    let paths: Vec<&Path> = runs.iter().flat_map(|run| &run.files).map(PathBuf::as_path).collect();
    let mut files = paths.iter().zip(read_files(&paths, options));
    let mut log = Log::default();
    for run in runs {
        let (mut series, mut events, mut origins) = (Vec::new(), Vec::new(), Vec::new());
        let mut kinds = Kinds::default();
        for (path, content) in files.by_ref().take(run.files.len()) {
            let (mut content, mut damage) = content?;
            if kinds.differ(&series, &content.series) {
                (content, damage) = kinds.read_again(path, options)?;
            }
            log.damage.append(&mut damage);
            series.push(content.series);
            events.push(content.events);
            origins.push(content.origin);
        }
        let (name, files) = (run.name.clone(), run.files.clone());
        let (series, events) = (merge(series), merge(events));
        log.runs.push(Run { name, files, origins, series, events });
    }
    Ok(log)
}

/// What one file holds.
type FileContent = (Content, Vec<Damage>);

/// Reads files in parallel. After the first error, in the order of the files, nothing follows.
fn read_files(paths: &[&Path], options: &Options<'_>) -> Vec<Result<FileContent>> {
    let threads = (options.threads.or_else(|| std::thread::available_parallelism().ok()))
        .map_or(1, NonZeroUsize::get)
        .min(paths.len());
    let (next, first_error) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    let results = Mutex::new(Vec::with_capacity(paths.len()));
    let work = || {
        let mut scratch = Scratch::default();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(index) else { break };
            if index > first_error.load(Ordering::Relaxed) {
                break;
            }
            let result = read_file(path, options, &mut scratch, std::iter::empty());
            if result.is_err() {
                first_error.fetch_min(index, Ordering::Relaxed);
            }
            results.lock().unwrap_or_else(|poison| poison.into_inner()).push((index, result));
        }
    };
    if threads <= 1 {
        work();
    } else {
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
    }
    let mut results = results.into_inner().unwrap_or_else(|poison| poison.into_inner());
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Memory that one file after the other uses.
#[derive(Default)]
struct Scratch {
    buffer: Vec<u8>,
    spare: Vec<Points>,
}

/// Reads one file, whose run has tags of these kinds already.
fn read_file<'a>(
    path: &Path,
    options: &Options<'_>,
    scratch: &mut Scratch,
    known: impl Iterator<Item = (&'a str, Kind)>,
) -> Result<FileContent> {
    let mut columns = Columns::new(options.selection, std::mem::take(&mut scratch.spare));
    known.for_each(|(tag, kind)| columns.declare(tag, kind));
    let damage = file::read_file(path, &mut columns, options, &mut scratch.buffer)?;
    let (content, spare) = columns.finish();
    scratch.spare = spare;
    Ok((content, damage))
}

/// The kinds of a run's tags, for its files after the first.
///
/// The run's first value decides what a tag is. A file that was read without knowing of it dropped
/// the wrong values, and is read again.
#[derive(Default)]
struct Kinds {
    kinds: HashMap<Box<str>, Kind>,
    /// How many files are in.
    files: usize,
}

impl Kinds {
    /// Whether the kind of a tag in the next file is not that of the files before.
    fn differ(&mut self, before: &[Vec<Series>], next: &[Series]) -> bool {
        for series in before.iter().skip(self.files).flatten() {
            self.kinds.entry(series.tag.clone()).or_insert(series.kind);
        }
        self.files = before.len();
        next.iter().any(|series| self.kinds.get(&series.tag).is_some_and(|&it| it != series.kind))
    }

    fn read_again(&self, path: &Path, options: &Options<'_>) -> Result<FileContent> {
        let known = self.kinds.iter().map(|(tag, kind)| (&**tag, *kind));
        let (mut content, damage) = read_file(path, options, &mut Scratch::default(), known)?;
        // Known tags come first and in no order; what a file does not hold must not show.
        let is_known = |series: &Series| self.kinds.contains_key(&series.tag);
        content.series.retain(|series| !is_known(series) || !series.is_empty());
        Ok((content, damage))
    }
}

/// One run's series from those of its files, in their order, without what is not selected.
fn merge(mut parts: Vec<Vec<Series>>) -> Vec<Series> {
    for series in &mut parts {
        series.retain(|series| series.is_selected);
    }
    if parts.len() < 2 {
        return parts.pop().unwrap_or_default();
    }
    let mut places: HashMap<(Kind, Box<str>), usize> = HashMap::new();
    let mut merged: Vec<Series> = Vec::new();
    let mut all: Vec<Vec<(u32, Series)>> = Vec::new();
    for (file, series) in (0..).zip(parts) {
        for series in series {
            let place = *places.entry((series.kind, series.tag.clone())).or_insert_with(|| {
                merged.push(Series::new(&series.tag, series.kind, true));
                all.push(Vec::new());
                all.len() - 1
            });
            all[place].push((file, series));
        }
    }
    let count = |all: &Vec<(u32, Series)>| all.iter().map(|(_, series)| series.points.len()).sum();
    let lengths: Vec<usize> = all.iter().map(count).collect();
    Points::pack(merged.iter_mut().map(|series| &mut series.points), &lengths);
    // Tag after tag, so that the memory of the parts is given back as that of the whole is filled.
    for (into, all) in merged.iter_mut().zip(all) {
        for (file, series) in all {
            into.append(series, file);
        }
    }
    merged
}
