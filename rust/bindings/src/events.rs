//! `iter_events`: one event after the other; and `verify`, `repair`.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Mutex;

use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyList};
use tfevents::proto::{Data, Event as Decoded, Malformed, Status, SummaryValue, What};
use tfevents::record::{FOOTER, HEADER, Verify};
use tfevents::scan::repair::{self, Report};
use tfevents::scan::{Damage, Next, OnCorrupt, Records};

use crate::damage::{DamageTuple, checks, damage_tuple};
use crate::error::to_py;
use crate::names::{self, of};
use crate::run::tensor_array;

/// Iterates over the events of files. The base of `tfevents.Events`.
#[pyclass(subclass, frozen, module = "tfevents._native")]
pub struct EventReader {
    verify: Verify,
    on_corrupt: OnCorrupt,
    state: Mutex<State>,
}

struct State {
    files: std::vec::IntoIter<PathBuf>,
    records: Option<Records>,
    damage: Vec<Damage>,
}

#[pymethods]
impl EventReader {
    #[new]
    fn new(files: Vec<PathBuf>, verify: bool, skip: bool) -> EventReader {
        let (verify, on_corrupt) = checks(verify, skip);
        EventReader {
            verify,
            on_corrupt,
            state: Mutex::new(State {
                files: files.into_iter(),
                records: None,
                damage: Vec::new(),
            }),
        }
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Event>> {
        let mut state = self.state.lock_py_attached(py).unwrap_or_else(|it| it.into_inner());
        let State { files, records, damage } = &mut *state;
        loop {
            let Some(current) = records else {
                let Some(path) = files.next() else { return Ok(None) };
                let open = || Records::open(&path, self.verify, self.on_corrupt, true);
                *records = Some(py.detach(open).map_err(to_py)?);
                continue;
            };
            let next =
                if current.is_at_hand() { current.read() } else { py.detach(|| current.read()) };
            match next {
                Ok(Next::Record(record)) => return Event::new(py, record).map(Some),
                Ok(Next::Damage(found)) => {
                    damage.push(found);
                    py.check_signals()?;
                }
                Ok(Next::End) => *records = None,
                Err(error) => {
                    // As of a generator that raised, nothing more comes.
                    (*records, *files) = (None, Vec::new().into_iter());
                    return Err(to_py(error));
                }
            }
        }
    }

    /// Path, offset, length and kind of what could not be read so far.
    #[getter]
    fn _damage(&self, py: Python<'_>) -> Vec<DamageTuple> {
        let state = self.state.lock_py_attached(py).unwrap_or_else(|it| it.into_inner());
        state.damage.iter().map(damage_tuple).collect()
    }

    /// Ends the iteration and closes the file.
    fn close(&self, py: Python<'_>) {
        let mut state = self.state.lock_py_attached(py).unwrap_or_else(|it| it.into_inner());
        (state.records, state.files) = (None, Vec::new().into_iter());
    }
}

/// One event.
#[pyclass(frozen, module = "tfevents")]
pub struct Event {
    /// When it was logged, in seconds since the epoch; 0 where the event does not say it.
    #[pyo3(get)]
    wall_time: f64,
    /// The step; 0 where the event does not say it.
    #[pyo3(get)]
    step: i64,
    what: Option<&'static str>,
    /// The serialized `Event` message, as it is in the file.
    #[pyo3(get)]
    raw: Py<PyBytes>,
}

impl Event {
    /// The event of a record, header and footer included.
    pub fn new(py: Python<'_>, record: &[u8]) -> PyResult<Event> {
        let payload = &record[HEADER..record.len() - FOOTER];
        let event = Decoded::decode(payload).map_err(malformed)?;
        let what = match event.what {
            What::Nothing => None,
            What::FileVersion(_) => Some("file_version"),
            What::Graph(_) => Some("graph_def"),
            What::Summary(_) => Some("summary"),
            What::LogMessage(_) => Some("log_message"),
            What::SessionLog(_) => Some("session_log"),
            What::RunMetadata(_) => Some("tagged_run_metadata"),
            What::MetaGraph(_) => Some("meta_graph_def"),
        };
        let raw = PyBytes::new(py, payload).unbind();
        Ok(Event { wall_time: event.wall_time, step: event.step, what, raw })
    }
}

#[pymethods]
impl Event {
    /// What the event holds, the name of the member of the message's `oneof`: `"file_version"`,
    /// `"graph_def"`, `"summary"`, `"log_message"`, `"session_log"`, `"tagged_run_metadata"`,
    /// `"meta_graph_def"`; None if it holds nothing.
    #[getter]
    fn what(&self) -> Option<&'static str> {
        self.what
    }

    /// Who wrote the file, where the event says it (`source_metadata.writer`); else None.
    #[getter]
    fn writer<'a>(&'a self, py: Python<'a>) -> PyResult<Option<&'a str>> {
        Ok(Decoded::decode(self.raw.as_bytes(py)).map_err(malformed)?.writer)
    }

    /// The values under tags, a list of `Value`; empty if the event is no summary.
    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        let raw = self.raw.as_bytes(py);
        let What::Summary(summary) = Decoded::decode(raw).map_err(malformed)?.what else {
            return Ok(list);
        };
        for value in summary.values() {
            let value = value.map_err(malformed)?;
            // Within the event, unless several summaries were merged.
            let at = value.raw.as_ptr().addr().wrapping_sub(raw.as_ptr().addr());
            let (owner, start) = match raw.get(at..at.saturating_add(value.raw.len())) {
                Some(_) => (self.raw.clone_ref(py), at),
                None => (PyBytes::new(py, value.raw).unbind(), 0),
            };
            list.append(Value {
                wall_time: self.wall_time,
                step: self.step,
                what: name(&value.data),
                owner,
                range: start..start + value.raw.len(),
            })?;
        }
        Ok(list)
    }

    /// What the event holds: of a summary its `values`; of `file_version` a str; of `graph_def` and
    /// `meta_graph_def` the serialized message; of `session_log` a `SessionLog`, of
    /// `tagged_run_metadata` a tag and a serialized `RunMetadata`, of `log_message` a level and
    /// a str; None if it holds nothing.
    #[getter]
    fn content<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match Decoded::decode(self.raw.as_bytes(py)).map_err(malformed)?.what {
            What::Nothing => py.None().into_bound(py),
            What::FileVersion(version) => version.into_pyobject(py)?.into_any(),
            What::Graph(bytes) | What::MetaGraph(bytes) => PyBytes::new(py, bytes).into_any(),
            What::Summary(_) => self.values(py)?.into_any(),
            What::LogMessage(bytes) => names::LOG_MESSAGE.call(py, (PyBytes::new(py, &bytes),))?,
            What::SessionLog(log) => {
                let status = match log.status {
                    Status::Start => "start",
                    Status::Stop => "stop",
                    Status::Checkpoint => "checkpoint",
                    _ => "unspecified",
                };
                let parts = (self.step, self.wall_time, status, log.checkpoint_path, log.message);
                names::SESSION_LOG.call(py, parts)?
            }
            What::RunMetadata(run) => {
                let parts = (run.tag, PyBytes::new(py, &run.bytes));
                names::TAGGED_RUN_METADATA.call(py, parts)?
            }
        })
    }

    /// The same as `raw`, named as protobuf's messages name it.
    #[pyo3(name = "SerializeToString")]
    fn serialize_to_string(&self, py: Python<'_>) -> Py<PyBytes> {
        self.raw.clone_ref(py)
    }

    /// The event as a `tfevents.proto.Event`.
    fn to_proto<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        names::EVENT_MESSAGE.get(py)?.call_method1(of::from_string(py), (&self.raw,))
    }

    fn __repr__(&self) -> String {
        let what = self.what.unwrap_or("nothing");
        format!("Event({what}, step {}, wall_time {:?})", self.step, self.wall_time)
    }
}

/// One value under a tag.
#[pyclass(frozen, module = "tfevents")]
pub struct Value {
    wall_time: f64,
    step: i64,
    what: Option<&'static str>,
    owner: Py<PyBytes>,
    range: Range<usize>,
}

impl Value {
    fn decoded<'a>(&'a self, py: Python<'a>) -> PyResult<SummaryValue<'a>> {
        SummaryValue::from_raw(&self.owner.as_bytes(py)[self.range.clone()]).map_err(malformed)
    }
}

#[pymethods]
impl Value {
    /// The tag.
    #[getter]
    fn tag<'a>(&'a self, py: Python<'a>) -> PyResult<&'a str> {
        Ok(self.decoded(py)?.tag)
    }

    /// What the value is, the name of the member of the message's `oneof`: `"simple_value"`,
    /// `"tensor"`, `"histo"`, `"image"`, `"audio"`, `"obsolete_old_style_histogram"`; None if it
    /// is nothing.
    #[getter]
    fn what(&self) -> Option<&'static str> {
        self.what
    }

    /// The value: of `simple_value` a float; of `tensor` an array, as in `Tensors`; of `histo` a
    /// `Histogram`; of `image` an `Image`; of `audio` an `AudioClip`; else None.
    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self.decoded(py)?.data {
            Data::SimpleValue(bytes) => {
                let bytes = bytes.first_chunk().copied().unwrap_or_default();
                f64::from(f32::from_le_bytes(bytes)).into_pyobject(py)?.into_any()
            }
            Data::Tensor(tensor) => names::TENSOR_AS_ARRAY.call(py, tensor_array(py, &tensor)?)?,
            Data::Histogram(histogram) => {
                let (mut limits, mut counts) = (Vec::new(), Vec::new());
                histogram.buckets(&mut limits, &mut counts);
                // As a column of them has it: as many of the one as of the other.
                let count = limits.len().min(counts.len());
                limits.truncate(count);
                counts.truncate(count);
                let parts = (
                    self.step,
                    self.wall_time,
                    histogram.min,
                    histogram.max,
                    histogram.num,
                    histogram.sum,
                    histogram.sum_squares,
                    PyArray1::from_vec(py, limits),
                    PyArray1::from_vec(py, counts),
                    false,
                );
                names::HISTOGRAM.call(py, parts)?
            }
            Data::Image(image) => {
                let data = (PyBytes::new(py, &image.encoded),);
                let parts = (self.step, self.wall_time, image.width, image.height, data);
                names::IMAGE.call(py, parts)?
            }
            Data::Audio(audio) => {
                let data = (PyBytes::new(py, &audio.encoded),);
                let rate = audio.sample_rate;
                let parts = (self.step, self.wall_time, data, ("",), audio.content_type, rate);
                names::AUDIO_CLIP.call(py, parts)?
            }
            Data::Nothing | Data::Other(_) => py.None().into_bound(py),
        })
    }

    /// What the value says of its tag, a `Metadata`; None if nothing.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let Some(metadata) = self.decoded(py)?.metadata else {
            return Ok(py.None().into_bound(py));
        };
        let parts = (
            metadata.plugin_name,
            PyBytes::new(py, &metadata.content),
            metadata.display_name,
            metadata.description,
            metadata.data_class,
        );
        names::METADATA.call(py, parts)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Value({:?}, {})", self.tag(py)?, self.what.unwrap_or("nothing")))
    }
}

fn name(data: &Data<'_>) -> Option<&'static str> {
    Some(match data {
        Data::Nothing => return None,
        Data::SimpleValue(_) => "simple_value",
        Data::Histogram(_) => "histo",
        Data::Image(_) => "image",
        Data::Audio(_) => "audio",
        Data::Tensor(_) => "tensor",
        Data::Other(_) => "obsolete_old_style_histogram",
    })
}

/// Only what was found well-formed becomes an event.
fn malformed(_: Malformed) -> PyErr {
    PyValueError::new_err("the event is malformed")
}

/// How many records there are, their bytes, what is damaged, and the length of an unfinished
/// record.
type ReportTuple = (u64, u64, Vec<DamageTuple>, u64);

fn report_tuple(report: Report) -> ReportTuple {
    let damage = report.damage.iter().map(damage_tuple).collect();
    (report.records, report.bytes, damage, report.unfinished)
}

/// What is in the file at `path`.
#[pyfunction]
pub fn verify_file(py: Python<'_>, path: PathBuf) -> PyResult<ReportTuple> {
    py.detach(|| repair::verify(&path)).map(report_tuple).map_err(to_py)
}

/// Copies what is good in the file at `path` to a new file at `output`.
#[pyfunction]
pub fn repair_file(py: Python<'_>, path: PathBuf, output: PathBuf) -> PyResult<ReportTuple> {
    py.detach(|| repair::repair(&path, &output)).map(report_tuple).map_err(to_py)
}
