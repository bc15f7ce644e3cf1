//! What was read of a run, as what can be pickled, and back.

use std::path::PathBuf;
use std::sync::Arc;

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use tfevents::columns::{Blobs, Histograms, Points, Series, Text, Texts, Values};
use tfevents::proto::{Kind, Metadata};
use tfevents::reader::{Run, Tag};

use crate::argument;
use crate::list::List;
use crate::run::RunData;

/// Plugin, content, display name, description and data class.
type MetadataTuple<'py> = (String, Bound<'py, PyBytes>, String, String, i64);

/// Name, kind, metadata, steps, wall times, and what else there is of a tag.
type TagTuple<'py> = (
    String,
    String,
    Option<MetadataTuple<'py>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyAny>,
);

/// Name, paths of the files, whether it is continued, the tags, and the events.
pub type RunTuple<'py> = (PathBuf, Vec<PathBuf>, bool, List<TagTuple<'py>>, List<TagTuple<'py>>);

type Numbers<'py> = PyReadonlyArray1<'py, f64>;
type HistogramsTuple<'py> =
    ([Numbers<'py>; 5], (PyReadonlyArray1<'py, usize>, Numbers<'py>, Numbers<'py>), Vec<bool>);

/// All that the tags of a run hold, those of its events after the others. Values that stayed in
/// files are read.
pub fn dump<'py>(
    py: Python<'py>,
    run: &Run,
    files: &[PathBuf],
    data: &RunData,
) -> PyResult<RunTuple<'py>> {
    let dump = |(index, tag): (usize, &Tag)| dump_tag(py, run, data, index, tag);
    let mut tags = (run.tags().iter().chain(run.events()).enumerate())
        .map(dump)
        .collect::<PyResult<Vec<_>>>()?;
    let events = tags.split_off(run.tags().len());
    Ok((run.name().to_owned(), files.to_vec(), run.is_continued(), tags.into(), events.into()))
}

fn dump_tag<'py>(
    py: Python<'py>,
    run: &Run,
    data: &RunData,
    index: usize,
    tag: &Tag,
) -> PyResult<TagTuple<'py>> {
    let metadata = run.series(index).and_then(|series| series.metadata.clone());
    let metadata = metadata.map(|_| data.metadata(py, index)).transpose()?;
    let ((step, wall_time), values) = match tag.kind {
        Kind::Scalar => {
            let (step, wall_time, value) = data.scalars(py, index)?;
            ((step, wall_time), value.into_any())
        }
        Kind::Text => (data.times(py, index)?, data.texts(py, index)?.into_any()),
        Kind::Histogram => {
            (data.times(py, index)?, data.histograms(py, index)?.into_bound_py_any(py)?)
        }
        Kind::Other => (data.times(py, index)?, py.None().into_bound(py)),
        _ => {
            let times = data.times(py, index)?;
            let blobs = (0..times.0.len()?).map(|item| data.raw(py, index, item));
            let blobs = PyList::new(py, blobs.collect::<PyResult<Vec<_>>>()?)?;
            (times, blobs.into_any())
        }
    };
    Ok((tag.name.to_string(), tag.kind.name().to_owned(), metadata, step, wall_time, values))
}

/// What `RunData.__reduce__` gave.
#[pyfunction]
pub fn run_data(
    name: PathBuf,
    files: List<PathBuf>,
    is_continued: bool,
    tags: List<TagTuple<'_>>,
    events: List<TagTuple<'_>>,
) -> PyResult<RunData> {
    let load = |tags: List<TagTuple<'_>>| tags.into_iter().map(load_tag).collect::<PyResult<_>>();
    let series = [load(tags)?, load(events)?];
    Ok(RunData::new(Arc::new(Run::of_series(name, files.0, series, is_continued))))
}

fn load_tag((name, kind, metadata, step, wall_time, values): TagTuple<'_>) -> PyResult<Series> {
    let kind = argument::kind(&kind, "kind")?;
    let metadata =
        metadata.map(|(plugin, content, display_name, description, data_class)| Metadata {
            plugin_name: plugin.into(),
            content: content.as_bytes().to_vec().into(),
            display_name: display_name.into(),
            description: description.into(),
            data_class,
        });
    let (steps, wall_times): (Vec<i64>, Vec<f64>) = (step.to_vec()?, wall_time.to_vec()?);
    let wrong = || PyValueError::new_err(format!("the columns of {name:?} do not fit together"));
    if steps.len() != wall_times.len() {
        return Err(wrong());
    }
    let times = steps.iter().zip(&wall_times);
    let mut points = Points::default();
    let values = match kind {
        Kind::Scalar => {
            let values: Numbers<'_> = values.extract()?;
            let values = values.as_slice()?;
            if values.len() != steps.len() {
                return Err(wrong());
            }
            for ((&step, &wall_time), &value) in times.zip(values) {
                points.push(step, wall_time, value);
            }
            Values::None
        }
        Kind::Text => {
            let texts: List<(List<usize>, List<String>)> = values.extract()?;
            if texts.len() != steps.len() {
                return Err(wrong());
            }
            let values = texts.into_iter().map(|(shape, strings)| {
                Text::new(&shape, strings.into_iter().map(String::into_boxed_str).collect())
            });
            let values = values.collect();
            Values::Texts(Box::new(Texts { steps, wall_times, values }))
        }
        Kind::Histogram => {
            let (columns, (ends, limits, counts), tensors): HistogramsTuple<'_> =
                values.extract()?;
            let columns = columns.iter().map(|column| Ok(column.as_slice()?.to_vec()));
            let columns: Vec<Vec<f64>> = columns.collect::<PyResult<_>>()?;
            let columns = columns.try_into().map_err(|_| wrong())?;
            let buckets = (ends.as_slice()?.to_vec(), limits.as_slice()?, counts.as_slice()?);
            let histograms = Histograms::of_columns((steps, wall_times), columns, buckets, tensors);
            Values::Histograms(Box::new(histograms.ok_or_else(wrong)?))
        }
        Kind::Other => Values::None,
        _ => {
            let blobs: List<Bound<'_, PyBytes>> = values.extract()?;
            if blobs.len() != steps.len() {
                return Err(wrong());
            }
            let mut kept = Blobs::default();
            for ((&step, &wall_time), blob) in times.zip(&*blobs) {
                kept.push(step, wall_time, blob.as_bytes(), None, None);
            }
            Values::Blobs(Box::new(kept))
        }
    };
    Ok(Series::of_values(&name, kind, metadata, points, values))
}

/// Numbers smoothed as TensorBoard's charts do it.
#[pyfunction]
pub fn smooth<'py>(
    py: Python<'py>,
    values: Numbers<'py>,
    weight: f64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let values = values.as_slice()?;
    Ok(PyArray1::from_vec(py, py.detach(|| tfevents::reader::smooth(values, weight))))
}
