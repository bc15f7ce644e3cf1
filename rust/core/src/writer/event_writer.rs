//! A writer as its callers hold it.

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
/// Nothing is written before the first [`open`](Writer::open) or append; after
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

    /// Appends what `encode` appends, whole records only, unless something needs attention: then
    /// nothing is done, the answer is false and [`append`](Writer::append) does it.
    #[inline(always)]
    pub fn try_append(&self, encode: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut state = self.shared.lock();
        let free = state.pending.records.len() < state.attention;
        if free {
            encode(&mut state.pending.records);
        }
        free
    }

    /// Appends what `encode` appends, whole records only: opens a file where none is open (where
    /// `reopen` is false a closed writer is an error instead), and waits up to `patience` for room.
    /// A failure of the background is an error under [`OnError::Raise`], and nothing is appended;
    /// under [`OnError::Warn`], [`check`](Writer::check) tells.
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

    /// Has what waits written by the caller, where [`Report::unserved`] says that no thread does.
    /// A failure waits for the next call, as any in the background.
    pub fn settle(&self, patience: Duration) -> Report {
        if patience.is_zero() {
            return Report::default();
        }
        turn::take(&self.shared);
        Report::done()
    }

    /// What failed in the background and no caller was told of: an error under [`OnError::Raise`].
    pub fn check(&self) -> Result<Option<Error>> {
        self.shared.lock().take_unreported(self.options().on_error)
    }

    /// What is accepted by now, for [`flush_to`](Writer::flush_to).
    pub fn mark(&self) -> Mark {
        self.shared.lock().mark()
    }

    /// Waits until all that was accepted before is written to the operating system.
    pub fn flush(&self, patience: Duration) -> Result<Report> {
        self.flush_to(self.mark(), patience)
    }

    /// Waits until all that was accepted before the mark is written to the operating system. Who
    /// calls again and again waits for the same events each time, whatever others append.
    pub fn flush_to(&self, mark: Mark, patience: Duration) -> Result<Report> {
        calls::flush(&self.shared, mark, patience)
    }

    /// Writes what was accepted, closes the file. Does nothing when closed.
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

    /// From the next file on, makes files in this directory.
    pub fn redirect(&self, directory: PathBuf) {
        self.shared.lock().directory = directory;
    }

    /// For who has to do with this writer without owning it.
    pub fn control(&self) -> Control {
        Control(Arc::clone(&self.shared))
    }

    /// Forgets that it was closed: the next append opens a new file.
    pub fn reopen(&self) {
        let mut state = self.shared.lock();
        if state.status == Status::Closed {
            state.set_status(Status::Detached);
        }
    }

    /// Has every append look up from its work, or none: while a writer is watched,
    /// [`try_append`](Writer::try_append) does nothing.
    pub fn watch(&self, watched: bool) {
        let mut state = self.shared.lock();
        state.watched = watched;
        state.refresh();
    }

    /// Whether an append that was not done by [`try_append`](Writer::try_append) has a moment to
    /// look around: the writer is watched, or nothing was appended for a while.
    pub fn has_a_moment(&self) -> bool {
        let state = self.shared.lock();
        state.watched || (!is_exiting() && (state.idle || state.status != Status::Running))
    }

    /// The files that were made in this process, in their order.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.shared.lock().paths.clone()
    }

    /// The file that is written.
    pub fn path(&self) -> Option<PathBuf> {
        self.shared.lock().path.clone()
    }

    /// How many accepted or offered events could not be written and were given up.
    pub fn dropped(&self) -> u64 {
        self.shared.lock().dropped
    }
}

/// What those may do with a [`Writer`] who do not own it. It doesn't keep the writer from being
/// dropped, hence closed.
#[derive(Debug, Clone)]
pub struct Control(pub(super) Arc<Shared>);

impl Control {
    /// Has what is appended from now on go to another file, and waits up to `patience` for what is
    /// being written to be in the file before. No file is made before there is something for it.
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
        // Who asked for the end and did not wait for it does not want to; its turn goes on.
        if !self.shared.lock().closing {
            // Where the file can't be written there is nobody left to tell; who wants to know
            // closes.
            let _ = self.close(Duration::from_secs(600));
        }
    }
}
