//! `rewrite`: files anew with other tags, fewer values or other types.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tfevents::rewrite::{self, Cast, Report, Rules, Source, Style, Target};

use crate::call::argument;
use crate::call::error::to_py;
use crate::call::helper;
use crate::call::job;
use crate::call::list::List;
use crate::reader::damage::{DamageTuple, checks, damage_tuple};

/// A file, the number of its run, and directory and name of what is written of it.
type SourceTuple = (PathBuf, usize, PathBuf, PathBuf);

/// How many values there are not, by the reason.
type LeftOutTuple = (u64, u64, u64, u64, u64);

/// What was written, how many records were read, written and copied, what was left out, what is
/// damaged or no event file, and the bytes of unfinished records.
type ReportTuple =
    (Vec<OsString>, (u64, u64, u64), LeftOutTuple, Vec<DamageTuple>, Vec<OsString>, u64);

/// How files are rewritten.
#[pyclass(frozen, module = "tfevents._native")]
pub struct Rewriter {
    rules: Arc<Rules>,
    route: Arc<Py<PyAny>>,
    progress: Arc<AtomicU64>,
}

#[pymethods]
impl Rewriter {
    /// `route(run, tag)` gives None or the directory and the tag to which values go, where these are
    /// other ones. `kinds` are names, `steps` the first and the last.
    #[new]
    #[pyo3(signature = (route, kinds, steps, every, restarts, cast, skip))]
    fn new(
        route: Py<PyAny>,
        kinds: Option<List<String>>,
        steps: (i64, i64),
        every: u64,
        restarts: &str,
        cast: List<String>,
        skip: bool,
    ) -> PyResult<Rewriter> {
        let rules = Rules {
            kinds: argument::kinds(kinds)?,
            steps,
            every: every.max(1),
            restarts: argument::restarts(restarts)?,
            cast: self::cast(&cast)?,
            on_corrupt: checks(true, skip).1,
        };
        Ok(Rewriter { rules: rules.into(), route: route.into(), progress: Arc::default() })
    }

    /// Rewrites these files, in order: those of each group know of one another.
    fn rewrite(&self, py: Python<'_>, groups: List<List<SourceTuple>>) -> PyResult<ReportTuple> {
        let source = |(path, run, directory, name)| Source { path, run, directory, name };
        let groups: Vec<Vec<Source>> =
            groups.into_iter().map(|group| group.into_iter().map(source).collect()).collect();
        let (rules, progress) = (Arc::clone(&self.rules), Arc::clone(&self.progress));
        let route = Arc::clone(&self.route);
        let report = job::run(py, move || {
            let error = Mutex::new(None);
            let routed = |run, tag: &str| match target(&route, run, tag) {
                Some(Ok(target)) => target,
                Some(Err(raised)) => {
                    error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(raised);
                    None
                }
                // The interpreter ends: no caller waits any more.
                None => None,
            };
            let mut all = Report::default();
            for sources in groups {
                let report = rewrite::rewrite(&sources, &rules, &routed, &progress);
                if let Some(raised) = error.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    return Err(raised);
                }
                all.append(report.map_err(to_py)?);
            }
            Ok(all)
        })??;
        Ok(report_tuple(report))
    }

    /// How many bytes were read so far.
    fn progress(&self) -> u64 {
        self.progress.load(Ordering::Relaxed)
    }
}

/// Waits until what these files and directories hold is on the disk.
#[pyfunction]
pub fn sync(py: Python<'_>, paths: List<PathBuf>) -> PyResult<()> {
    let paths: Vec<PathBuf> = paths.into_iter().collect();
    job::run(py, move || rewrite::sync(&paths))?.map_err(to_py)
}

/// Where a Python function has the values of a tag go; None where there is no Python any more.
fn target(route: &Py<PyAny>, run: usize, tag: &str) -> Option<PyResult<Option<Target>>> {
    Python::try_attach(|py| {
        let answer: Option<(Option<String>, Option<String>)> =
            helper::call(route.bind(py), (run, tag))?.extract()?;
        Ok(answer.map(|(directory, tag)| Target { directory, tag }))
    })
}

fn cast(names: &[String]) -> PyResult<Cast> {
    let mut cast = Cast::default();
    for name in names {
        match &**name {
            "simple_value" => cast.style = Some(Style::SimpleValue),
            "tensor" => cast.style = Some(Style::Tensor),
            "float32" => cast.is_float = true,
            other => return Err(PyValueError::new_err(format!("cast: no way {other:?}"))),
        }
    }
    Ok(cast)
}

fn report_tuple(report: Report) -> ReportTuple {
    let strings = |paths: Vec<PathBuf>| paths.into_iter().map(PathBuf::into_os_string).collect();
    let left = report.left_out;
    (
        strings(report.outputs),
        (report.read, report.written, report.copied),
        (left.kinds, left.tags, left.steps, left.restarts, left.every),
        report.damage.iter().map(damage_tuple).collect(),
        strings(report.foreign),
        report.unfinished,
    )
}
