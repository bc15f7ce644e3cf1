//! The native base of `tfevents.SummaryWriter`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use numpy::PyReadonlyArray1;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyTuple};
use tfevents::graph;
use tfevents::projector::Embedding;
use tfevents::record::{HEADER, OVERHEAD};
use tfevents::summary;
use tfevents::writer::now;

use crate::call::argument;
use crate::call::names::of;
use crate::projector;
use crate::summary::{Summary, scalar, text};
use crate::writer::file_writer::FileWriter;
use crate::writer::handle::Handle;
use crate::writer::options;

/// Logs scalars and texts to event files in one directory; the base of `SummaryWriter`.
///
/// Steps are taken from any integer-like object, values from any number and from any array or
/// tensor with one element, wherever it lives. What can't be taken is a `TypeError` or
/// `ValueError` that names the argument, and nothing is logged. A failure of the writing thread
/// is an `OSError` of the next call, or a `RuntimeWarning`, as the writer's `on_error` says.
// `add_scalar` is native, and Python's class has it without a Python method around it, which would
// cost more than the logging. `usual_call` serves most calls.
#[pyclass(module = "tfevents", name = "SummaryWriter", subclass, frozen)]
#[derive(Default)]
pub struct EventWriter {
    handle: OnceLock<Arc<Handle>>,
}

/// A series of up to this many bytes is logged as a whole or not at all.
const PIECE: usize = 16 << 20;

impl EventWriter {
    #[inline(always)]
    fn handle(&self) -> PyResult<&Arc<Handle>> {
        self.handle.get().ok_or_else(|| {
            PyRuntimeError::new_err(
                "SummaryWriter.__init__ was not called; call super().__init__()",
            )
        })
    }

    /// Appends an event with one scalar. If something needs attention, or the writer was not made
    /// completely, it does nothing and returns false.
    #[inline(always)]
    pub fn try_append_scalar(&self, wall_time: f64, step: i64, tag: &str, value: f32) -> bool {
        self.handle.get().is_some_and(|handle| {
            handle.writer.try_append(|out| {
                summary::scalar_event(out, wall_time, Some(step), tag, value);
            })
        })
    }

    /// Appends the records that `encode` appends. They are events of this step.
    #[inline(always)]
    fn append(
        this: &Bound<'_, Self>,
        step: Option<i64>,
        encode: impl Fn(&mut Vec<u8>) + Sync,
    ) -> PyResult<()> {
        if this.get().handle()?.writer.try_append(&encode) {
            return Ok(());
        }
        Self::append_slowly(this, step, &encode)
    }

    /// Appends if something may need attention.
    #[cold]
    fn append_slowly(
        this: &Bound<'_, Self>,
        step: Option<i64>,
        encode: &(dyn Fn(&mut Vec<u8>) + Sync),
    ) -> PyResult<()> {
        if !Self::is_hooked(this)? {
            return this.get().handle()?.append_slowly(this.py(), encode, true);
        }
        let mut records = Vec::new();
        encode(&mut records);
        relay(this, step, &records)
    }

    /// Asks the Python class whether a hook has to see the events before they are written.
    fn is_hooked(this: &Bound<'_, Self>) -> PyResult<bool> {
        Ok(this.get().handle()?.may_be_hooked()
            && this.call_method0(of::look(this.py()))?.is_truthy()?)
    }

    /// Appends one event with this encoded summary.
    fn add_summary(
        this: &Bound<'_, Self>,
        wall_time: f64,
        step: Option<i64>,
        summary: &[u8],
    ) -> PyResult<()> {
        Self::append(this, step, |out| summary::summary_event(out, wall_time, step, summary))
    }
}

/// Passes the events of these records to the hook, one after the other.
fn relay(this: &Bound<'_, EventWriter>, step: Option<i64>, mut records: &[u8]) -> PyResult<()> {
    while let Some((length, rest)) = records.split_first_chunk() {
        let payload = &rest[HEADER - size_of::<u64>()..][..u64::from_le_bytes(*length) as usize];
        this.call_method1(of::relay(this.py()), (PyBytes::new(this.py(), payload), step))?;
        records = &records[OVERHEAD + payload.len()..];
    }
    Ok(())
}

/// Encodes a summary of these values.
fn encode_values(values: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let Ok(dict) = values.cast::<PyDict>() else {
        let mapping = values.cast::<PyMapping>().map_err(|_| {
            let kind = values.get_type();
            PyTypeError::new_err(format!(
                "values: expected a mapping of tags to numbers, got {kind}"
            ))
        })?;
        return encode_items(&mapping.items()?);
    };
    let mut summary = Vec::with_capacity(40 * dict.len());
    for (tag, value) in dict {
        if !value.is_instance_of::<PyFloat>() && !value.is_exact_instance_of::<PyInt>() {
            // To get the number of an object may run any code, which may change the dict.
            return encode_items(&dict.items());
        }
        encode_value(&mut summary, argument::tag(&tag, "values: a tag")?, &value)?;
    }
    Ok(summary)
}

fn encode_items(items: &Bound<'_, PyList>) -> PyResult<Vec<u8>> {
    let mut summary = Vec::with_capacity(40 * items.len());
    encode_nested(&mut summary, items, None, 0)?;
    Ok(summary)
}

/// The greatest depth of nested values of `log`, so that a mapping that contains itself is refused.
const DEEPEST: usize = 100;

/// Encodes the items of a nested mapping. `outer` is the tag of the mapping.
fn encode_nested(
    out: &mut Vec<u8>,
    items: &Bound<'_, PyList>,
    outer: Option<&str>,
    depth: usize,
) -> PyResult<()> {
    if depth > DEEPEST {
        let message = "values is nested too deeply, or contains itself";
        return Err(PyValueError::new_err(message));
    }
    for item in items {
        let (key, value) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
        let joined;
        let tag = match outer {
            None => argument::tag(&key, "values: a tag")?,
            Some(outer) => {
                let key = argument::text(&key, format_args!("values[{outer:?}]: a tag"))?;
                joined = format!("{outer}/{key}");
                &joined
            }
        };
        match nested(&value)? {
            Some(items) => encode_nested(out, &items, Some(tag), depth + 1)?,
            None => encode_value(out, tag, &value)?,
        }
    }
    Ok(())
}

/// The items of a value, if it is a mapping.
fn nested<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyList>>> {
    if let Ok(dict) = value.cast::<PyDict>() {
        return Ok(Some(dict.items()));
    }
    // This excludes numbers first, since to check whether an object is a mapping takes long.
    if value.is_instance_of::<PyFloat>() || value.getattr_opt(of::item(value.py()))?.is_some() {
        return Ok(None);
    }
    value.cast::<PyMapping>().ok().map(|mapping| mapping.items()).transpose()
}

fn encode_value(out: &mut Vec<u8>, tag: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let value = argument::number(value, format_args!("values[{tag:?}]"))?;
    summary::scalar_value(out, tag, value as f32);
    Ok(())
}

#[pymethods]
impl EventWriter {
    // Subclasses have their own signatures, so `_configure` takes the arguments.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> EventWriter {
        EventWriter::default()
    }

    /// Sets the writer's options. `spool` is the `SpooledRun` of a remote directory, which knows
    /// the local one.
    #[pyo3(signature = (log_dir, flush_secs, filename_suffix, on_error, write_to_disk, spool=None))]
    fn _configure(
        &self,
        log_dir: PathBuf,
        flush_secs: f64,
        filename_suffix: String,
        on_error: &str,
        write_to_disk: bool,
        spool: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let on_error = options::on_error(on_error)?;
        let options =
            options::options(log_dir, flush_secs, filename_suffix, on_error, spool.is_some())?;
        let handle = match write_to_disk {
            true => Handle::new(options, spool),
            false => Handle::discarding(options),
        };
        self.handle
            .set(Arc::new(handle))
            .map_err(|_| PyRuntimeError::new_err("SummaryWriter.__init__ was called twice"))
    }

    /// Logs an event with this summary.
    #[pyo3(signature = (summary, global_step=None, walltime=None))]
    fn _add(
        slf: &Bound<'_, Self>,
        summary: &Summary,
        global_step: Option<&Bound<'_, PyAny>>,
        walltime: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let step = argument::step(global_step, "global_step")?;
        let wall_time = argument::wall_time(walltime, "walltime")?;
        let handle = slf.get().handle()?;
        if handle.may_be_hooked() && Self::is_hooked(slf)? {
            let summary = summary.SerializeToString(slf.py())?;
            return Self::add_summary(slf, wall_time, step, summary.as_bytes());
        }
        handle.append_summary(slf.py(), wall_time, step, &summary.0, true)
    }

    /// Logs an encoded `GraphDef`, and the device that it ran on.
    #[pyo3(signature = (graph_def, device=None))]
    fn _add_graph(slf: &Bound<'_, Self>, graph_def: &[u8], device: Option<&str>) -> PyResult<()> {
        argument::fits(graph_def.len(), "model")?;
        let wall_time = now();
        let mut records = Vec::new();
        graph::graph_event(&mut records, wall_time, graph_def);
        if let Some(device) = device {
            graph::run_metadata_event(&mut records, wall_time, &graph::run_metadata(device));
        }
        Self::append(slf, None, |out| out.extend_from_slice(&records))
    }

    /// Makes the thread write an embedding's files to `directory` below the log directory.
    fn _add_embedding(
        &self,
        py: Python<'_>,
        directory: String,
        name: String,
        mat: &Bound<'_, PyAny>,
        metadata: Option<String>,
        label_img: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let handle = self.handle()?;
        let embedding = Embedding {
            // The working directory may have changed when the thread writes.
            log_dir: std::path::absolute(handle.directory(py)?)?,
            directory,
            name,
            vectors: projector::matrix(mat)?,
            metadata,
            sprite: label_img.map(projector::sprite).transpose()?,
        };
        handle.defer(py, Arc::new(embedding), true)
    }

    /// The local directory to write to. If the log directory is remote, it is in the spool.
    fn _directory(&self, py: Python<'_>) -> PyResult<OsString> {
        Ok(self.handle()?.directory(py)?.into())
    }

    /// Opens a file if none is open.
    fn _open(&self, py: Python<'_>) -> PyResult<()> {
        self.handle()?.open(py)
    }

    /// Reports a failure in the background, as a warning or an error.
    fn _check(&self, py: Python<'_>) -> PyResult<()> {
        self.handle()?.check(py)
    }

    fn _purge(slf: &Bound<'_, Self>, step: &Bound<'_, PyAny>) -> PyResult<()> {
        let step = argument::step(Some(step), "purge_step")?.unwrap_or_default();
        let wall_time = now();
        Self::append(slf, Some(step), |out| summary::session_start(out, wall_time, step))
    }

    /// Logs one number.
    ///
    /// Args:
    ///     tag: the curve; TensorBoard groups by what stands before a `/`.
    ///     scalar_value: the number. NaN and infinities are numbers.
    ///     global_step: an integer of 64 bits; None leaves the step out, which reads as 0.
    ///     walltime: seconds since the epoch, or a `datetime` or `numpy.datetime64`; by default
    ///         now.
    ///     new_style: store a tensor of the "scalars" plugin instead of a `simple_value`.
    ///     double_precision: store all 64 bits. `simple_value` has 32, so this implies
    ///         `new_style`.
    ///     display_name: the curve's title, in place of its tag.
    ///     summary_description: a text about it, in Markdown.
    ///     step: another word for `global_step`.
    ///
    /// Raises:
    ///     TypeError, ValueError: an argument that can't be used; nothing is logged then.
    ///     OSError: what was logged before could not be written.
    ///
    /// Example:
    ///     >>> writer.add_scalar("train/loss", 0.25, 10)
    #[pyo3(signature = (
        tag, scalar_value, global_step=None, walltime=None, new_style=false, double_precision=false,
        *, display_name=None, summary_description=None, step=None
    ))]
    #[allow(clippy::too_many_arguments)]
    fn add_scalar(
        slf: &Bound<'_, Self>,
        tag: &Bound<'_, PyAny>,
        scalar_value: &Bound<'_, PyAny>,
        global_step: Option<&Bound<'_, PyAny>>,
        walltime: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = argument::truth)] new_style: bool,
        #[pyo3(from_py_with = argument::truth)] double_precision: bool,
        display_name: Option<&Bound<'_, PyAny>>,
        summary_description: Option<&Bound<'_, PyAny>>,
        step: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let tag = argument::tag(tag, "tag")?;
        let value = argument::number(scalar_value, "scalar_value")?;
        let step = argument::either(global_step, step, ["global_step", "step"])?;
        let step = argument::step(step, "global_step")?;
        let wall_time = argument::wall_time(walltime, "walltime")?;
        let is_described = display_name.is_some() || summary_description.is_some();
        if !new_style && !double_precision && !is_described {
            let value = value as f32;
            return Self::append(slf, step, |out| {
                summary::scalar_event(out, wall_time, step, tag, value);
            });
        }
        let precision = scalar::precision(new_style, double_precision);
        let title = argument::optional_text(display_name, "display_name")?;
        let description = argument::optional_text(summary_description, "summary_description")?;
        let mut summary = Vec::new();
        summary::described_scalar_value(&mut summary, tag, value, precision, title, description);
        Self::add_summary(slf, wall_time, step, &summary)
    }

    /// Logs a text, which TensorBoard shows as Markdown.
    ///
    /// Args:
    ///     tag: its name; stored as `<tag>/text_summary`, as torch does.
    ///     text_string: the text.
    ///     global_step, walltime: as for `add_scalar`.
    ///
    /// Raises:
    ///     TypeError, ValueError: an argument that can't be used; nothing is logged then.
    ///     OSError: what was logged before could not be written.
    ///
    /// Example:
    ///     >>> writer.add_text("note", "a **text**", 10)
    #[pyo3(signature = (tag, text_string, global_step=None, walltime=None))]
    fn add_text(
        slf: &Bound<'_, Self>,
        tag: &Bound<'_, PyAny>,
        text_string: &Bound<'_, PyAny>,
        global_step: Option<&Bound<'_, PyAny>>,
        walltime: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let tag = argument::text(tag, "tag")?;
        let text_string = argument::text(text_string, "text_string")?;
        let step = argument::step(global_step, "global_step")?;
        let wall_time = argument::wall_time(walltime, "walltime")?;
        let mut summary = Vec::new();
        text::text_value(&mut summary, tag, text_string);
        Self::add_summary(slf, wall_time, step, &summary)
    }

    /// Logs the numbers of many tags in one event, which is faster than an event each.
    ///
    /// Args:
    ///     values: the numbers by tag, each as `add_scalar` takes them, stored as float32. A mapping
    ///         in place of a number has numbers of its own: `{"loss": {"train": 0.1}}` is
    ///         `loss/train`.
    ///     step, walltime: as `add_scalar`'s `global_step` and `walltime`.
    ///     global_step: another word for `step`.
    ///
    /// Raises:
    ///     TypeError, ValueError: an argument that can't be used; nothing is logged then.
    ///     OSError: what was logged before could not be written.
    ///
    /// Example:
    ///     >>> writer.log({"train": {"loss": 0.25, "acc": 0.9}}, 10)
    #[pyo3(signature = (values, step=None, walltime=None, *, global_step=None))]
    fn log(
        slf: &Bound<'_, Self>,
        values: &Bound<'_, PyAny>,
        step: Option<&Bound<'_, PyAny>>,
        walltime: Option<&Bound<'_, PyAny>>,
        global_step: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let step = argument::either(step, global_step, ["step", "global_step"])?;
        let step = argument::step(step, "step")?;
        let wall_time = argument::wall_time(walltime, "walltime")?;
        let summary = encode_values(values)?;
        Self::add_summary(slf, wall_time, step, &summary)
    }

    fn _add_scalar_series(
        slf: &Bound<'_, Self>,
        tag: &Bound<'_, PyAny>,
        values: PyReadonlyArray1<'_, f64>,
        steps: PyReadonlyArray1<'_, i64>,
        wall_times: Option<PyReadonlyArray1<'_, f64>>,
    ) -> PyResult<()> {
        let tag = argument::tag(tag, "tag")?;
        let (values, steps) = (values.as_slice()?, steps.as_slice()?);
        let wall_times = wall_times.as_ref().map(|times| times.as_slice()).transpose()?;
        let now = now();
        let mut records = Vec::new();
        let (mut at, mut begun) = (0, false);
        let is_hooked = Self::is_hooked(slf)?;
        while at < values.len() {
            records.clear();
            while at < values.len() && records.len() < PIECE {
                let wall_time = wall_times.map_or(now, |times| times[at]);
                let value = values[at] as f32;
                summary::scalar_event(&mut records, wall_time, Some(steps[at]), tag, value);
                at += 1;
            }
            let append = |out: &mut Vec<u8>| out.extend_from_slice(&records);
            if is_hooked {
                relay(slf, None, &records)?;
            } else if begun {
                slf.get().handle()?.append_more(slf.py(), &append, true)?;
            } else {
                slf.get().handle()?.append_slowly(slf.py(), &append, true)?;
            }
            begun = true;
        }
        Ok(())
    }

    /// Returns once all that was logged is written to the operating system.
    ///
    /// Raises:
    ///     OSError: it could not be written.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        self.handle()?.flush(py)
    }

    /// `flush` without the upload, which this writer and its sub-runs share.
    fn _flush_file(&self, py: Python<'_>) -> PyResult<()> {
        self.handle()?.flush_file(py)
    }

    /// Writes all that was logged and closes the file; the next `add_*` opens a new one.
    ///
    /// Raises:
    ///     OSError: it could not be written.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.handle()?.close(py)
    }

    /// The writer of whole events.
    fn _files(&self) -> PyResult<FileWriter> {
        Ok(FileWriter { handle: Arc::clone(self.handle()?) })
    }

    /// How many events were given up because they could not be written.
    #[getter]
    fn dropped_events(&self) -> PyResult<u64> {
        Ok(self.handle()?.writer.dropped())
    }
}
