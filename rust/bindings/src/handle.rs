//! A writer as Python holds it: waits with the interpreter detached, warns, raises.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyo3::exceptions::{PyException, PyRuntimeWarning};
use pyo3::prelude::*;
use tfevents::Result;
use tfevents::record::Deferred;
use tfevents::summary::{self, DeferredEvent, Summary};
use tfevents::writer::{self, Options, Report, Writer};

use crate::error::to_py;

/// How long to wait before looking for Ctrl-C.
const SLICE: Duration = Duration::from_millis(100);

/// Shared by a `SummaryWriter` and its `file_writer`. Dropping the last one closes the file.
pub struct Handle {
    pub writer: Writer,
    /// Takes everything and writes nothing: the writer is never opened.
    discards: bool,
}

impl Handle {
    pub fn new(options: Options) -> Handle {
        Handle { writer: Writer::new(options), discards: false }
    }

    /// One that writes nothing to the disk.
    pub fn discarding(options: Options) -> Handle {
        Handle { writer: Writer::new(options), discards: true }
    }

    /// Appends the records that `encode` appends.
    #[inline(always)]
    pub fn append(&self, py: Python<'_>, encode: impl Fn(&mut Vec<u8>) + Sync) -> PyResult<()> {
        if self.writer.try_append(&encode) {
            return Ok(());
        }
        self.append_slowly(py, &encode, true)
    }

    /// Appends where something may need attention. `reopen`: a closed writer is no error.
    #[cold]
    pub fn append_slowly(
        &self,
        py: Python<'_>,
        encode: &(dyn Fn(&mut Vec<u8>) + Sync),
        reopen: bool,
    ) -> PyResult<()> {
        if self.discards {
            return self.discard(py, reopen);
        }
        wait(py, |patience| self.writer.append(encode, reopen, patience))?;
        self.flush_if_exiting(py)
    }

    /// Appends an event with this summary. `reopen`: a closed writer is no error.
    pub fn append_summary(
        &self,
        py: Python<'_>,
        wall_time: f64,
        step: Option<i64>,
        summary: &Summary,
        reopen: bool,
    ) -> PyResult<()> {
        match summary {
            Summary::Encoded(bytes) => self.append_slowly(
                py,
                &|out| summary::summary_event(out, wall_time, step, bytes),
                reopen,
            ),
            Summary::Deferred(values) => {
                let values = Arc::clone(values);
                self.defer(py, Arc::new(DeferredEvent { wall_time, step, values }), reopen)
            }
        }
    }

    /// Has the thread encode this. `reopen`: a closed writer is no error.
    pub fn defer(&self, py: Python<'_>, record: Arc<dyn Deferred>, reopen: bool) -> PyResult<()> {
        if self.discards {
            return self.discard(py, reopen);
        }
        wait(py, |patience| self.writer.defer(&record, reopen, patience))?;
        self.flush_if_exiting(py)
    }

    /// What is left of an append: the next one after `close` opens the writer, or is an error.
    fn discard(&self, py: Python<'_>, reopen: bool) -> PyResult<()> {
        if reopen || !self.writer.is_closed() {
            self.writer.reopen();
            return Ok(());
        }
        wait(py, |patience| self.writer.append(|_| (), false, patience))
    }

    fn flush_if_exiting(&self, py: Python<'_>) -> PyResult<()> {
        if writer::is_exiting() { self.flush(py) } else { Ok(()) }
    }

    /// Opens a file where none is open. Where that fails, the writer is closed.
    pub fn open(&self, py: Python<'_>) -> PyResult<()> {
        if self.discards {
            return self.discard(py, true);
        }
        let opened = AtomicBool::new(false);
        let open = |patience| {
            let report = self.writer.open(patience)?;
            opened.fetch_or(report.opened, Ordering::Relaxed);
            Ok(report)
        };
        wait(py, open).inspect_err(|_| {
            if opened.load(Ordering::Relaxed) {
                // It fails again, for the reason that is being told already.
                let _ = self.close(py);
            }
        })
    }

    pub fn flush(&self, py: Python<'_>) -> PyResult<()> {
        let mark = self.writer.mark();
        wait(py, |patience| self.writer.flush_to(mark, patience))
    }

    pub fn close(&self, py: Python<'_>) -> PyResult<()> {
        wait(py, |patience| self.writer.close(patience))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // While the interpreter ends there may be none to detach from; the writer closes itself.
        Python::try_attach(|py| {
            // An object may be let go while an exception is on its way.
            let pending = PyErr::take(py);
            if let Err(error) = self.close(py) {
                error.write_unraisable(py, None);
            }
            if let Some(pending) = pending {
                pending.restore(py);
            }
        });
    }
}

/// Calls `step` until it is done. The first call doesn't wait, so that the interpreter is not
/// given up where there is nothing to wait for.
fn wait(py: Python<'_>, step: impl Fn(Duration) -> Result<Report> + Sync) -> PyResult<()> {
    let mut report = step(Duration::ZERO).map_err(to_py)?;
    loop {
        if report.opened {
            // Has what is to happen at the end of this process registered.
            if let Err(error) =
                py.import("tfevents._exit").and_then(|module| module.call_method0("opened"))
            {
                // Ctrl-C is no error of the module's.
                if !error.is_instance_of::<PyException>(py) {
                    return Err(error);
                }
                error.write_unraisable(py, None);
            }
        }
        if let Some(warning) = report.warning {
            let message = std::ffi::CString::new(format!("logging is disturbed: {warning}"))?;
            PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), &message, 1)?;
        }
        if report.done {
            return Ok(());
        }
        py.check_signals()?;
        report = py.detach(|| step(SLICE)).map_err(to_py)?;
    }
}

/// Flushes every writer; from then on events are written before the call returns.
#[pyfunction]
pub fn flush_at_exit(py: Python<'_>) -> PyResult<()> {
    loop {
        let (done, errors) = py.detach(|| writer::flush_at_exit(SLICE));
        for error in errors {
            to_py(error).write_unraisable(py, None);
        }
        if done {
            return Ok(());
        }
        py.check_signals()?;
    }
}
