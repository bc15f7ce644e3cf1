//! `read`: event files to arrays.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use numpy::PyArray1;
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tfevents::reader::{self, Kind, OnCorrupt, Options, Points, Text, Texts};
use tfevents::record::Verify;
use tfevents::{Result, logdir};

use crate::column;
use crate::error::to_py;

/// Where, and how many bytes of which file are damaged in which way.
type Damage = (OsString, u64, u64, &'static str);

/// Each run's name and data, and what is damaged.
type Found = (Vec<(OsString, RunData)>, Vec<Damage>);

/// Reads the runs under `root`, or under each of `roots`.
#[pyfunction]
#[pyo3(signature = (roots, several, verify, skip, threads))]
pub fn read(
    py: Python<'_>,
    roots: Vec<PathBuf>,
    several: bool,
    verify: bool,
    skip: bool,
    threads: Option<NonZeroUsize>,
) -> PyResult<Found> {
    let options = Options {
        verify: if verify { Verify::Crc } else { Verify::None },
        on_corrupt: if skip { OnCorrupt::Skip } else { OnCorrupt::Raise },
        threads,
    };
    let read = || -> Result<reader::Log> {
        let runs = match &roots[..] {
            [root] if !several => logdir::find(root)?,
            roots => logdir::find_all(roots)?,
        };
        reader::read(&runs, &options)
    };
    let log = py.detach(read).map_err(to_py)?;
    let runs = log.runs.into_iter().map(|run| (run.name.into(), RunData::new(run.series)));
    let damage = (log.damage.into_iter())
        .map(|damage| (damage.path.into(), damage.offset, damage.length, damage.kind.name()));
    Ok((runs.collect(), damage.collect()))
}

/// The tags of one run and what they hold.
#[pyclass(frozen, module = "tfevents._native")]
pub struct RunData {
    series: Vec<Series>,
}

struct Series {
    tag: Box<str>,
    kind: Kind,
    points: Arc<Points>,
    texts: Texts,
}

/// What Python calls a kind.
fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Scalar => "scalar",
        Kind::Text => "text",
        _ => "other",
    }
}

type Words<'py, T> = Bound<'py, PyArray1<T>>;
type Strings<'a> = (Option<Vec<usize>>, Vec<&'a str>);

impl RunData {
    fn new(series: Vec<reader::Series>) -> RunData {
        let series = (series.into_iter())
            .map(|series| Series {
                tag: series.tag,
                kind: series.kind,
                points: Arc::new(series.points),
                texts: series.texts,
            })
            .collect();
        RunData { series }
    }

    fn series(&self, index: usize) -> PyResult<&Series> {
        self.series.get(index).ok_or_else(|| PyIndexError::new_err(index))
    }
}

#[pymethods]
impl RunData {
    /// The tags, in the order of their first values.
    fn tags(&self) -> Vec<&str> {
        self.series.iter().map(|series| &*series.tag).collect()
    }

    /// The index of each tag of a kind: "scalar", "text" or "other".
    fn indices<'py>(&self, py: Python<'py>, kind: &str) -> PyResult<Bound<'py, PyDict>> {
        let indices = PyDict::new(py);
        for (index, series) in self.series.iter().enumerate() {
            if name(series.kind) == kind {
                indices.set_item(&*series.tag, index)?;
            }
        }
        Ok(indices)
    }

    /// Each tag with its kind and the number of its values that were read.
    fn summary(&self) -> Vec<(&str, &'static str, usize)> {
        (self.series.iter())
            .map(|series| {
                let count = series.points.len() + series.texts.steps.len();
                (&*series.tag, name(series.kind), count)
            })
            .collect()
    }

    /// Steps, wall times and values of the scalars of the tag at `index`.
    fn scalars<'py>(
        &self,
        py: Python<'py>,
        index: usize,
    ) -> PyResult<(Words<'py, i64>, Words<'py, f64>, Words<'py, f64>)> {
        column::arrays(py, &self.series(index)?.points)
    }

    /// Steps, wall times and values of the texts of the tag at `index`: each value a shape (None
    /// for a single string) and its strings.
    fn texts<'py>(
        &self,
        py: Python<'py>,
        index: usize,
    ) -> PyResult<(Words<'py, i64>, Words<'py, f64>, Vec<Strings<'_>>)> {
        let texts = &self.series(index)?.texts;
        let values = texts.values.iter().map(|value| match value {
            Text::One(string) => (None, vec![&**string]),
            Text::Many(shape, strings) => {
                (Some(shape.to_vec()), strings.iter().map(|string| &**string).collect())
            }
        });
        Ok((
            PyArray1::from_slice(py, &texts.steps),
            PyArray1::from_slice(py, &texts.wall_times),
            values.collect(),
        ))
    }
}
