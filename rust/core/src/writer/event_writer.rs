//! The writer that callers use.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::exit::is_exiting;
#[cfg(doc)]
use super::options::OnError;
use super::options::{Options, Report};
use super::state::{Mark, Shared, Status};
use super::{calls, fork, turn};
use crate::error::{Error, Result};
use crate::record::Deferred;

/// Writes one event file at a time into a directory, from any number of threads.
///
/// Nothing is written before the first [`open`](Writer::open) or append. After
/// [`close`](Writer::close) the next append opens a new file. Dropping the writer closes it.
///
/// ```
/// use std::time::Duration;
/// use tfevents::{record, summary, writer::{OnError, Options, Writer, now}};
///
/// let dir = tempfile::tempdir()?;
/// let writer = Writer::new(Options {
///     log_dir: dir.path().into(),
///     suffix: String::new(),
///     linger: Duration::from_millis(100),
///     on_error: OnError::Raise,
///     roll_at: None,
/// });
/// let encode = |out: &mut Vec<u8>| summary::scalar_event(out, now(), Some(1), "loss", 0.5);
/// if !writer.try_append(encode) {
///     let report = writer.append(encode, true, Duration::from_secs(60))?;
///     assert!(report.done);
/// }
/// assert!(writer.close(Duration::from_secs(60))?.done);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
}

impl Writer {
    /// A writer that has opened no file yet.
    pub fn new(options: Options) -> Writer {
        let shared = Arc::new(Shared::new(options));
        fork::register(&shared);
        Writer { shared }
    }

    /// The options it was made with.
    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// Appends the whole records that `encode` appends. If something needs attention, it does
    /// nothing and returns false. Then the caller must use [`append`](Writer::append).
    #[inline(always)]
    pub fn try_append(&self, encode: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut state = self.shared.lock();
        let free = state.pending.records.len() < state.attention;
        if free {
            encode(&mut state.pending.records);
        }
        free
    }

    /// Appends the whole records that `encode` appends. Opens a file if none is open. If `reopen`
    /// is false, a closed writer is an error instead. Waits up to `patience` for room in the queue.
    /// Under [`OnError::Raise`], a failure in the background is an error, and nothing is appended.
    /// Under [`OnError::Warn`], [`check`](Writer::check) returns it.
    pub fn append(
        &self,
        encode: impl FnOnce(&mut Vec<u8>),
        reopen: bool,
        patience: Duration,
    ) -> Result<Report> {
        calls::enqueue(&self.shared, |queue| encode(&mut queue.records), reopen, patience)
    }

    /// Like [`append`](Writer::append), for a record that the thread encodes.
    pub fn defer(
        &self,
        record: &Arc<dyn Deferred>,
        reopen: bool,
        patience: Duration,
    ) -> Result<Report> {
        calls::enqueue(&self.shared, |queue| queue.defer(Arc::clone(record)), reopen, patience)
    }

    /// Opens a file if none is open, and waits until that is done.
    pub fn open(&self, patience: Duration) -> Result<Report> {
        calls::open(&self.shared, patience)
    }

    /// Writes the waiting events on the calling thread, after [`Report::unserved`] said that no
    /// thread does. The next call reports a failure, as for any failure in the background.
    pub fn settle(&self, patience: Duration) -> Report {
        if patience.is_zero() {
            return Report::default();
        }
        turn::take(&self.shared);
        Report::done()
    }

    /// A failure in the background that was not reported yet. Under [`OnError::Raise`] it is an
    /// error.
    pub fn check(&self) -> Result<Option<Error>> {
        self.shared.lock().take_unreported(self.options().on_error)
    }

    /// The end of what is accepted by now, for [`flush_to`](Writer::flush_to).
    pub fn mark(&self) -> Mark {
        self.shared.lock().mark()
    }

    /// Waits until all that was accepted before is written to the operating system.
    pub fn flush(&self, patience: Duration) -> Result<Report> {
        self.flush_to(self.mark(), patience)
    }

    /// Waits until all that was accepted before the mark is written to the operating system.
    /// Repeated calls wait for the same events, even if other threads append more.
    pub fn flush_to(&self, mark: Mark, patience: Duration) -> Result<Report> {
        calls::flush(&self.shared, mark, patience)
    }

    /// Writes what was accepted and closes the file. Does nothing if the writer is closed.
    pub fn close(&self, patience: Duration) -> Result<Report> {
        calls::close(&self.shared, patience)
    }

    /// Whether [`close`](Writer::close) was called and nothing has been appended since.
    pub fn is_closed(&self) -> bool {
        self.shared.lock().status == Status::Closed
    }

    /// Whether a file is open, or about to be.
    pub fn is_running(&self) -> bool {
        self.shared.is_running()
    }

    /// The directory in which the next file is made.
    pub fn directory(&self) -> PathBuf {
        self.shared.lock().directory.clone()
    }

    /// Makes the next file, and those after it, in this directory.
    pub fn redirect(&self, directory: PathBuf) {
        self.shared.lock().directory = directory;
    }

    /// A handle for code that does not own the writer.
    pub fn control(&self) -> Control {
        Control(Arc::clone(&self.shared))
    }

    /// Forgets that the writer was closed, so that the next append opens a new file.
    pub fn reopen(&self) {
        let mut state = self.shared.lock();
        if state.status == Status::Closed {
            state.set_status(Status::Detached);
        }
    }

    /// Sets whether the writer is watched. While it is, [`try_append`](Writer::try_append) always
    /// returns false, so that the caller sees every event.
    pub fn watch(&self, watched: bool) {
        let mut state = self.shared.lock();
        state.watched = watched;
        state.refresh();
    }

    /// Whether there is time for other work at an append that [`try_append`](Writer::try_append)
    /// did not do: the writer is watched, or nothing was appended for a while.
    pub fn has_a_moment(&self) -> bool {
        let state = self.shared.lock();
        state.watched || (!is_exiting() && (state.idle || state.status != Status::Running))
    }

    /// The files that were made in this process, in the order in which they were made.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.shared.lock().paths.clone()
    }

    /// The file that is written.
    pub fn path(&self) -> Option<PathBuf> {
        self.shared.lock().path.clone()
    }

    /// The number of events that could not be written and were dropped.
    pub fn dropped(&self) -> u64 {
        self.shared.lock().dropped
    }
}

/// A handle to a [`Writer`] for code that does not own it. It does not keep the writer alive: the
/// writer can be dropped, which closes it.
#[derive(Debug, Clone)]
pub struct Control(pub(super) Arc<Shared>);

impl Control {
    /// Makes later appends go to another file. Waits up to `patience` for the present turn, whose
    /// events go to the old file. The new file is made once there is an event for it.
    pub fn roll(&self, patience: Duration) {
        calls::roll(&self.0, patience);
    }

    /// [`Writer::path`].
    pub fn path(&self) -> Option<PathBuf> {
        self.0.lock().path.clone()
    }

    /// [`Writer::is_running`].
    pub fn is_running(&self) -> bool {
        self.0.is_running()
    }

    /// [`Writer::close`].
    pub fn close(&self, patience: Duration) -> Result<Report> {
        calls::close(&self.0, patience)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // If the caller called `close` and stopped waiting, dropping does not wait either. The turn
        // goes on.
        if !self.shared.lock().closing {
            // Nobody can receive an error here. A caller that wants it calls `close`.
            let _ = self.close(Duration::from_secs(600));
        }
    }
}
