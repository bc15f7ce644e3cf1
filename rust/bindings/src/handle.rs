//! A writer as Python holds it: waits with the interpreter detached, warns, raises.

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

use crate::error::to_py;
use crate::names::{self, of};
use crate::warning::warn;

/// How long to wait before looking for Ctrl-C.
const SLICE: Duration = Duration::from_millis(100);
/// How long to wait for what is being written before a new file.
const ROLLS_WITHIN: Duration = Duration::from_secs(1);

/// Shared by a `SummaryWriter` and its `file_writer`. Dropping the last one closes the file.
pub struct Handle {
    pub writer: Writer,
    /// Takes everything and writes nothing: the writer is never opened.
    discards: bool,
    /// The `SpooledRun` of a writer whose directory is remote.
    spool: Option<Py<PyAny>>,
}

/// What a spool may do with a writer.
#[pyclass(frozen, module = "tfevents._native")]
pub struct Control(pub writer::Control);

#[pymethods]
impl Control {
    /// Has what is logged from now on go to another file. None is made before there is something
    /// for it.
    fn roll(&self, py: Python<'_>) {
        py.detach(|| self.0.roll(ROLLS_WITHIN));
    }

    /// The open file.
    fn path(&self) -> Option<OsString> {
        self.0.path().map(Into::into)
    }

    /// Whether a file is open, or about to be.
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

    /// One that writes nothing to the disk.
    pub fn discarding(options: Options) -> Handle {
        Handle { writer: Writer::new(options), discards: true, spool: None }
    }

    /// Whether somebody may want to see what is appended, once [`Writer::try_append`] did nothing.
    pub fn may_be_hooked(&self) -> bool {
        !self.discards && self.writer.has_a_moment()
    }

    /// Appends where something may need attention. `reopen`: a closed writer is no error.
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

    /// Appends what belongs to what was appended just before: of failures it tells only where there
    /// is no more room.
    pub fn append_more(
        &self,
        py: Python<'_>,
        encode: &(dyn Fn(&mut Vec<u8>) + Sync),
        reopen: bool,
    ) -> PyResult<()> {
        self.enqueue(py, reopen, |patience| self.writer.append(encode, reopen, patience))
    }

    /// Tells of failures, before anything is appended: where warnings are errors, trying again adds
    /// it once. Then has a spool say where to.
    fn prepare(&self, py: Python<'_>, reopen: bool) -> PyResult<()> {
        if self.discards {
            return Ok(());
        }
        if reopen {
            self.redirect(py)?;
        }
        self.check(py)
    }

    /// Does what appends.
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
            // No thread could be started. What fails now is told at the next call.
            self.wait(py, |patience| Ok(self.writer.settle(patience)))
        } else {
            Ok(())
        }
    }

    /// Warns of what failed in the background, or raises it.
    pub fn check(&self, py: Python<'_>) -> PyResult<()> {
        match self.writer.check().map_err(to_py)? {
            Some(warning) => warn(py, warning),
            None => Ok(()),
        }
    }

    /// Calls a method of the spool, where there is one.
    fn tell_spool(&self, py: Python<'_>, method: &Bound<'_, PyString>) -> PyResult<()> {
        self.spool.as_ref().map_or(Ok(()), |spool| spool.call_method0(py, method).map(drop))
    }

    /// Has the next file made in this process's spool, if it is to be uploaded.
    fn redirect(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(spool) = &self.spool
            && !self.writer.is_running()
        {
            self.open_spool(py, spool)?;
        }
        Ok(())
    }

    /// The local directory in which the files are, or the next one will be.
    pub fn directory(&self, py: Python<'_>) -> PyResult<PathBuf> {
        self.redirect(py)?;
        Ok(self.writer.directory())
    }

    fn open_spool(&self, py: Python<'_>, spool: &Py<PyAny>) -> PyResult<()> {
        let directory = spool.call_method1(py, of::open(py), (Control(self.writer.control()),))?;
        self.writer.redirect(directory.extract(py)?);
        Ok(())
    }

    /// Appends an event with this summary. `reopen`: a closed writer is no error.
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

    /// Has the thread encode this. `reopen`: a closed writer is no error.
    pub fn defer(&self, py: Python<'_>, record: Arc<dyn Deferred>, reopen: bool) -> PyResult<()> {
        self.prepare(py, reopen)?;
        self.enqueue(py, reopen, |patience| self.writer.defer(&record, reopen, patience))
    }

    /// What is left of an append: the next one after `close` opens the writer, or is an error.
    fn discard(&self, py: Python<'_>, reopen: bool) -> PyResult<()> {
        if reopen || !self.writer.is_closed() {
            self.writer.reopen();
            return Ok(());
        }
        self.wait(py, |patience| self.writer.append(|_| (), false, patience))
    }

    /// Opens a file where none is open. Where that fails, the writer is closed.
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
                // It fails again, for the reason that is being told already.
                let _ = self.close(py);
            }
        })
    }

    pub fn flush(&self, py: Python<'_>) -> PyResult<()> {
        let flushed = self.flush_file(py);
        flushed.and(self.tell_spool(py, of::flush(py)))
    }

    /// Has all written to the file, wherever that is to go.
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
            // Again, since another thread may have closed the spool before this one appended.
            Some(spool) => self.open_spool(py, spool),
            None => Ok(()),
        };
        wait(py, opened, step)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // While the interpreter ends there may be none to detach from; the writer closes itself.
        Python::try_attach(|py| {
            // An object may be let go while an exception is on its way.
            let pending = PyErr::take(py);
            let open = self.writer.is_running();
            let closed = self.wait(py, |patience| self.writer.close(patience));
            // The call that closed it was told of the spool's failures.
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

/// Calls `step` until it is done, and `opened` when it opened a file. The first call doesn't wait,
/// so that the interpreter is not given up where there is nothing to wait for.
fn wait(
    py: Python<'_>,
    opened: impl Fn() -> PyResult<()>,
    step: impl Fn(Duration) -> Result<Report> + Sync,
) -> PyResult<()> {
    let mut report = step(Duration::ZERO).map_err(to_py)?;
    loop {
        if report.opened {
            // Has what is to happen at the end of this process registered.
            if let Err(error) = names::OPENED.call(py, ()) {
                // Ctrl-C is no error of the module's.
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

/// Flushes every writer. After the last time, events are written before the call returns.
#[pyfunction]
#[pyo3(signature = (last=true))]
pub fn flush_at_exit(py: Python<'_>, last: bool) -> PyResult<()> {
    // What other threads log meanwhile is theirs to write.
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

/// Has `act` called when SIGTERM ends the process, which goes on to do so afterwards or after
/// `seconds`. False where SIGTERM ends nothing: the program handles it.
#[pyfunction]
pub fn before_termination(act: Py<PyAny>, seconds: f64) -> PyResult<bool> {
    let call = move || {
        // While the interpreter ends there is none to call; the end is near anyway.
        Python::try_attach(|py| {
            if let Err(error) = act.call0(py) {
                error.write_unraisable(py, None);
            }
        });
    };
    Ok(writer::before_termination(call, Duration::from_secs_f64(seconds))?)
}
