//! `read`: event files to arrays.

use std::collections::HashMap;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use tfevents::columns::{KindSet, Restarts, Selection};
use tfevents::logdir::{self, RunFiles};
use tfevents::reader::{self, Options, Run};
use tfevents::record::Verify;
use tfevents::scan::OnCorrupt;

use crate::argument;
use crate::damage::{DamageTuple, checks, damage_tuple};
use crate::error::to_py;
use crate::run::RunData;
use crate::state;

/// The runs under `root`, or under each of `roots`: their names and files.
#[pyfunction]
pub fn find(
    py: Python<'_>,
    roots: Vec<PathBuf>,
    several: bool,
) -> PyResult<Vec<(OsString, Vec<OsString>)>> {
    let find = || match &roots[..] {
        [root] if !several => logdir::find(root),
        roots => logdir::find_all(roots),
    };
    let runs = py.detach(find).map_err(to_py)?;
    let string = |path: PathBuf| path.into_os_string();
    Ok((runs.into_iter())
        .map(|run| (string(run.name), run.files.into_iter().map(string).collect()))
        .collect())
}

/// What was read, and how to read on.
#[pyclass(frozen, module = "tfevents._native")]
pub struct LogData {
    log: Mutex<reader::Log>,
    verify: Verify,
    on_corrupt: OnCorrupt,
    threads: Option<NonZeroUsize>,
    tags: Option<Chosen>,
    kinds: KindSet,
    steps: (i64, i64),
    restarts: Restarts,
}

#[pymethods]
impl LogData {
    /// Nothing yet. `tags` chooses tags by their names, `kinds` by their names too, and `steps` the
    /// first and the last.
    #[new]
    #[pyo3(signature = (verify, skip, threads, tags, kinds, steps, restarts))]
    fn new(
        verify: bool,
        skip: bool,
        threads: Option<NonZeroUsize>,
        tags: Option<Py<PyAny>>,
        kinds: Option<Vec<String>>,
        steps: (i64, i64),
        restarts: &str,
    ) -> PyResult<LogData> {
        let (verify, on_corrupt) = checks(verify, skip);
        Ok(LogData {
            log: Mutex::default(),
            verify,
            on_corrupt,
            threads,
            tags: tags.map(Chosen::new),
            kinds: match kinds {
                None => KindSet::ALL,
                Some(names) => names
                    .iter()
                    .map(|name| argument::kind(name, "kinds"))
                    .collect::<PyResult<_>>()?,
            },
            steps,
            restarts: match restarts {
                "raw" => Restarts::Raw,
                "tensorboard" => Restarts::TensorBoard,
                "last_wins" => Restarts::LastWins,
                other => {
                    return Err(PyValueError::new_err(format!("restarts: no way {other:?}")));
                }
            },
        })
    }

    /// Reads what these runs have beyond what was read before, and forgets others; the names and
    /// data of those that are not what they were.
    fn update(&self, py: Python<'_>, runs: Found) -> PyResult<Vec<(OsString, RunData)>> {
        let runs = run_files(runs);
        let wants = self.tags.as_ref().map(|chosen| |tag: &str| chosen.wants(tag));
        let tags = wants.as_ref().map(|wants| wants as &(dyn Fn(&str) -> bool + Sync));
        let options = Options {
            verify: self.verify,
            on_corrupt: self.on_corrupt,
            threads: self.threads,
            selection: Selection { tags, kinds: self.kinds, steps: self.steps },
            restarts: self.restarts,
        };
        py.detach(|| {
            let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            let mut next = log.clone();
            let changed = next.update(&runs, &options);
            // What was chosen by mistake must not stay.
            if let Some(error) = self.tags.as_ref().and_then(Chosen::take_error) {
                return Err(error);
            }
            let changed = changed.map_err(to_py)?;
            *log = next;
            Ok(changed.into_iter().map(|index| named(&log.runs()[index])).collect())
        })
    }

    /// Makes these runs read as far as the states say, without what was read; their names and data.
    fn resume(
        &self,
        py: Python<'_>,
        states: Vec<state::RunTuple>,
        runs: Found,
    ) -> PyResult<Vec<(OsString, RunData)>> {
        let states = states.into_iter().map(state::from_tuple).collect::<PyResult<Vec<_>>>()?;
        let mut log = self.lock(py);
        *log = reader::Log::resume(&states, &run_files(runs), self.restarts);
        Ok(log.runs().iter().map(named).collect())
    }

    /// How far each run is read.
    fn state(&self, py: Python<'_>) -> Vec<state::RunTuple> {
        self.lock(py).state().into_iter().map(state::to_tuple).collect()
    }

    /// Path, offset, length and kind of what is damaged.
    fn damage(&self, py: Python<'_>) -> Vec<DamageTuple> {
        self.lock(py).damage().map(damage_tuple).collect()
    }
}

fn named(run: &Arc<Run>) -> (OsString, RunData) {
    (run.name().into(), RunData::new(Arc::clone(run)))
}

impl LogData {
    /// Waits for an update that goes on, without the interpreter, which that may need.
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, reader::Log> {
        self.log.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs with their files.
pub type Found = Vec<(PathBuf, Vec<PathBuf>)>;

pub fn run_files(found: Found) -> Vec<RunFiles> {
    found.into_iter().map(|(name, files)| RunFiles { name, files }).collect()
}

/// Which tags a Python function chooses. It is asked once for each.
struct Chosen {
    function: Py<PyAny>,
    answers: Mutex<HashMap<Box<str>, bool>>,
    error: Mutex<Option<PyErr>>,
}

impl Chosen {
    fn new(function: Py<PyAny>) -> Chosen {
        Chosen { function, answers: Mutex::default(), error: Mutex::default() }
    }

    fn wants(&self, tag: &str) -> bool {
        let answers = || self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&answer) = answers().get(tag) {
            return answer;
        }
        // No lock is held while Python runs.
        let answer = Python::attach(|py| {
            let answer = self.function.call1(py, (tag,)).and_then(|answer| answer.is_truthy(py));
            let keep = |error| {
                self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            };
            answer.map_err(keep).ok()
        });
        if let Some(answer) = answer {
            answers().insert(tag.into(), answer);
        }
        answer.unwrap_or(false)
    }

    fn take_error(&self) -> Option<PyErr> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
