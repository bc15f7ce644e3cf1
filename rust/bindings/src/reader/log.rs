//! `read`: loads event files into arrays.

use std::collections::HashMap;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use tfevents::columns::{KindSet, Restarts, Selection};
use tfevents::logdir::{self, RunFiles};
use tfevents::reader::{self, Options, Run};
use tfevents::record::Verify;
use tfevents::scan::OnCorrupt;

use crate::call::argument;
use crate::call::error::to_py;
use crate::call::helper;
use crate::call::job;
use crate::call::list::List;
use crate::reader::damage::{DamageTuple, SkippedTuple, checks, damage_tuple, skipped_tuple};
use crate::reader::run::RunData;
use crate::reader::state;

/// The runs under each of `roots`, and what could not be read. A run has its name, its files, and
/// those of the files that are roots. What could not be read has the name that a run there would
/// have, the path, the reason, and the error if it is there. Roots that a glob matched are not given
/// by the caller. Relative roots are in `directory`, and then all paths are absolute.
#[pyfunction]
#[pyo3(signature = (roots, several, given=true, directory=None))]
pub fn find(
    py: Python<'_>,
    roots: List<PathBuf>,
    several: bool,
    given: bool,
    directory: Option<PathBuf>,
) -> PyResult<(Vec<RunTuple>, Vec<UnseenTuple>)> {
    let find = move || match (&roots[..], directory.as_deref()) {
        (roots, directory) if !given => logdir::find_matched(directory, roots),
        ([root], directory) if !several => logdir::search_in(directory, root),
        (roots, directory) => logdir::find_all_in(directory, roots),
    };
    let found = job::run(py, find)?.map_err(to_py)?;
    let strings = |paths: Vec<PathBuf>| paths.into_iter().map(PathBuf::into_os_string).collect();
    let runs = (found.runs.into_iter())
        .map(|run| (run.name.into_os_string(), strings(run.files), strings(run.given)));
    let skipped = found.skipped.iter().map(|(name, skipped)| {
        let (path, reason) = skipped_tuple(skipped);
        (name.clone().into_os_string(), path, reason, skipped.error().map(to_py))
    });
    Ok((runs.collect(), skipped.collect()))
}

/// The name that a run would have, the path that could not be read, the reason, and the error if it
/// is there.
type UnseenTuple = (OsString, OsString, &'static str, Option<PyErr>);

/// A run's name, its files, and those of them that the caller named.
type RunTuple = (OsString, Vec<OsString>, Vec<OsString>);

/// The runs that were read, and the options to read more.
#[pyclass(frozen, module = "tfevents._native")]
pub struct LogData {
    /// Its lock is never held while a thread waits.
    log: Mutex<reader::Log>,
    how: Arc<How>,
}

/// The options of a reader.
struct How {
    verify: Verify,
    on_corrupt: OnCorrupt,
    threads: Option<NonZeroUsize>,
    tags: Option<Py<PyAny>>,
    kinds: KindSet,
    steps: (i64, i64),
    restarts: Restarts,
    max_points: Option<NonZeroUsize>,
}

impl How {
    fn threads(&self) -> Option<NonZeroUsize> {
        self.threads.or_else(processors)
    }

    /// The log after reading what is new in these runs, and the indices of the changed runs.
    fn update(
        &self,
        mut log: reader::Log,
        runs: &[RunFiles],
    ) -> PyResult<(reader::Log, Vec<usize>)> {
        let chosen = self.tags.as_ref().map(Chosen::new);
        let wants = chosen.as_ref().map(|chosen| |tag: &str| chosen.wants(tag));
        let tags = wants.as_ref().map(|wants| wants as &(dyn Fn(&str) -> bool + Sync));
        let changed = log.update(
            runs,
            &Options {
                verify: self.verify,
                on_corrupt: self.on_corrupt,
                threads: self.threads(),
                selection: Selection { tags, kinds: self.kinds, steps: self.steps },
                restarts: self.restarts,
                max_points: self.max_points,
            },
        );
        // If the function raised an exception, the result must not be kept.
        match chosen.and_then(Chosen::into_error) {
            Some(error) => Err(error),
            None => Ok((log, changed.map_err(to_py)?)),
        }
    }
}

/// The number of processors. It is cached, since to ask takes longer than to read a small file.
fn processors() -> Option<NonZeroUsize> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    if let known @ Some(_) = NonZeroUsize::new(COUNT.load(Ordering::Relaxed)) {
        return known;
    }
    let count = std::thread::available_parallelism().ok()?;
    COUNT.store(count.get(), Ordering::Relaxed);
    Some(count)
}

#[pymethods]
impl LogData {
    /// An empty log. `tags` is a function that chooses tags by name, `kinds` are names of kinds,
    /// and `steps` are the first and the last step. About `max_points` scalars of a tag are kept.
    #[new]
    #[expect(clippy::too_many_arguments, reason = "`read` has as many")]
    #[pyo3(signature = (verify, skip, threads, tags, kinds, steps, restarts, max_points=None))]
    fn new(
        verify: bool,
        skip: bool,
        threads: Option<NonZeroUsize>,
        tags: Option<Py<PyAny>>,
        kinds: Option<List<String>>,
        steps: (i64, i64),
        restarts: &str,
        max_points: Option<NonZeroUsize>,
    ) -> PyResult<LogData> {
        let (verify, on_corrupt) = checks(verify, skip);
        let how = How {
            verify,
            on_corrupt,
            threads,
            tags,
            kinds: argument::kinds(kinds)?,
            steps,
            restarts: argument::restarts(restarts)?,
            max_points,
        };
        Ok(LogData { log: Mutex::default(), how: Arc::new(how) })
    }

    /// Reads what is new in these runs, and forgets others. Returns the names of the runs, with the
    /// data of those that changed.
    fn update(
        &self,
        py: Python<'_>,
        runs: RunTuples,
    ) -> PyResult<Vec<(OsString, Option<RunData>)>> {
        let (runs, log, how) = (run_files(runs), self.log().clone(), Arc::clone(&self.how));
        let (log, changed) = job::run(py, move || how.update(log, &runs))??;
        let name = |run: &Arc<Run>| (run.name().into(), None);
        let mut runs: Vec<_> = log.runs().iter().map(name).collect();
        for index in changed {
            runs[index].1 = Some(RunData::new(Arc::clone(&log.runs()[index]), self.how.threads()));
        }
        *self.log() = log;
        Ok(runs)
    }

    /// Continues after these states. The values before them are those of the runs in `values`, and
    /// none of others. Returns the names and the data of the runs.
    fn resume(
        &self,
        states: List<state::RunTuple>,
        runs: RunTuples,
        values: List<Bound<'_, RunData>>,
    ) -> PyResult<Vec<(OsString, RunData)>> {
        let states = states.into_iter().map(state::from_tuple).collect::<PyResult<Vec<_>>>()?;
        let values: Vec<_> = values.iter().map(|data| Arc::clone(data.get().run())).collect();
        let log = reader::Log::resume(&states, &run_files(runs), self.how.restarts, &values);
        let named =
            |run: &Arc<Run>| (run.name().into(), RunData::new(Arc::clone(run), self.how.threads()));
        let runs = log.runs().iter().map(named).collect();
        *self.log() = log;
        Ok(runs)
    }

    /// How far each run was read.
    fn state(&self) -> Vec<state::RunTuple> {
        self.log().state().into_iter().map(state::to_tuple).collect()
    }

    /// Path, offset, length and kind of the damage.
    fn damage(&self) -> Vec<DamageTuple> {
        self.log().damage().map(damage_tuple).collect()
    }

    /// The path of each skipped file, and the reason.
    fn skipped(&self) -> Vec<SkippedTuple> {
        self.log().skipped().map(skipped_tuple).collect()
    }
}

impl LogData {
    fn log(&self) -> MutexGuard<'_, reader::Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs with their files, and those of them that the caller named.
pub type RunTuples = List<(PathBuf, List<PathBuf>, List<PathBuf>)>;

pub fn run_files(found: RunTuples) -> Vec<RunFiles> {
    let run = |(name, List(files), List(given))| RunFiles { name, files, given };
    found.into_iter().map(run).collect()
}

/// The tags that a Python function chooses. It is called once for each tag.
struct Chosen<'f> {
    function: &'f Py<PyAny>,
    answers: Mutex<HashMap<Box<str>, bool>>,
    error: Mutex<Option<PyErr>>,
}

impl<'f> Chosen<'f> {
    fn new(function: &'f Py<PyAny>) -> Chosen<'f> {
        Chosen { function, answers: Mutex::default(), error: Mutex::default() }
    }

    fn wants(&self, tag: &str) -> bool {
        let answers = || self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&answer) = answers().get(tag) {
            return answer;
        }
        // No lock is held while Python code runs. At the interpreter's exit no caller waits any
        // more.
        let answer = Python::try_attach(|py| {
            let answer =
                helper::call(self.function.bind(py), (tag,)).and_then(|answer| answer.is_truthy());
            let keep = |error| {
                self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            };
            answer.map_err(keep).ok()
        });
        if let Some(answer) = answer.flatten() {
            answers().insert(tag.into(), answer);
        }
        answer.flatten().unwrap_or(false)
    }

    fn into_error(self) -> Option<PyErr> {
        self.error.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
