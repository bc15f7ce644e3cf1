//! One event and its values.

use std::ops::Range;

use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyList, PyString};
use tfevents::graph::{graph_event, run_metadata_event};
use tfevents::proto::{Data, Event as Decoded, Kind, Malformed, ScalarEvent, SummaryValue, What};
use tfevents::record::{FOOTER, HEADER};
use tfevents::summary::{replaced_event, retagged_value, summary_event};
use tfevents::wire::{self, Cursor, Field};

use crate::call::argument;
use crate::call::bytes;
use crate::call::names::{self, of};
use crate::events::tags;
use crate::reader::decode::tensor_array;

/// One event.
// What Python reads of a field that is an object takes no call.
#[pyclass(frozen, module = "tfevents")]
pub struct Event {
    /// When it was logged, in seconds since the epoch; 0 where the event does not say it.
    #[pyo3(get)]
    wall_time: Py<PyFloat>,
    /// The step; 0 where the event does not say it.
    #[pyo3(get)]
    step: Py<PyInt>,
    /// What the event holds, the name of the member of the message's `oneof`: `"file_version"`,
    /// `"graph_def"`, `"summary"`, `"log_message"`, `"session_log"`, `"tagged_run_metadata"`,
    /// `"meta_graph_def"`; None if it holds nothing.
    #[pyo3(get)]
    what: Py<PyAny>,
    payload: Payload,
}

/// The serialized message of an event. A short one lies in the object, which spares another one.
enum Payload {
    Short { bytes: [u8; Payload::SHORT], length: u8 },
    Long(Py<PyBytes>),
}

impl Payload {
    /// A scalar takes twenty-odd bytes, and its tag.
    const SHORT: usize = 71;

    fn new(py: Python<'_>, payload: &[u8]) -> PyResult<Payload> {
        Ok(match (payload.len() <= Payload::SHORT, u8::try_from(payload.len())) {
            (true, Ok(length)) => {
                let mut bytes = [0; Payload::SHORT];
                bytes[..payload.len()].copy_from_slice(payload);
                Payload::Short { bytes, length }
            }
            _ => Payload::Long(bytes::copied(py, payload)?.unbind()),
        })
    }

    fn as_bytes<'a>(&'a self, py: Python<'a>) -> &'a [u8] {
        match self {
            Payload::Short { bytes, length } => &bytes[..usize::from(*length)],
            Payload::Long(bytes) => bytes.as_bytes(py),
        }
    }
}

impl Event {
    /// The event of a record, header and footer included.
    pub fn of(py: Python<'_>, record: &[u8]) -> PyResult<Py<Event>> {
        Event::from_payload(py, &record[HEADER..record.len() - FOOTER])
    }

    fn from_payload(py: Python<'_>, payload: &[u8]) -> PyResult<Py<Event>> {
        let (wall_time, step, what) = match ScalarEvent::decode(payload) {
            Some(scalar) => (scalar.wall_time, scalar.step, Some(intern!(py, "summary"))),
            None => {
                let event = Decoded::decode(payload).map_err(malformed)?;
                (event.wall_time, event.step, content_name(py, &event.what))
            }
        };
        let event = Event {
            wall_time: PyFloat::new(py, wall_time).unbind(),
            step: step.into_pyobject(py)?.unbind(),
            what: or_none(py, what),
            payload: Payload::new(py, payload)?,
        };
        Py::new(py, event)
    }

    fn raw_bytes<'a>(&'a self, py: Python<'a>) -> &'a [u8] {
        self.payload.as_bytes(py)
    }

    fn decoded<'a>(&'a self, py: Python<'a>) -> PyResult<Decoded<'a>> {
        Decoded::decode(self.raw_bytes(py)).map_err(malformed)
    }
}

/// The member of an event's `oneof`.
fn content_name<'py>(py: Python<'py>, what: &What<'_>) -> Option<&'py Bound<'py, PyString>> {
    Some(match what {
        What::Nothing => return None,
        What::FileVersion(_) => intern!(py, "file_version"),
        What::Graph(_) => intern!(py, "graph_def"),
        What::Summary(_) => intern!(py, "summary"),
        What::LogMessage(_) => intern!(py, "log_message"),
        What::SessionLog(_) => intern!(py, "session_log"),
        What::RunMetadata(_) => intern!(py, "tagged_run_metadata"),
        What::MetaGraph(_) => intern!(py, "meta_graph_def"),
    })
}

fn or_none(py: Python<'_>, name: Option<&Bound<'_, PyString>>) -> Py<PyAny> {
    name.map_or_else(|| py.None(), |name| name.clone().into_any().unbind())
}

#[pymethods]
impl Event {
    /// The serialized `Event` message, as it is in the file.
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        match &self.payload {
            Payload::Short { .. } => bytes::copied(py, self.raw_bytes(py)),
            Payload::Long(bytes) => Ok(bytes.bind(py).clone()),
        }
    }

    /// Who wrote the file, where the event says it (`source_metadata.writer`); else None.
    #[getter]
    fn writer<'a>(&'a self, py: Python<'a>) -> PyResult<Option<&'a str>> {
        Ok(self.decoded(py)?.writer)
    }

    /// The values under tags, a list of `Value`; empty if the event is no summary.
    #[getter]
    fn values<'py>(this: &Bound<'py, Event>) -> PyResult<Bound<'py, PyList>> {
        let py = this.py();
        if let Some(scalar) = ScalarEvent::decode(this.get().raw_bytes(py)) {
            return PyList::new(py, [Value::of_scalar(this, &scalar)?]);
        }
        let What::Summary(summary) = this.get().decoded(py)?.what else {
            return Ok(PyList::empty(py));
        };
        let mut values = summary.values();
        let Some(first) = values.next() else { return Ok(PyList::empty(py)) };
        let list = PyList::new(py, [Value::of(this, &first.map_err(malformed)?)?])?;
        for value in values {
            list.append(Value::of(this, &value.map_err(malformed)?)?)?;
        }
        Ok(list)
    }

    /// What the event holds: of a summary its `values`; of `file_version` a str; of `graph_def` and
    /// `meta_graph_def` the serialized message; of `session_log` a `SessionLog`, of
    /// `tagged_run_metadata` a tag and a serialized `RunMetadata`, of `log_message` a level and
    /// a str; None if it holds nothing.
    #[getter]
    fn content<'py>(this: &Bound<'py, Event>) -> PyResult<Bound<'py, PyAny>> {
        let (py, event) = (this.py(), this.get());
        Ok(match event.decoded(py)?.what {
            What::Nothing => py.None().into_bound(py),
            What::FileVersion(version) => bytes::text(py, version)?.into_any(),
            What::Graph(graph) | What::MetaGraph(graph) => bytes::copied(py, graph)?.into_any(),
            What::Summary(_) => Event::values(this)?.into_any(),
            What::LogMessage(log) => names::LOG_MESSAGE.call(py, (log.level, log.message))?,
            What::SessionLog(log) => {
                let status = log.status.name();
                let parts =
                    (&event.step, &event.wall_time, status, log.checkpoint_path, log.message);
                names::SESSION_LOG.call(py, parts)?
            }
            What::RunMetadata(run) => {
                let parts = (run.tag, bytes::copied(py, &run.run_metadata)?);
                names::TAGGED_RUN_METADATA.call(py, parts)?
            }
        })
    }

    /// The same as `raw`, named as protobuf's messages name it.
    #[pyo3(name = "SerializeToString")]
    fn serialize_to_string<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.raw(py)
    }

    /// Parses a serialized `Event` message. The name is that of protobuf's messages.
    ///
    /// Args:
    ///     serialized: the bytes of the message.
    ///
    /// Raises:
    ///     TypeError: the argument is not `bytes`.
    ///     ValueError: the bytes are not an `Event` message.
    ///
    /// Example:
    ///     >>> payload = event.SerializeToString()
    ///     >>> tfevents.Event.FromString(payload).step
    ///     3
    #[staticmethod]
    #[pyo3(name = "FromString")]
    fn from_string(py: Python<'_>, serialized: &[u8]) -> PyResult<Py<Event>> {
        Event::from_payload(py, serialized)
    }

    /// An event with this encoded `Summary`.
    #[staticmethod]
    #[pyo3(name = "_of_summary")]
    fn of_summary(py: Python<'_>, summary: &[u8]) -> PyResult<Py<Event>> {
        let mut record = Vec::new();
        summary_event(&mut record, 0.0, None, summary);
        Event::of(py, &record)
    }

    /// An event with this encoded `GraphDef`.
    #[staticmethod]
    #[pyo3(name = "_of_graph")]
    fn of_graph(py: Python<'_>, graph: &[u8]) -> PyResult<Py<Event>> {
        let mut record = Vec::new();
        graph_event(&mut record, 0.0, graph);
        Event::of(py, &record)
    }

    /// An event with this encoded `RunMetadata`.
    #[staticmethod]
    #[pyo3(name = "_of_run_metadata")]
    fn of_run_metadata(py: Python<'_>, run_metadata: &[u8]) -> PyResult<Py<Event>> {
        let mut record = Vec::new();
        run_metadata_event(&mut record, 0.0, run_metadata);
        Event::of(py, &record)
    }

    /// The encoded `Summary`; None if the event is none.
    fn _summary<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        match self.decoded(py)?.what {
            What::Summary(summary) => bytes::copied(py, summary.raw()).map(Some),
            _ => Ok(None),
        }
    }

    /// The event as a `tfevents.proto.Event`.
    fn to_proto<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        names::EVENT_MESSAGE.get(py)?.call_method1(of::from_string(py), (self.raw(py)?,))
    }

    /// A copy of the event with another wall time, another step or other values.
    ///
    /// Args:
    ///     wall_time: seconds since the epoch.
    ///     step: an integer of 64 bits.
    ///     values: `Value`s, or objects that serialize to a `Summary.Value`. An event of another
    ///         kind becomes a summary.
    ///
    /// Raises:
    ///     TypeError, ValueError: an argument can't be used.
    ///
    /// Example:
    ///     >>> event.replace(step=30).step
    ///     30
    #[pyo3(signature = (*, wall_time=None, step=None, values=None))]
    fn replace(
        &self,
        py: Python<'_>,
        wall_time: Option<&Bound<'_, PyAny>>,
        step: Option<&Bound<'_, PyAny>>,
        values: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<Event>> {
        let wall_time =
            wall_time.map(|time| argument::wall_time(Some(time), "wall_time")).transpose()?;
        let step = argument::step(step, "step")?;
        let raw = |value: PyResult<Bound<'_, PyAny>>| {
            let value = value?;
            match value.cast::<Value>() {
                Ok(value) => Ok(value.get().message(py)?.to_vec()),
                Err(_) => Ok(argument::message(&value, "values")?.as_bytes().to_vec()),
            }
        };
        let values: Option<Vec<_>> = values
            .map(|values| values.try_iter()?.map(raw).collect::<PyResult<_>>())
            .transpose()?;
        let event = replaced_event(self.raw_bytes(py), wall_time, step, values.as_deref())
            .map_err(malformed)?;
        let event = Event::from_payload(py, &event)?;
        Event::values(event.bind(py)).map_err(|_| argument::malformed("values"))?;
        Ok(event)
    }

    fn __reduce__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        Ok((names::LOAD_EVENT.get(py)?.clone(), (self.raw(py)?,)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let what = self.what.extract::<Option<&str>>(py)?.unwrap_or("nothing");
        let wall_time = self.wall_time.bind(py).value();
        Ok(format!("Event({what}, step {}, wall_time {wall_time:?})", self.step))
    }
}

/// One value under a tag.
#[pyclass(frozen, module = "tfevents")]
pub struct Value {
    /// The tag.
    #[pyo3(get)]
    tag: Py<PyString>,
    /// What the value is, the name of the member of the message's `oneof`: `"simple_value"`,
    /// `"tensor"`, `"histo"`, `"image"`, `"audio"`, `"obsolete_old_style_histogram"`; None if it
    /// is nothing.
    #[pyo3(get)]
    what: Py<PyAny>,
    /// Of a `simple_value`, what it is.
    number: Option<f32>,
    event: Py<Event>,
    place: ValueBytes,
}

/// Where the bytes of a value are.
enum ValueBytes {
    /// In those of its event.
    Event(Range<usize>),
    /// Here, where several summaries were merged.
    Own(Box<[u8]>),
}

impl Value {
    fn of(event: &Bound<'_, Event>, value: &SummaryValue<'_>) -> PyResult<Py<Value>> {
        let number = match &value.data {
            Data::SimpleValue(bytes) => bytes.first_chunk().map(|it| f32::from_le_bytes(*it)),
            _ => None,
        };
        let what = data_name(event.py(), &value.data);
        Value::new(event, value.tag, what, number, value.raw)
    }

    fn of_scalar(event: &Bound<'_, Event>, scalar: &ScalarEvent<'_>) -> PyResult<Py<Value>> {
        let what = Some(intern!(event.py(), "simple_value"));
        Value::new(event, scalar.tag, what, Some(scalar.value), scalar.raw)
    }

    fn new(
        event: &Bound<'_, Event>,
        tag: &str,
        what: Option<&Bound<'_, PyString>>,
        number: Option<f32>,
        field: &[u8],
    ) -> PyResult<Py<Value>> {
        let py = event.py();
        let raw = event.get().raw_bytes(py);
        let at = field.as_ptr().addr().wrapping_sub(raw.as_ptr().addr());
        let range = at..at.wrapping_add(field.len());
        let place = match raw.get(range.clone()) {
            Some(_) => ValueBytes::Event(range),
            None => ValueBytes::Own(field.into()),
        };
        let (tag, what) = (tags::string(py, tag), or_none(py, what));
        Py::new(py, Value { tag, what, number, event: event.clone().unbind(), place })
    }

    fn decoded<'a>(&'a self, py: Python<'a>) -> PyResult<SummaryValue<'a>> {
        SummaryValue::from_raw(self.bytes(py)).map_err(malformed)
    }

    /// The field of the summary that holds the value.
    fn bytes<'a>(&'a self, py: Python<'a>) -> &'a [u8] {
        match &self.place {
            ValueBytes::Event(range) => &self.event.get().raw_bytes(py)[range.clone()],
            ValueBytes::Own(bytes) => bytes,
        }
    }

    fn message<'a>(&'a self, py: Python<'a>) -> PyResult<&'a [u8]> {
        match Cursor::new(self.bytes(py)).next() {
            Some(Ok(Field { value: wire::Value::Bytes(message), .. })) => Ok(message),
            _ => Err(malformed(Malformed)),
        }
    }
}

#[pymethods]
impl Value {
    /// The value: of `simple_value` a float; of `tensor` an array, as in `Tensors`; of `histo` a
    /// `Histogram`; of `image` an `Image`; of `audio` an `AudioClip`; else None.
    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(number) = self.number {
            return Ok(PyFloat::new(py, number.into()).into_any());
        }
        let Event { step, wall_time, .. } = self.event.get();
        Ok(match self.decoded(py)?.data {
            Data::Tensor(tensor) => names::TENSOR_AS_ARRAY.call(py, tensor_array(py, &tensor)?)?,
            Data::Histogram(histogram) => {
                let (mut limits, mut counts) = (Vec::new(), Vec::new());
                histogram.buckets(&mut limits, &mut counts);
                // As a column of them has it: as many of the one as of the other.
                let count = limits.len().min(counts.len());
                limits.truncate(count);
                counts.truncate(count);
                let parts = (
                    step,
                    wall_time,
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
                let data = (bytes::copied(py, &image.encoded)?,);
                let parts = (step, wall_time, image.width, image.height, data);
                names::IMAGE.call(py, parts)?
            }
            Data::Audio(audio) => {
                let data = (bytes::copied(py, &audio.encoded)?,);
                let rate = audio.sample_rate;
                let parts = (step, wall_time, data, ("",), audio.content_type, rate);
                names::AUDIO_CLIP.call(py, parts)?
            }
            Data::Nothing | Data::SimpleValue(_) | Data::Other(_) => py.None().into_bound(py),
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
            bytes::copied(py, &metadata.content)?,
            metadata.display_name,
            metadata.description,
            metadata.data_class,
        );
        names::METADATA.call(py, parts)
    }

    /// The kind, by the name of a run's attribute, as the value itself says it; None if it is of
    /// none.
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<Option<&'static str>> {
        let value = self.decoded(py)?;
        let claimed = value.metadata.as_ref().map_or(Kind::Tensor, Kind::claimed_by);
        Ok(Kind::of(&value.data, claimed).plural())
    }

    /// The native name of the kind that the metadata give to tensors; None without metadata.
    #[pyo3(name = "_claimed")]
    fn claimed(&self, py: Python<'_>) -> PyResult<Option<&'static str>> {
        Ok(self.decoded(py)?.metadata.map(|metadata| Kind::claimed_by(&metadata).name()))
    }

    /// The native name of the kind, where a value without metadata has those that its tag claims.
    #[pyo3(name = "_kind_by")]
    fn kind_by(&self, py: Python<'_>, claimed: &str) -> PyResult<&'static str> {
        let value = self.decoded(py)?;
        let claimed = match &value.metadata {
            Some(metadata) => Kind::claimed_by(metadata),
            None => argument::kind(claimed, "claimed")?,
        };
        Ok(Kind::of(&value.data, claimed).name())
    }

    /// The serialized `Summary.Value` message, as it is in the file.
    #[getter]
    fn raw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        bytes::copied(py, self.message(py)?)
    }

    /// A copy of the value under another tag.
    ///
    /// Args:
    ///     tag: the new tag.
    ///
    /// Raises:
    ///     TypeError, ValueError: the tag can't be used.
    ///
    /// Example:
    ///     >>> value.replace("loss/train").tag
    ///     'loss/train'
    fn replace(&self, py: Python<'_>, tag: &Bound<'_, PyAny>) -> PyResult<Value> {
        let tag = argument::text(tag, "tag")?;
        let value = retagged_value(self.message(py)?, tag).map_err(malformed)?;
        Ok(Value {
            tag: tags::string(py, tag),
            what: self.what.clone_ref(py),
            number: self.number,
            event: self.event.clone_ref(py),
            place: ValueBytes::Own(value.into()),
        })
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Parts<'py>)> {
        let event = self.event.bind(py).clone();
        let parts = (event, bytes::copied(py, self.bytes(py))?);
        Ok((names::LOAD_VALUE.get(py)?.clone(), parts))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let what = self.what.extract::<Option<&str>>(py)?.unwrap_or("nothing");
        Ok(format!("Value({:?}, {what})", self.tag.to_str(py)?))
    }
}

/// The event of a value, and the field of the summary that holds it.
type Parts<'py> = (Bound<'py, Event>, Bound<'py, PyBytes>);

/// The event that was pickled.
#[pyfunction]
pub fn load_event(py: Python<'_>, serialized: &[u8]) -> PyResult<Py<Event>> {
    Event::from_payload(py, serialized)
}

/// The value that was pickled.
#[pyfunction]
pub fn load_value(event: &Bound<'_, Event>, field: &[u8]) -> PyResult<Py<Value>> {
    Value::of(event, &SummaryValue::from_raw(field).map_err(malformed)?)
}

/// The member of a value's `oneof`.
fn data_name<'py>(py: Python<'py>, data: &Data<'_>) -> Option<&'py Bound<'py, PyString>> {
    Some(match data {
        Data::Nothing => return None,
        Data::SimpleValue(_) => intern!(py, "simple_value"),
        Data::Histogram(_) => intern!(py, "histo"),
        Data::Image(_) => intern!(py, "image"),
        Data::Audio(_) => intern!(py, "audio"),
        Data::Tensor(_) => intern!(py, "tensor"),
        Data::Other(_) => intern!(py, "obsolete_old_style_histogram"),
    })
}

/// Only what was found well-formed becomes an event.
fn malformed(_: Malformed) -> PyErr {
    PyValueError::new_err("the event is malformed")
}
