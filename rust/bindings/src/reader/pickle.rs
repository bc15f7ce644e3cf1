//! Loads the data of a run from a pickle.

use std::path::PathBuf;

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tfevents::columns::{Blobs, Histograms, Points, Series, Text, Texts, Values};
use tfevents::proto::{Kind, Metadata};
use tfevents::reader::Run;

use crate::call::argument;
use crate::call::list::List;

/// Plugin, content, display name, description and data class.
type MetadataTuple<'py> = (String, Bound<'py, PyBytes>, String, String, i64);

/// Name, kind, metadata, steps and wall times of a tag, its values, and for each file that has some
/// of them its index and where they end.
pub type TagTuple<'py> = (
    String,
    String,
    Option<MetadataTuple<'py>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyAny>,
    List<(u32, usize)>,
);

/// Name, paths of the files, whether it is continued, the tags, and the events.
pub type RunTuple<'py> = (PathBuf, List<PathBuf>, bool, List<TagTuple<'py>>, List<TagTuple<'py>>);

type Numbers<'py> = PyReadonlyArray1<'py, f64>;
type HistogramsTuple<'py> =
    ([Numbers<'py>; 5], (PyReadonlyArray1<'py, usize>, Numbers<'py>, Numbers<'py>), Vec<bool>);

/// The run of a pickle.
pub fn load((name, files, is_continued, tags, events): RunTuple<'_>) -> PyResult<Run> {
    let load = |tags: List<TagTuple<'_>>| tags.into_iter().map(load_tag).collect::<PyResult<_>>();
    let series = [load(tags)?, load(events)?];
    Ok(Run::of_series(name, files.0, series, is_continued))
}

fn load_tag(
    (name, kind, metadata, step, wall_time, values, by_file): TagTuple<'_>,
) -> PyResult<Series> {
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
            let columns = columns.iter().map(|column| Ok(column.as_slice()?));
            let columns: Vec<&[f64]> = columns.collect::<PyResult<_>>()?;
            let columns = columns.try_into().map_err(|_| wrong())?;
            let buckets = (ends.as_slice()?.to_vec(), limits.as_slice()?, counts.as_slice()?);
            let histograms =
                Histograms::of_columns((&steps, &wall_times), columns, buckets, tensors);
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
    Series::of_values(&name, kind, metadata, (points, values), &by_file).ok_or_else(wrong)
}
