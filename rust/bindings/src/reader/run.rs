//! `RunData`: the data of one run.

use std::collections::HashSet;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use tfevents::columns::{self, Blob, Series, Text, Values};
use tfevents::proto::Kind;
use tfevents::proto::{Data, SummaryValue};
use tfevents::reader::chart::{self, Style};
use tfevents::reader::{Run, Tag};
use tfevents::storage;

use crate::call::bytes;
use crate::call::error::to_py;
use crate::call::job;
use crate::call::list::List;
use crate::call::names;
use crate::reader::column::{self, Column};
use crate::reader::decode::{Array, PictureTuple, no_strings, pictures, tensor_array};
use crate::reader::pickle::{self, RunTuple, TagTuple};

/// The tags of one run and their values.
#[pyclass(frozen, module = "tfevents._native")]
pub struct RunData {
    run: Arc<Run>,
    /// The absolute paths of its files, since the working directory may change before they are
    /// opened again.
    files: Vec<PathBuf>,
    /// How many threads make its tables; by default as many as there are processors.
    threads: Option<NonZeroUsize>,
}

type Strings<'py> = (Vec<usize>, Vec<Bound<'py, PyString>>);

/// Minimum, maximum, count, sum, sum of squares, the ends of the buckets, their limits, their
/// counts, and which are tensors.
type Histograms<'py> =
    ([Column<'py, f64>; 5], (Column<'py, usize>, Column<'py, f64>, Column<'py, f64>), Vec<bool>);

/// Frames per second, the type of the files, and each file with its label.
type Sounds<'py> = (Option<f32>, String, Vec<(Bound<'py, PyBytes>, Option<Bound<'py, PyBytes>>)>);

impl RunData {
    pub fn new(run: Arc<Run>, threads: Option<NonZeroUsize>) -> RunData {
        RunData { files: run.paths().map(storage::absolute).collect(), run, threads }
    }

    /// How many threads make its tables.
    pub fn threads(&self) -> NonZeroUsize {
        let processors = || std::thread::available_parallelism().ok();
        self.threads.or_else(processors).unwrap_or(NonZeroUsize::MIN)
    }

    pub fn run(&self) -> &Arc<Run> {
        &self.run
    }

    /// The scalars of all tags that have some.
    pub fn scalar_series(&self) -> impl Iterator<Item = Arc<Series>> {
        let is_scalar = |index: &usize| self.run.tags()[*index].kind == Kind::Scalar;
        let indices = (0..self.run.tags().len()).filter(is_scalar);
        indices.filter_map(|index| self.run.series(index))
    }

    pub fn series(&self, index: usize) -> PyResult<Arc<Series>> {
        self.run.series(index).ok_or_else(|| PyIndexError::new_err(index))
    }

    fn all(&self) -> impl Iterator<Item = &Tag> {
        self.run.tags().iter().chain(self.run.events())
    }

    /// Calls `with` the encoded value at `item` of the tag at `index`.
    fn with_bytes<T>(
        &self,
        py: Python<'_>,
        index: usize,
        item: usize,
        with: impl FnOnce(&[u8]) -> PyResult<T>,
    ) -> PyResult<T> {
        let series = self.series(index)?;
        let Values::Blobs(blobs) = &series.values else {
            return Err(PyIndexError::new_err(index));
        };
        match blobs.get(item).ok_or_else(|| PyIndexError::new_err(item))? {
            Blob::Here(bytes) => with(bytes),
            Blob::There(place) => {
                let path = self.files[place.file()].clone();
                with(&job::run(py, move || place.read(&path))?.map_err(to_py)?)
            }
        }
    }

    /// Calls `with` the content of the value at `item` of the tag at `index`.
    fn with_data<T>(
        &self,
        py: Python<'_>,
        index: usize,
        item: usize,
        with: impl FnOnce(&Data<'_>) -> PyResult<T>,
    ) -> PyResult<T> {
        self.with_bytes(py, index, item, |bytes| {
            let value = SummaryValue::from_raw(bytes);
            with(&value.map_err(|_| PyValueError::new_err("the value is malformed"))?.data)
        })
    }
}

/// First and last step, first and last wall time.
type Extent = (i64, i64, f64, f64);

#[pymethods]
impl RunData {
    /// The tag of each index, in the order of their first values. A tag with values of several
    /// kinds has an index for each kind.
    fn tags(&self) -> Vec<&str> {
        self.run.tags().iter().map(|tag| &*tag.name).collect()
    }

    /// The paths of its files, in the order of their names.
    fn files(&self) -> Vec<OsString> {
        let mut files = self.files.clone();
        files.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
        files.into_iter().map(PathBuf::into_os_string).collect()
    }

    /// How many files it has, and how many bytes they had when they were read.
    fn size(&self) -> (usize, u64) {
        (self.files.len(), self.run.size())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, RunTuple<'py>)> {
        let load = names::RUN_DATA.get(py)?.clone();
        Ok((load, dump(py, self)?))
    }

    /// Whether it continues a state, without the values before that.
    fn is_continued(&self) -> bool {
        self.run.is_continued()
    }

    /// The index of each tag of a kind.
    fn indices<'py>(&self, py: Python<'py>, kind: &str) -> PyResult<Bound<'py, PyDict>> {
        let indices = PyDict::new(py);
        for (index, tag) in self.all().enumerate() {
            if tag.kind.name() == kind {
                indices.set_item(&*tag.name, index)?;
            }
        }
        Ok(indices)
    }

    /// Each tag, with its kind and the number of its values.
    fn summary(&self) -> Vec<(&str, &'static str, usize)> {
        (self.run.tags().iter().enumerate())
            .map(|(index, tag)| (&*tag.name, tag.kind.name(), self.run.count(index)))
            .collect()
    }

    /// The least and the greatest step and wall time of the tag at each index. None if it has no
    /// values.
    fn extents(&self) -> PyResult<Vec<Option<Extent>>> {
        (0..self.run.tags().len()).map(|index| Ok(extent(&*self.series(index)?))).collect()
    }

    /// How many tags and values there are, and the least and the greatest step and wall time of all.
    fn overall(&self) -> PyResult<(usize, usize, Option<Extent>)> {
        let tags = self.run.tags();
        let (mut values, mut overall) = (0, None);
        for index in 0..tags.len() {
            values += self.run.count(index);
            let Some(new) = extent(&*self.series(index)?) else { continue };
            let old: Extent = *overall.get_or_insert(new);
            overall =
                Some((old.0.min(new.0), old.1.max(new.1), old.2.min(new.2), old.3.max(new.3)));
        }
        // A tag may have values of several kinds.
        let names: HashSet<&str> = tags.iter().map(|tag| &*tag.name).collect();
        Ok((names.len(), values, overall))
    }

    /// Plugin, content, display name, description and data class of the tag at `index`.
    fn metadata<'py>(
        &self,
        py: Python<'py>,
        index: usize,
    ) -> PyResult<(String, Bound<'py, PyBytes>, String, String, i64)> {
        if index >= self.all().count() {
            return Err(PyIndexError::new_err(index));
        }
        let metadata = self.run.metadata(index).cloned().unwrap_or_default();
        Ok((
            metadata.plugin_name.into_owned(),
            bytes::copied(py, &metadata.content)?,
            metadata.display_name.into_owned(),
            metadata.description.into_owned(),
            metadata.data_class,
        ))
    }

    /// Steps, wall times and values of the scalars of the tag at `index`.
    fn scalars<'py>(
        &self,
        py: Python<'py>,
        index: usize,
    ) -> PyResult<(Column<'py, i64>, Column<'py, f64>, Column<'py, f64>)> {
        column::scalars(py, &self.series(index)?)
    }

    /// The wall time of the first event, if there is one.
    fn start(&self) -> Option<f64> {
        self.run.origins().find_map(|origin| origin.wall_time)
    }

    /// The number of values of the tag at `index`.
    fn count(&self, py: Python<'_>, index: usize) -> usize {
        py.detach(|| self.run.count(index))
    }

    /// The number of values of the tag at `index`, and their greatest step and wall time.
    fn extent(&self, py: Python<'_>, index: usize) -> PyResult<(usize, Option<i64>, Option<f64>)> {
        py.detach(|| {
            let series = self.series(index)?;
            let wall_times = match series.values.is_empty() {
                true => series.points.wall_times(),
                false => series.values.wall_times(),
            };
            let last = wall_times.iter().copied().reduce(f64::max);
            Ok((series.len(), series.steps().iter().copied().max(), last))
        })
    }

    /// The scalars of the tag at `index` as JSON, about `most` of them: arrays of wall time, step
    /// and value, or objects with these names.
    fn chart<'py>(
        &self,
        py: Python<'py>,
        index: usize,
        most: usize,
        named: bool,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let style = if named { Style::Object } else { Style::Array };
        let json = py.detach(|| match &*self.run.parts(index) {
            [] => Err(PyIndexError::new_err(index)),
            parts => Ok(chart::json(parts, most, style)),
        })?;
        Ok(PyBytes::new(py, &json))
    }

    /// The number of pictures, sounds or strings in each value of the tag at `index`. None for a
    /// value that was not decoded.
    fn parts(&self, index: usize) -> PyResult<Vec<Option<usize>>> {
        let series = self.series(index)?;
        let Values::Blobs(blobs) = &series.values else {
            return Err(PyIndexError::new_err(index));
        };
        Ok((0..blobs.len()).map(|item| blobs.parts(item)).collect())
    }

    /// Steps and wall times of the tag at `index`, which must not have scalars.
    fn times<'py>(
        &self,
        py: Python<'py>,
        index: usize,
    ) -> PyResult<(Column<'py, i64>, Column<'py, f64>)> {
        let memory = column::memory(py, &self.series(index)?)?;
        Ok((
            column::shared(&memory, |series| series.values.steps()),
            column::shared(&memory, |series| series.values.wall_times()),
        ))
    }

    /// The wall times of the tag at `index`, of any kind.
    fn wall_times<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Column<'py, f64>> {
        let memory = column::memory(py, &self.series(index)?)?;
        Ok(column::shared(&memory, |series| match series.kind {
            Kind::Scalar => series.points.wall_times(),
            _ => series.values.wall_times(),
        }))
    }

    /// The same data with only these tags, and all hyperparameters and events.
    fn only(&self, tags: HashSet<String>) -> RunData {
        let run = self.run.only(|tag| tag.kind == Kind::HParams || tags.contains(&*tag.name));
        RunData { run: Arc::new(run), files: self.files.clone(), threads: self.threads }
    }

    /// The texts of the tag at `index`. Each has a shape and its strings. One string may stand for
    /// all.
    fn texts<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyList>> {
        let series = self.series(index)?;
        let Values::Texts(texts) = &series.values else {
            return Err(PyIndexError::new_err(index));
        };
        let values = texts.values.iter().map(|value| -> PyResult<Strings<'_>> {
            Ok(match value {
                Text::One(string, rank) => {
                    (vec![1; *rank as usize], vec![bytes::text(py, string)?])
                }
                Text::Many(shape, strings) => {
                    let strings = strings.iter().map(|string| bytes::text(py, string));
                    (shape.to_vec(), strings.collect::<PyResult<_>>()?)
                }
            })
        });
        PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)
    }

    /// The columns of the histograms of the tag at `index`.
    fn histograms<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Histograms<'py>> {
        type Get<T> = fn(&columns::Histograms) -> &[T];
        fn of<T>(series: &Series, get: Get<T>) -> &[T] {
            match &series.values {
                Values::Histograms(histograms) => get(histograms),
                _ => &[],
            }
        }
        let series = self.series(index)?;
        let Values::Histograms(histograms) = &series.values else {
            return Err(PyIndexError::new_err(index));
        };
        let memory = column::memory(py, &series)?;
        let floats = |get: Get<f64>| column::shared(&memory, |series| of(series, get));
        Ok((
            [
                floats(columns::Histograms::min),
                floats(columns::Histograms::max),
                floats(columns::Histograms::num),
                floats(columns::Histograms::sum),
                floats(columns::Histograms::sum_squares),
            ],
            (
                column::shared(&memory, |series| of(series, columns::Histograms::ends)),
                floats(columns::Histograms::limits),
                floats(columns::Histograms::counts),
            ),
            histograms.tensors().to_vec(),
        ))
    }

    /// The bytes of the value at `item` of the tag at `index`, as they are in the file: a field of
    /// a `Summary`, or the content of another event.
    fn raw<'py>(
        &self,
        py: Python<'py>,
        index: usize,
        item: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        self.with_bytes(py, index, item, |value| bytes::copied(py, value))
    }

    /// The tensor at `item` of the tag at `index`: the name of the elements' type, the shape, and
    /// the elements. One element may stand for all.
    fn tensor<'py>(&self, py: Python<'py>, index: usize, item: usize) -> PyResult<Array<'py>> {
        self.with_data(py, index, item, |data| match data {
            Data::Tensor(tensor) => tensor_array(py, tensor),
            _ => Err(PyValueError::new_err("the value is no tensor")),
        })
    }

    /// The sounds at `item` of the tag at `index`: frames per second (None if only the sound's file
    /// has it), the type of the files, and each file with a label.
    fn audio<'py>(&self, py: Python<'py>, index: usize, item: usize) -> PyResult<Sounds<'py>> {
        self.with_data(py, index, item, |data| match data {
            Data::Audio(audio) => {
                let encoded = bytes::copied(py, &audio.encoded)?;
                let content_type = audio.content_type.clone().into_owned();
                Ok((Some(audio.sample_rate), content_type, vec![(encoded, None)]))
            }
            Data::Tensor(tensor) => {
                let sounds = tensor.sounds().ok_or_else(no_strings)?;
                let copied = |string| bytes::copied(py, string);
                let files = sounds
                    .into_iter()
                    .map(|(file, label)| Ok((copied(file)?, label.map(copied).transpose()?)));
                Ok((None, String::new(), files.collect::<PyResult<_>>()?))
            }
            _ => Err(PyValueError::new_err("the value is no sound")),
        })
    }

    /// The picture at `item` of the tag at `index`: its width, its height, and its bytes.
    fn image<'py>(
        &self,
        py: Python<'py>,
        index: usize,
        item: usize,
    ) -> PyResult<PictureTuple<'py>> {
        self.with_data(py, index, item, |data| match data {
            Data::Image(image) => pictures(py, image.pictures()),
            Data::Tensor(tensor) => {
                let message = "a picture's tensor has no strings for its width and height";
                let found = tensor.pictures().ok_or_else(|| PyValueError::new_err(message))?;
                pictures(py, found)
            }
            _ => Err(PyValueError::new_err("the value is no picture")),
        })
    }
}

/// All values of a run's tags, and then those of its events. Values that stayed in files are read.
fn dump<'py>(py: Python<'py>, data: &RunData) -> PyResult<RunTuple<'py>> {
    let run = &data.run;
    let dump = |(index, tag): (usize, &Tag)| dump_tag(py, data, index, tag);
    let mut tags = (run.tags().iter().chain(run.events()).enumerate())
        .map(dump)
        .collect::<PyResult<Vec<_>>>()?;
    let events = tags.split_off(run.tags().len());
    let files = data.files.clone().into();
    Ok((run.name().to_owned(), files, run.is_continued(), tags.into(), events.into()))
}

fn dump_tag<'py>(
    py: Python<'py>,
    data: &RunData,
    index: usize,
    tag: &Tag,
) -> PyResult<TagTuple<'py>> {
    let series = data.series(index)?;
    let has_metadata = series.metadata.is_some();
    let metadata = has_metadata.then(|| data.metadata(py, index)).transpose()?;
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
    let (name, kind) = (tag.name.to_string(), tag.kind.name().to_owned());
    Ok((name, kind, metadata, step, wall_time, values, series.by_file().into()))
}

/// Restores what `RunData.__reduce__` gave.
#[pyfunction]
pub fn run_data(
    name: PathBuf,
    files: List<PathBuf>,
    is_continued: bool,
    tags: List<TagTuple<'_>>,
    events: List<TagTuple<'_>>,
) -> PyResult<RunData> {
    let run = pickle::load((name, files, is_continued, tags, events))?;
    Ok(RunData::new(Arc::new(run), None))
}

/// The least and the greatest step and wall time of some values, if there are any.
fn extent(series: &Series) -> Option<Extent> {
    let (steps, times) = match series.values.is_empty() {
        true => (series.points.steps(), series.points.wall_times()),
        false => (series.values.steps(), series.values.wall_times()),
    };
    // Usually both rise, which takes less time to find out.
    let (first, last) = match steps.is_sorted() {
        true => (steps.first()?, steps.last()?),
        false => (steps.iter().min()?, steps.iter().max()?),
    };
    let (start, end) = match times {
        [start, .., end] if times.is_sorted() => (*start, *end),
        _ => bounds(times),
    };
    Some((*first, *last, start, end))
}

/// The least and the greatest of some numbers. Side by side, since each comparison waits for the one
/// before it.
fn bounds(numbers: &[f64]) -> (f64, f64) {
    const LANES: usize = 8;
    let (mut least, mut greatest) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    for chunk in numbers.chunks(LANES) {
        for ((least, greatest), &number) in least.iter_mut().zip(&mut greatest).zip(chunk) {
            *least = least.min(number);
            *greatest = greatest.max(number);
        }
    }
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    (least.into_iter().fold(ends.0, f64::min), greatest.into_iter().fold(ends.1, f64::max))
}
