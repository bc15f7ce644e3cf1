//! A writer for Python: it waits with the interpreter detached, gives warnings and raises errors.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyString;
use tfevents::Result;
use tfevents::record::Deferred;
use tfevents::summary::{self, DeferredEvent, Prepared};
use tfevents::writer::{self, Farewell, Options, Report, Writer};

use crate::call::error::to_py;
use crate::call::helper;
use crate::call::names::{self, of};
use crate::call::warning::warn;

/// How long to wait before checking for Ctrl-C.
const SLICE: Duration = Duration::from_millis(100);
/// How long to wait for a write in progress before a new file.
const ROLLS_WITHIN: Duration = Duration::from_secs(1);

/// The writer that a `SummaryWriter` and its `file_writer` share. Dropping the last one closes the
/// file.
pub struct Handle {
    pub writer: Writer,
    /// Whether it accepts everything and writes nothing. Then the writer is never opened.
    discards: bool,
    /// The `SpooledRun` of a writer whose directory is remote.
    spool: Option<Py<PyAny>>,
}

/// The handle by which a spool controls a writer.
#[pyclass(frozen, module = "tfevents._native")]
pub struct Control(pub writer::Control);

#[pymethods]
impl Control {
    /// Makes later events go to another file, which is made once there is an event for it.
    fn roll(&self, py: Python<'_>) {
        py.detach(|| self.0.roll(ROLLS_WITHIN));
    }

    /// The open file.
    fn path(&self) -> Option<OsString> {
        self.0.path().map(Into::into)
    }

    /// Whether a file is open, or about to be opened.
    fn is_running(&self) -> bool {
        self.0.is_running()
    }

    /// Writes what was logged and closes the file.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        wait(py, || Ok(()), |patience| self.0.close(patience))
    }
}

impl Handle {
    pub fn new(options: Options, spool: Option<Py<PyAny>>) -> Handle {
        Handle { writer: Writer::new(options), discards: false, spool }
    }

    /// A handle that writes nothing to the disk.
    pub fn discarding(options: Options) -> Handle {
        Handle { writer: Writer::new(options), discards: true, spool: None }
    }

    /// Whether a hook may have to see the event, after [`Writer::try_append`] did nothing.
    pub fn may_be_hooked(&self) -> bool {
        !self.discards && self.writer.has_a_moment()
    }

    /// Appends if something may need attention. With `reopen`, a closed writer is not an error.
    #[cold]
    pub fn append_slowly(
        &self,
        py: Python<'_>,
        encode: &(dyn Fn(&mut Vec<u8>) + Sync),
        reopen: bool,
    ) -> PyResult<()> {
        self.prepare(py, reopen)?;
        self.append_more(py, encode, reopen)
    }

    /// Appends records that belong to those appended just before. It reports a failure only if
    /// there is no room.
    pub fn append_more(
        &self,
        py: Python<'_>,
        encode: &(dyn Fn(&mut Vec<u8>) + Sync),
        reopen: bool,
    ) -> PyResult<()> {
        self.enqueue(py, reopen, |patience| self.writer.append(encode, reopen, patience))
    }

    /// Reports failures before anything is appended. So if warnings are errors, a repeated call
    /// adds the event once. Then it asks the spool for the directory.
    fn prepare(&self, py: Python<'_>, reopen: bool) -> PyResult<()> {
        if self.discards {
            return Ok(());
        }
        if reopen {
            self.redirect(py)?;
        }
        self.check(py)
    }

    /// Calls the core to append, and waits for room.
    fn enqueue(
        &self,
        py: Python<'_>,
        reopen: bool,
        append: impl Fn(Duration) -> Result<Report> + Sync,
    ) -> PyResult<()> {
        if self.discards {
            return self.discard(py, reopen);
        }
        let unserved = AtomicBool::new(false);
        let append = |patience| {
            let report = append(patience)?;
            unserved.store(report.unserved, Ordering::Relaxed);
            Ok(report)
        };
        self.wait(py, append)?;
        if writer::is_exiting() {
            self.flush(py)
        } else if unserved.into_inner() {
            // No thread could be started. The next call reports a failure of this one.
            self.wait(py, |patience| Ok(self.writer.settle(patience)))
        } else {
            Ok(())
        }
    }

    /// Reports a failure in the background, as a warning or an error.
    pub fn check(&self, py: Python<'_>) -> PyResult<()> {
        match self.writer.check().map_err(to_py)? {
            Some(warning) => warn(py, warning),
            None => Ok(()),
        }
    }

    /// Calls a method of the spool, if there is one.
    fn tell_spool(&self, py: Python<'_>, method: &Bound<'_, PyString>) -> PyResult<()> {
        self.spool.as_ref().map_or(Ok(()), |spool| spool.call_method0(py, method).map(drop))
    }

    /// If the files are uploaded, makes the next file in the spool of this process.
    fn redirect(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(spool) = &self.spool
            && !self.writer.is_running()
        {
            self.open_spool(py, spool)?;
        }
        Ok(())
    }

    /// The local directory of the files, or of the next one.
    pub fn directory(&self, py: Python<'_>) -> PyResult<PathBuf> {
        self.redirect(py)?;
        Ok(self.writer.directory())
    }

    fn open_spool(&self, py: Python<'_>, spool: &Py<PyAny>) -> PyResult<()> {
        let directory = spool.call_method1(py, of::open(py), (Control(self.writer.control()),))?;
        self.writer.redirect(directory.extract(py)?);
        Ok(())
    }

    /// Appends an event with this summary. With `reopen`, a closed writer is not an error.
    pub fn append_summary(
        &self,
        py: Python<'_>,
        wall_time: f64,
        step: Option<i64>,
        summary: &Prepared,
        reopen: bool,
    ) -> PyResult<()> {
        match summary {
            Prepared::Encoded(bytes) => self.append_slowly(
                py,
                &|out| summary::summary_event(out, wall_time, step, bytes),
                reopen,
            ),
            Prepared::Deferred(values) => {
                let values = Arc::clone(values);
                self.defer(py, Arc::new(DeferredEvent { wall_time, step, values }), reopen)
            }
        }
    }

    /// Appends a record that the thread encodes. With `reopen`, a closed writer is not an error.
    pub fn defer(&self, py: Python<'_>, record: Arc<dyn Deferred>, reopen: bool) -> PyResult<()> {
        self.prepare(py, reopen)?;
        self.enqueue(py, reopen, |patience| self.writer.defer(&record, reopen, patience))
    }

    /// An append of a writer that writes nothing. After `close` it opens the writer, or is an
    /// error.
    fn discard(&self, py: Python<'_>, reopen: bool) -> PyResult<()> {
        if reopen || !self.writer.is_closed() {
            self.writer.reopen();
            return Ok(());
        }
        self.wait(py, |patience| self.writer.append(|_| (), false, patience))
    }

    /// Opens a file if none is open. If that fails, the writer is closed.
    pub fn open(&self, py: Python<'_>) -> PyResult<()> {
        if self.discards {
            return self.discard(py, true);
        }
        self.redirect(py)?;
        let opened = AtomicBool::new(false);
        let open = |patience| {
            let report = self.writer.open(patience)?;
            opened.fetch_or(report.opened, Ordering::Relaxed);
            Ok(report)
        };
        self.wait(py, open).inspect_err(|_| {
            if opened.load(Ordering::Relaxed) {
                // This fails again, for the reason that is being reported already.
                let _ = self.close(py);
            }
        })
    }

    pub fn flush(&self, py: Python<'_>) -> PyResult<()> {
        let flushed = self.flush_file(py);
        flushed.and(self.tell_spool(py, of::flush(py)))
    }

    /// Writes all events to the local file, even if that is uploaded later.
    pub fn flush_file(&self, py: Python<'_>) -> PyResult<()> {
        let mark = self.writer.mark();
        self.wait(py, |patience| self.writer.flush_to(mark, patience))
    }

    pub fn close(&self, py: Python<'_>) -> PyResult<()> {
        let closed = self.wait(py, |patience| self.writer.close(patience));
        closed.and(self.tell_spool(py, of::close(py)))
    }

    fn wait(
        &self,
        py: Python<'_>,
        step: impl Fn(Duration) -> Result<Report> + Sync,
    ) -> PyResult<()> {
        let opened = || match &self.spool {
            // This is repeated, since another thread may have closed the spool meanwhile.
            Some(spool) => self.open_spool(py, spool),
            None => Ok(()),
        };
        wait(py, opened, step)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // At the interpreter's exit, attaching may fail. Then the writer closes itself.
        Python::try_attach(|py| {
            // An object may be freed while an exception is being raised.
            let pending = PyErr::take(py);
            let open = self.writer.is_running();
            let closed = self.wait(py, |patience| self.writer.close(patience));
            // If it was closed before, that call reported the spool's failures.
            let left = if open { self.tell_spool(py, of::abandon(py)) } else { Ok(()) };
            for error in [closed, left].into_iter().filter_map(PyResult::err) {
                error.write_unraisable(py, None);
            }
            if let Some(pending) = pending {
                pending.restore(py);
            }
        });
    }
}

/// Calls `step` until it is done, and `opened` when it opened a file. The first call does not wait,
/// so the interpreter is detached only if there is something to wait for.
fn wait(
    py: Python<'_>,
    opened: impl Fn() -> PyResult<()>,
    step: impl Fn(Duration) -> Result<Report> + Sync,
) -> PyResult<()> {
    let mut report = step(Duration::ZERO).map_err(to_py)?;
    loop {
        if report.opened {
            // This registers the work for the end of the process.
            if let Err(error) = names::OPENED.call(py, ()) {
                // Ctrl-C is not an error of the module.
                if !error.is_instance_of::<PyException>(py) {
                    return Err(error);
                }
                error.write_unraisable(py, None);
            }
            opened()?;
        }
        if let Some(warning) = report.warning {
            warn(py, warning)?;
        }
        if report.done {
            return Ok(());
        }
        py.check_signals()?;
        report = py.detach(|| step(SLICE)).map_err(to_py)?;
    }
}

/// Flushes every writer. After the last flush, each append writes its event before it returns.
#[pyfunction]
#[pyo3(signature = (last=true))]
pub fn flush_at_exit(py: Python<'_>, last: bool) -> PyResult<()> {
    // Events that other threads log meanwhile are not waited for.
    let mut farewell = Farewell::new(last);
    loop {
        let (done, errors) = py.detach(|| farewell.wait(SLICE));
        for error in errors {
            to_py(error).write_unraisable(py, None);
        }
        if done {
            return Ok(());
        }
        py.check_signals()?;
    }
}

/// Calls `act` when the process gets SIGTERM. The process ends after that, or after `seconds`.
/// False if SIGTERM does not end the process, since the program handles it.
#[pyfunction]
pub fn before_termination(act: Py<PyAny>, seconds: f64) -> PyResult<bool> {
    let call = move || {
        // At the interpreter's exit, attaching may fail. The process ends soon anyway.
        Python::try_attach(|py| {
            if let Err(error) = helper::call(act.bind(py), ()) {
                error.write_unraisable(py, None);
            }
        });
    };
    Ok(writer::before_termination(call, Duration::from_secs_f64(seconds))?)
}
