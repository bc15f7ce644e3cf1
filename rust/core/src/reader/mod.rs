//! Event files to columns.

mod arena;
mod columns;
mod file;
mod kind;
mod points;
mod prefetch;
mod stream;
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
use columns::Columns;
pub use columns::Series;
pub use file::Damage;
pub use kind::Kind;
pub use points::Points;
pub use texts::{Text, Texts};

/// How to read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Which checksums are compared.
    pub verify: Verify,
    /// What a corrupt record leads to.
    pub on_corrupt: OnCorrupt,
    /// How many threads read; by default as many as there are processors.
    pub threads: Option<NonZeroUsize>,
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
    /// Its tags, in the order in which they first came.
    pub series: Vec<Series>,
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
pub fn read(runs: &[RunFiles], options: &Options) -> Result<Log> {
    let paths: Vec<&Path> = runs.iter().flat_map(|run| &run.files).map(PathBuf::as_path).collect();
    let mut files = read_files(&paths, options).into_iter();
    let mut log = Log::default();
    for run in runs {
        let mut merged = Merged::default();
        for path in &run.files {
            let Some(file) = files.next() else { break };
            log.damage.extend(merged.add(file?, path, options)?);
        }
        log.runs.push(Run { name: run.name.clone(), series: merged.series });
    }
    Ok(log)
}

/// What one file holds.
type FileContent = (Vec<Series>, Vec<Damage>);

/// Reads files in parallel. After the first error, in the order of the files, nothing follows.
fn read_files(paths: &[&Path], options: &Options) -> Vec<Result<FileContent>> {
    let threads = (options.threads.or_else(|| std::thread::available_parallelism().ok()))
        .map_or(1, NonZeroUsize::get)
        .min(paths.len());
    let (next, first_error) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    let results = Mutex::new(Vec::with_capacity(paths.len()));
    let work = || {
        let mut buffer = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = paths.get(index) else { break };
            if index > first_error.load(Ordering::Relaxed) {
                break;
            }
            let mut columns = Columns::default();
            let result = file::read_file(path, &mut columns, options, &mut buffer);
            if result.is_err() {
                first_error.fetch_min(index, Ordering::Relaxed);
            }
            let result = result.map(|damage| (columns.into_series(), damage));
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

/// A run's series, file after file.
#[derive(Default)]
struct Merged {
    series: Vec<Series>,
    /// Only built once there is a second file.
    places: HashMap<Box<str>, usize>,
}

impl Merged {
    /// Adds the content of the run's next file.
    fn add(
        &mut self,
        (mut series, mut damage): FileContent,
        path: &Path,
        options: &Options,
    ) -> Result<Vec<Damage>> {
        if self.series.is_empty() {
            self.series = series;
            return Ok(damage);
        }
        if self.places.is_empty() {
            self.places =
                self.series.iter().enumerate().map(|(at, one)| (one.tag.clone(), at)).collect();
        }
        // The run's first value decides what a tag is. A file that was read without knowing of it
        // dropped the wrong values.
        let differs = |new: &Series| {
            self.places.get(&new.tag).is_some_and(|&at| self.series[at].kind != new.kind)
        };
        if series.iter().any(differs) {
            let mut columns = Columns::default();
            for known in &self.series {
                columns.declare(&known.tag, known.kind);
            }
            damage = file::read_file(path, &mut columns, options, &mut Vec::new())?;
            series = columns.into_series();
        }
        for new in series {
            match self.places.get(&new.tag) {
                Some(&at) => {
                    self.series[at].points.append(new.points);
                    self.series[at].texts.append(new.texts);
                }
                None => {
                    self.places.insert(new.tag.clone(), self.series.len());
                    self.series.push(new);
                }
            }
        }
        Ok(damage)
    }
}
