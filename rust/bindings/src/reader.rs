//! `read`: event files to arrays.

use std::collections::HashMap;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tfevents::logdir::{self, RunFiles};
use tfevents::reader::{self, Kind, KindSet, OnCorrupt, Options, Selection};
use tfevents::record::Verify;

use crate::error::to_py;
use crate::run::RunData;

/// Where, and how many bytes of which file are damaged in which way.
type Damage = (OsString, u64, u64, &'static str);

/// Each run's name and data, and what is damaged.
type Found = (Vec<(OsString, RunData)>, Vec<Damage>);

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

/// Reads these runs, of which `tags` chooses tags by their names, `kinds` by their names too, and
/// `steps` the first and the last.
#[pyfunction]
#[pyo3(signature = (runs, verify, skip, threads, tags, kinds, steps))]
#[allow(clippy::too_many_arguments)]
pub fn read(
    py: Python<'_>,
    runs: Vec<(PathBuf, Vec<PathBuf>)>,
    verify: bool,
    skip: bool,
    threads: Option<NonZeroUsize>,
    tags: Option<Py<PyAny>>,
    kinds: Option<Vec<String>>,
    steps: (i64, i64),
) -> PyResult<Found> {
    let runs: Vec<_> = runs.into_iter().map(|(name, files)| RunFiles { name, files }).collect();
    let kinds = match kinds {
        None => KindSet::ALL,
        Some(names) => names.iter().map(|name| kind(name)).collect::<PyResult<_>>()?,
    };
    let chosen = tags.map(Chosen::new);
    let wants = chosen.as_ref().map(|chosen| |tag: &str| chosen.wants(tag));
    let tags = wants.as_ref().map(|wants| wants as &(dyn Fn(&str) -> bool + Sync));
    let options = Options {
        verify: if verify { Verify::Crc } else { Verify::None },
        on_corrupt: if skip { OnCorrupt::Skip } else { OnCorrupt::Raise },
        threads,
        selection: Selection { tags, kinds, steps },
    };
    let log = py.detach(|| reader::read(&runs, &options));
    if let Some(error) = chosen.and_then(Chosen::into_error) {
        return Err(error);
    }
    let log = log.map_err(to_py)?;
    let runs = log.runs.into_iter().map(|run| (run.name.clone().into(), RunData::new(run)));
    let damage = (log.damage.into_iter())
        .map(|damage| (damage.path.into(), damage.offset, damage.length, damage.kind.name()));
    Ok((runs.collect(), damage.collect()))
}

/// The kind of this name.
fn kind(name: &str) -> PyResult<Kind> {
    (Kind::ALL.into_iter().find(|kind| kind.name() == name))
        .ok_or_else(|| PyValueError::new_err(format!("kinds: there is no kind {name:?}")))
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
            answer.unwrap_or_else(|error| {
                self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                false
            })
        });
        answers().insert(tag.into(), answer);
        answer
    }

    fn into_error(self) -> Option<PyErr> {
        self.error.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
