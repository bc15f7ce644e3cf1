//! The native base of `tfevents.FileWriter`, for events and summaries that the caller encoded.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use tfevents::wire::Cursor;
use tfevents::{graph, summary};

use crate::call::argument;
use crate::call::names::{self, of};
use crate::summary::Summary;
use crate::writer::handle::Handle;
use crate::writer::options;

/// Writes events and summaries that were made elsewhere, protocol buffers of any package.
///
/// Args:
///     log_dir: the directory of the event files.
///     max_queue, flush_secs, filename_suffix, on_error: as for `SummaryWriter`.
///
/// Raises:
///     TypeError, ValueError: an argument that can't be used; the message names it.
///     OSError: the file can't be created; in any method, that writing failed.
#[pyclass(module = "tfevents._native", frozen)]
pub struct FileWriter {
    pub handle: Arc<Handle>,
}

impl FileWriter {
    fn append(&self, py: Python<'_>, records: &[u8]) -> PyResult<()> {
        self.handle.append_slowly(py, &|out| out.extend_from_slice(records), false)
    }
}

#[pymethods]
impl FileWriter {
    #[new]
    #[pyo3(signature = (log_dir, max_queue=10, flush_secs=120.0, filename_suffix="", *, on_error="raise"))]
    fn new(
        py: Python<'_>,
        log_dir: PathBuf,
        max_queue: i64,
        flush_secs: f64,
        filename_suffix: &str,
        on_error: &str,
    ) -> PyResult<FileWriter> {
        let _ = max_queue;
        let log_dir = names::LOCATION.call(py, (log_dir.as_os_str(), "log_dir"))?;
        let (named, on_error) = (on_error, options::on_error(on_error)?);
        let is_uploaded = names::IS_URI.call(py, (&log_dir,))?.is_truthy()?;
        let suffix = filename_suffix.to_owned();
        let options =
            options::options(log_dir.extract()?, flush_secs, suffix, on_error, is_uploaded)?;
        let spool = names::SPOOL_FOR.call(py, (log_dir, flush_secs, named))?;
        let spool = (!spool.is_none()).then(|| spool.call_method0(of::run(py))).transpose()?;
        let handle = Handle::new(options, spool.map(Bound::unbind));
        let writer = FileWriter { handle: Arc::new(handle) };
        writer.handle.open(py)?;
        Ok(writer)
    }

    /// The directory of the event files.
    fn get_logdir(&self) -> &OsStr {
        self.handle.writer.options().log_dir.as_os_str()
    }

    /// Writes an `Event`, with its wall time set to `walltime` or now.
    ///
    /// Args:
    ///     event: an object whose `SerializeToString()` gives an encoded `Event`.
    ///     step: replaces the event's step.
    ///     walltime: seconds since the epoch; by default now.
    ///
    /// Raises:
    ///     OSError: the writer is closed.
    #[pyo3(signature = (event, step=None, walltime=None))]
    fn add_event(
        &self,
        py: Python<'_>,
        event: &Bound<'_, PyAny>,
        step: Option<&Bound<'_, PyAny>>,
        walltime: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let message = argument::message(event, "event")?;
        let step = argument::step(step, "step")?;
        let wall_time = argument::wall_time(walltime, "walltime")?;
        let mut records = Vec::new();
        summary::rewritten_event(&mut records, message.as_bytes(), wall_time, step)
            .map_err(|_| argument::malformed("event"))?;
        self.append(py, &records)
    }

    /// Writes an event with this `Summary`.
    ///
    /// Args:
    ///     summary: an object whose `SerializeToString()` gives an encoded `Summary`.
    ///     global_step: the event's step.
    ///     walltime: seconds since the epoch; by default now.
    ///
    /// Raises:
    ///     OSError: the writer is closed.
    #[pyo3(signature = (summary, global_step=None, walltime=None))]
    fn add_summary(
        &self,
        py: Python<'_>,
        summary: &Bound<'_, PyAny>,
        global_step: Option<&Bound<'_, PyAny>>,
        walltime: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let step = argument::step(global_step, "global_step")?;
        let wall_time = argument::wall_time(walltime, "walltime")?;
        if let Ok(ours) = summary.cast::<Summary>() {
            return self.handle.append_summary(py, wall_time, step, &ours.get().0, false);
        }
        let message = argument::message(summary, "summary")?;
        if Cursor::new(message.as_bytes()).any(|field| field.is_err()) {
            return Err(argument::malformed("summary"));
        }
        let mut records = Vec::new();
        summary::summary_event(&mut records, wall_time, step, message.as_bytes());
        self.append(py, &records)
    }

    /// Writes a graph and what a run of it cost, an event each.
    ///
    /// Args:
    ///     graph_profile: a `GraphDef` and a `RunMetadata`, or objects that serialize to such.
    ///     walltime: seconds since the epoch; by default now.
    ///
    /// Raises:
    ///     OSError: the writer is closed.
    #[pyo3(signature = (graph_profile, walltime=None))]
    fn add_graph(
        &self,
        py: Python<'_>,
        graph_profile: &Bound<'_, PyAny>,
        walltime: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let [graph, profile] = argument::pair(graph_profile, "graph_profile")?;
        let graph = argument::message(&graph, "graph_profile[0]")?;
        let profile = argument::message(&profile, "graph_profile[1]")?;
        let wall_time = argument::wall_time(walltime, "walltime")?;
        let mut records = Vec::new();
        graph::graph_event(&mut records, wall_time, graph.as_bytes());
        graph::run_metadata_event(&mut records, wall_time, profile.as_bytes());
        self.append(py, &records)
    }

    /// Writes a graph.
    ///
    /// Args:
    ///     graph: a `GraphDef`, or an object that serializes to one.
    ///     walltime: seconds since the epoch; by default now.
    ///
    /// Raises:
    ///     OSError: the writer is closed.
    #[pyo3(signature = (graph, walltime=None))]
    fn add_onnx_graph(
        &self,
        py: Python<'_>,
        graph: &Bound<'_, PyAny>,
        walltime: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let graph = argument::message(graph, "graph")?;
        let wall_time = argument::wall_time(walltime, "walltime")?;
        let mut records = Vec::new();
        graph::graph_event(&mut records, wall_time, graph.as_bytes());
        self.append(py, &records)
    }

    /// Writes an `Event` as it is, its wall time included.
    ///
    /// Args:
    ///     event: an object whose `SerializeToString()` gives an encoded `Event`. The version of
    ///         a file's format is left out, since the file that is written has one.
    ///
    /// Raises:
    ///     OSError: the writer is closed.
    fn copy(&self, py: Python<'_>, event: &Bound<'_, PyAny>) -> PyResult<()> {
        let message = argument::message(event, "event")?;
        let mut records = Vec::new();
        summary::copied_event(&mut records, message.as_bytes())
            .map_err(|_| argument::malformed("event"))?;
        self.append(py, &records)
    }

    /// Sets whether every `add_*` of the writer calls `_look` of its class, or only a few do.
    fn watch(&self, watched: bool) {
        self.handle.writer.watch(watched);
    }

    /// The event file that is being written; None where none is open.
    #[getter]
    fn path(&self) -> Option<OsString> {
        self.handle.writer.path().map(PathBuf::into_os_string)
    }

    /// The event files that were made in this process, in their order.
    #[getter]
    fn paths(&self) -> Vec<OsString> {
        self.handle.writer.paths().into_iter().map(PathBuf::into_os_string).collect()
    }

    /// Whether `close` was called, and nothing opened it since.
    #[getter]
    fn is_closed(&self) -> bool {
        self.handle.writer.is_closed()
    }

    /// Returns once all that was added is written to the operating system.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        self.handle.flush(py)
    }

    /// Writes all that was added and closes the file.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.handle.close(py)
    }

    /// Opens a new file in the same directory, if the writer is closed.
    fn reopen(&self, py: Python<'_>) -> PyResult<()> {
        self.handle.open(py)
    }

    /// How many events were given up because they could not be written.
    #[getter]
    fn dropped_events(&self) -> u64 {
        self.handle.writer.dropped()
    }
}
