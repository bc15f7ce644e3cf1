//! The events of a file in order, for the readers in `tfevents.compat`.

use std::path::PathBuf;

use numpy::PyArray1;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use tfevents::proto::{Data, Event, Malformed, SessionStatus, SummaryValue, What};
use tfevents::scan::{Item, Scalars, Tail};
use tfevents::{Corruption, Error};

use crate::call::bytes;
use crate::call::error::to_py;
use crate::call::job;
use crate::call::loan::Loan;

/// A file, and how far it was read.
#[pyclass(frozen, module = "tfevents._native")]
pub struct EventTail(Loan<Position>);

struct Position {
    tail: Tail,
    /// The loaded events, until they are taken.
    loaded: Option<tfevents::Result<Vec<Item>>>,
}

#[pymethods]
impl EventTail {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<EventTail> {
        let tail = job::run(py, move || Tail::open(&path))?.map_err(to_py)?;
        Ok(EventTail(Loan::new(Position { tail, loaded: None })))
    }

    /// The next events, at most `limit`. None at the present end of the file.
    ///
    /// Each is a tuple `(wall_time, step, writer, what, content)`. Several events that have only
    /// scalars may come as one tuple `(tags, tag, event, step, wall_time, value)`, a list and
    /// columns. A record that is not an event gives a `CorruptFileError`, which is the last in the
    /// list.
    fn load<'py>(&self, py: Python<'py>, limit: usize) -> PyResult<Bound<'py, PyList>> {
        let items = loop {
            if let Some(loaded) = self.0.with(py, |it| it.loaded.take())?.flatten() {
                break loaded.map_err(to_py)?;
            }
            self.0.lend(py, move |it| it.loaded = Some(it.tail.load(limit)))?;
        };
        let list = PyList::empty(py);
        for item in items {
            match item {
                Item::Scalars(scalars) if scalars.tag.is_empty() => {}
                Item::Scalars(scalars) => list.append(columns(py, scalars)?)?,
                Item::Event(payload) => {
                    list.append(event(py, &payload).map_err(|Malformed| malformed())??)?;
                }
                Item::Malformed(error) => list.append(to_py(error).into_value(py))?,
            }
        }
        Ok(list)
    }
}

fn columns(py: Python<'_>, scalars: Scalars) -> PyResult<Bound<'_, PyTuple>> {
    (
        scalars.tags,
        PyArray1::from_vec(py, scalars.tag),
        PyArray1::from_vec(py, scalars.event),
        PyArray1::from_vec(py, scalars.step),
        PyArray1::from_vec(py, scalars.wall_time),
        PyArray1::from_vec(py, scalars.value),
    )
        .into_pyobject(py)
}

type Converted<'py> = Result<PyResult<Bound<'py, PyTuple>>, Malformed>;

/// An event as a tuple. Its content depends on `what`.
fn event<'py>(py: Python<'py>, payload: &[u8]) -> Converted<'py> {
    let event = Event::decode(payload)?;
    let copied = |content| bytes::copied(py, content).map(Bound::into_any);
    let (what, content) = match &event.what {
        What::Nothing | What::LogMessage(_) => (None, Ok(py.None().into_bound(py))),
        What::FileVersion(version) => (Some("file_version"), any(py, *version)),
        What::Graph(graph) => (Some("graph_def"), copied(graph)),
        What::MetaGraph(graph) => (Some("meta_graph_def"), copied(graph)),
        What::SessionLog(log) => (Some("session_log"), any(py, log.status == SessionStatus::Start)),
        What::RunMetadata(it) => {
            let content = copied(&it.run_metadata).and_then(|content| any(py, (&*it.tag, content)));
            (Some("tagged_run_metadata"), content)
        }
        What::Summary(summary) => {
            let mut values = Vec::new();
            for found in summary.values() {
                values.push(value(py, &found?));
            }
            let values = values.into_iter().collect::<PyResult<Vec<_>>>();
            (Some("summary"), values.and_then(|values| any(py, values)))
        }
    };
    Ok(content.and_then(|content| {
        (event.wall_time, event.step, event.writer, what, content).into_pyobject(py)
    }))
}

/// `(tag, is_tagged, metadata, what, content, raw)` of a value.
fn value<'py>(py: Python<'py>, value: &SummaryValue<'_>) -> PyResult<Bound<'py, PyTuple>> {
    let metadata = match &value.metadata {
        Some(it) => Some((it.plugin_name.clone().into_owned(), bytes::copied(py, &it.content)?)),
        None => None,
    };
    let (what, content) = match &value.data {
        Data::Nothing | Data::Other(_) => (None, py.None().into_bound(py)),
        Data::SimpleValue(bytes) => {
            let number = <[u8; 4]>::try_from(*bytes).map_or(0.0, f32::from_le_bytes);
            (Some("simple_value"), any(py, number)?)
        }
        Data::Histogram(it) => {
            let (mut limits, mut counts) = (Vec::new(), Vec::new());
            it.buckets(&mut limits, &mut counts);
            let buckets = (PyArray1::from_vec(py, limits), PyArray1::from_vec(py, counts));
            let moments = (it.min, it.max, it.num, it.sum, it.sum_squares);
            let (min, max, num, sum, squares) = moments;
            (Some("histo"), any(py, (min, max, num, sum, squares, buckets.0, buckets.1))?)
        }
        Data::Image(it) => {
            let encoded = bytes::copied(py, &it.encoded)?;
            (Some("image"), any(py, (encoded, it.width, it.height))?)
        }
        Data::Audio(it) => {
            let encoded = bytes::copied(py, &it.encoded)?;
            let content = (encoded, &*it.content_type, it.sample_rate, it.frames);
            (Some("audio"), any(py, content)?)
        }
        Data::Tensor(_) => (Some("tensor"), py.None().into_bound(py)),
    };
    let raw = bytes::copied(py, value.raw)?;
    (value.tag, value.is_tagged, metadata, what, content, raw).into_pyobject(py)
}

fn any<'py>(
    py: Python<'py>,
    value: impl IntoPyObject<'py, Error: Into<PyErr>>,
) -> PyResult<Bound<'py, PyAny>> {
    value.into_bound_py_any(py)
}

fn malformed() -> PyErr {
    to_py(Error::from(Corruption::Message))
}
