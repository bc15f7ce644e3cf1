//! Buffered, asynchronous writing of event files.
//!
//! Callers append whole records to a [`queue`] under a lock; a thread a file encodes what is yet to
//! be encoded, and writes to the operating system within [`Options::linger`]. Read [`state`] for
//! what the two share, [`thread`] for the writing, [`fork`] for what happens to both in a forked
//! child.

mod failure;
mod file;
mod fork;
mod options;
mod queue;
mod shared_outage;
mod state;
mod sys;
mod thread;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::record::{self, Deferred};
pub use failure::{Failure, Outage};
pub use options::{OnError, Options, Report};
use queue::Queue;
pub use shared_outage::SharedOutage;
pub use state::Mark;
use state::{EXITING, Shared, Status};

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

/// Seconds since the epoch.
#[inline(always)]
pub fn now() -> f64 {
    sys::now()
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
    /// `reopen` is false a closed writer is an error instead), waits up to `patience` for room,
    /// and reports failures of the background.
    pub fn append(
        &self,
        encode: impl FnOnce(&mut Vec<u8>),
        reopen: bool,
        patience: Duration,
    ) -> Result<Report> {
        self.enqueue(|queue| encode(&mut queue.records), reopen, patience)
    }

    /// Like [`append`](Writer::append), for a record that the thread encodes.
    pub fn defer(
        &self,
        record: &Arc<dyn Deferred>,
        reopen: bool,
        patience: Duration,
    ) -> Result<Report> {
        self.enqueue(|queue| queue.defer(Arc::clone(record)), reopen, patience)
    }

    fn enqueue(
        &self,
        add: impl FnOnce(&mut Queue),
        reopen: bool,
        patience: Duration,
    ) -> Result<Report> {
        let deadline = state::deadline(patience);
        let mut state = self.shared.lock();
        let mut report = Report::done();
        loop {
            // What comes after a `close` waits for its end and goes to a new file.
            if !state.closing {
                report.opened |= self.shared.start_thread(&mut state, reopen)?;
                report.warning = state.take_unreported(self.options().on_error)?.or(report.warning);
                if state.has_room() {
                    break;
                }
                if let Some(failure) = state.outage.failing().cloned() {
                    if self.options().on_error == OnError::Raise {
                        return Err(failure.into());
                    }
                    let mut lost = Queue::default();
                    add(&mut lost);
                    state.dropped += record::count(&lost.records);
                    return Ok(report);
                }
            }
            match self.shared.wait(state, deadline) {
                Some(guard) => state = guard,
                None => return Ok(Report { done: false, ..report }),
            }
        }
        add(&mut state.pending);
        self.shared.appended(&mut state);
        Ok(report)
    }

    /// Opens a file if none is open, and waits until that is done.
    pub fn open(&self, patience: Duration) -> Result<Report> {
        let deadline = state::deadline(patience);
        let mut state = self.shared.lock();
        while state.closing {
            match self.shared.wait(state, deadline) {
                Some(guard) => state = guard,
                None => return Ok(Report::default()),
            }
        }
        let opened = self.shared.start_thread(&mut state, true)?;
        if state.file.is_some() {
            return Ok(Report::done());
        }
        drop(state);
        Ok(Report { opened, ..self.flush(patience)? })
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
        self.shared.flush(mark, patience)
    }

    /// Writes what was accepted, ends the thread and closes the file. Does nothing when closed.
    pub fn close(&self, patience: Duration) -> Result<Report> {
        self.shared.close(patience)
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

    /// Whether [`Control::ring`] was called since this was last called.
    pub fn answer(&self) -> bool {
        let mut state = self.shared.lock();
        let rung = std::mem::take(&mut state.called);
        state.refresh();
        rung
    }

    /// Forgets that it was closed: the next append opens a new file.
    pub fn reopen(&self) {
        let mut state = self.shared.lock();
        if state.status == Status::Closed {
            state.set_status(Status::Detached);
        }
    }

    /// The open file.
    pub fn path(&self) -> Option<PathBuf> {
        self.shared.lock().file.as_ref().map(|open| open.path.clone())
    }

    /// How many accepted or offered events could not be written and were given up.
    pub fn dropped(&self) -> u64 {
        self.shared.lock().dropped
    }
}

/// What those may do with a [`Writer`] who do not own it. It doesn't keep the writer from being
/// dropped, hence closed.
#[derive(Debug, Clone)]
pub struct Control(Arc<Shared>);

impl Control {
    /// Has the next append look up from its work: [`Writer::try_append`] does nothing until
    /// [`Writer::answer`] is called.
    pub fn ring(&self) {
        let mut state = self.0.lock();
        state.called = true;
        state.refresh();
    }

    /// [`Writer::is_running`].
    pub fn is_running(&self) -> bool {
        self.0.is_running()
    }

    /// [`Writer::close`].
    pub fn close(&self, patience: Duration) -> Result<Report> {
        self.0.close(patience)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Who asked for the end and did not wait for it does not want to; the thread goes on.
        if !self.shared.lock().closing {
            // Where the file can't be written there is nobody left to tell; who wants to know
            // closes.
            let _ = self.close(Duration::from_secs(600));
        }
    }
}

/// Whether [`flush_at_exit`] was called: who appends is to flush too.
pub fn is_exiting() -> bool {
    EXITING.load(Ordering::Relaxed)
}

/// Flushes every writer of the process, for its end, when threads no longer get to run. If this is
/// the `last` time, every append needs a look from then on, and callers see [`is_exiting`]. False
/// where a writer had not flushed when its `patience` was over, and what failed.
pub fn flush_at_exit(last: bool, patience: Duration) -> (bool, Vec<Error>) {
    EXITING.fetch_or(last, Ordering::Relaxed);
    let (mut done, mut errors) = (true, Vec::new());
    for shared in fork::writers() {
        let mut state = shared.lock();
        state.refresh();
        let mark = state.mark();
        drop(state);
        match shared.flush(mark, patience) {
            Ok(report) => {
                done &= report.done;
                errors.extend(report.warning);
            }
            Err(error) => errors.push(error),
        }
    }
    (done, errors)
}
