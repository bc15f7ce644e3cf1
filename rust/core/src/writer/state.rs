//! The state that a writer's callers share with the threads.

use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::failure::{Failure, Outage};
use super::options::{OnError, Options};
use super::output::Output;
use super::pool::Ticket;
use super::queue::Queue;
use crate::error::{Error, Result};

/// If this many bytes wait, they are written at once. They fit into a core's second-level cache.
pub(super) const WAKE: usize = 256 << 10;
/// If this many bytes wait, callers wait too. The last event may exceed it.
const FULL: usize = 64 << 20;

/// Set once the process is about to end.
pub(super) static EXITING: AtomicBool = AtomicBool::new(false);

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: Options,
    state: Mutex<State>,
    /// Signalled when a turn ends. Callers wait for it.
    pub(super) progress: Condvar,
    /// The number of the file's file system, 0 until it is known.
    pub(super) place: AtomicU64,
}

#[derive(Debug)]
pub(super) struct State {
    /// The accepted records that no turn has taken yet.
    pub(super) pending: Queue,
    /// The memory of deferred records that a turn has taken and not yet encoded, in bytes.
    pub(super) encoding: usize,
    /// While the records of `pending` are shorter than this, an append need not check anything
    /// else.
    pub(super) attention: usize,
    pub(super) status: Status,
    /// The number of times that the writer was opened, so that a waiting caller notices a new
    /// session.
    pub(super) session: u64,
    /// When it was opened, in seconds since the epoch.
    pub(super) opened_at: f64,
    /// No turn is planned until the next event.
    pub(super) idle: bool,
    /// The next turn should begin at once.
    pub(super) wanted: bool,
    /// The next turn should be the last one.
    pub(super) closing: bool,
    /// The number of failures in a row of turns that should have been the last one.
    pub(super) last_attempts: u32,
    /// The ticket of the next turn.
    pub(super) ticket: Option<Ticket>,
    /// There is no thread for the next turn. The caller that waits for it takes it.
    pub(super) unserved: bool,
    /// What a turn leaves to the next one. None during a turn.
    pub(super) output: Option<Box<Output>>,
    /// The bytes of pending records that turns have taken, and those that they have written.
    pub(super) taken: u64,
    pub(super) written: u64,
    /// The number of turns that began, and of those that ended.
    pub(super) started: u64,
    pub(super) finished: u64,
    /// The failures of this writer.
    pub(super) outage: Outage,
    /// Failures that this writer shares with others.
    pub(super) elsewhere: Option<Arc<Mutex<Outage>>>,
    /// `elsewhere` may have a failure to report.
    pub(super) rung: bool,
    pub(super) dropped: u64,
    /// The file that is written.
    pub(super) path: Option<PathBuf>,
    /// Where the next file is made.
    pub(super) directory: PathBuf,
    /// The next event goes to another file.
    pub(super) rolling: bool,
    /// The second in the name of the last file.
    pub(super) second: u64,
    /// Somebody watches the appended events: see [`Writer::watch`](super::Writer::watch).
    pub(super) watched: bool,
    /// The files that were made in this process, in the order in which they were made.
    pub(super) paths: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// There is no file. The first append opens one. A forked child is in this state too.
    Detached,
    /// Open.
    Running,
    /// The user closed it. Unlike in `Detached`, some callers must reopen it explicitly.
    Closed,
}

/// A position in the records that were appended to a writer.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    pub(super) session: u64,
    /// The number of bytes that this session accepted before it.
    pub(super) accepted: u64,
}

impl Shared {
    pub(super) fn new(options: Options) -> Shared {
        // Files are opened again later, when the working directory may be different.
        let directory = std::path::absolute(&options.log_dir);
        let state = State {
            pending: Queue::default(),
            encoding: 0,
            attention: 0,
            status: Status::Detached,
            session: 0,
            opened_at: 0.0,
            idle: false,
            wanted: false,
            closing: false,
            last_attempts: 0,
            ticket: None,
            unserved: false,
            output: Some(Box::default()),
            taken: 0,
            written: 0,
            started: 0,
            finished: 0,
            outage: Outage::default(),
            elsewhere: None,
            rung: false,
            dropped: 0,
            path: None,
            directory: directory.unwrap_or_else(|_| options.log_dir.clone()),
            rolling: false,
            second: 0,
            watched: false,
            paths: Vec::new(),
        };
        Shared {
            options,
            state: Mutex::new(state),
            progress: Condvar::new(),
            place: AtomicU64::new(0),
        }
    }

    #[inline(always)]
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next turn to end. Returns without the lock at the deadline.
    pub(super) fn wait<'a>(
        &self,
        guard: MutexGuard<'a, State>,
        deadline: Instant,
    ) -> Option<MutexGuard<'a, State>> {
        let left =
            deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        let (guard, _) =
            self.progress.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner);
        Some(guard)
    }

    /// Whether a file is open, or about to be.
    pub(super) fn is_running(&self) -> bool {
        self.lock().status == Status::Running
    }
}

impl State {
    /// The end of what is accepted by now.
    pub(super) fn mark(&self) -> Mark {
        Mark { session: self.session, accepted: self.taken + self.pending.records.len() as u64 }
    }

    pub(super) fn has_room(&self) -> bool {
        self.pending.size() + self.encoding < FULL
    }

    pub(super) fn set_status(&mut self, status: Status) {
        self.status = status;
        self.refresh();
    }

    /// Computes `attention` from the rest of the state.
    pub(super) fn refresh(&mut self) {
        let needs_a_look = self.status != Status::Running
            || self.idle
            || self.closing
            || self.unserved
            || self.outage.is_unreported()
            || self.rung
            || self.watched
            || EXITING.load(Ordering::Relaxed);
        let limit = if needs_a_look {
            0
        } else if self.wanted || self.outage.failing().is_some() {
            FULL
        } else {
            WAKE
        };
        self.attention = limit.saturating_sub(self.pending.held + self.encoding);
    }

    /// A failure in the background that was not reported yet, of this writer or `elsewhere`. It
    /// becomes the error of this call, or its warning.
    pub(super) fn take_unreported(&mut self, on_error: OnError) -> Result<Option<Error>> {
        if let Some(own) = self.take_own(on_error)? {
            return Ok(Some(own));
        }
        let elsewhere = if mem::take(&mut self.rung) { self.elsewhere.as_ref() } else { None };
        let failure = elsewhere
            .and_then(|outage| outage.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.refresh();
        told(failure, on_error)
    }

    /// A failure of this writer that was not reported yet. A caller that flushes or closes reports
    /// those of `elsewhere` after it has tried there.
    pub(super) fn take_own(&mut self, on_error: OnError) -> Result<Option<Error>> {
        let failure = self.outage.take();
        self.refresh();
        told(failure, on_error)
    }

    /// Notes that an attempt to write failed.
    pub(super) fn failed(&mut self, failure: Failure, on_error: OnError) {
        self.outage.report(failure, on_error);
        self.refresh();
    }

    /// Forgets inherited events in a forked child, since the parent writes them. The first event of
    /// the child opens a file of its own.
    #[cfg(unix)]
    pub(super) fn forked(&mut self) {
        self.pending.clear();
        self.encoding = 0;
        self.path = None;
        self.output = Some(Box::default());
        self.ticket = None;
        self.unserved = false;
        self.taken = 0;
        self.written = 0;
        self.finished = self.started;
        self.dropped = 0;
        self.idle = false;
        self.closing = false;
        self.outage.clear();
        self.elsewhere = None;
        self.rung = false;
        self.rolling = false;
        self.paths.clear();
        if self.status == Status::Running {
            self.status = Status::Detached;
        }
        self.refresh();
    }
}

/// Makes a failure the error of a call, or its warning.
fn told(failure: Option<Failure>, on_error: OnError) -> Result<Option<Error>> {
    match (failure.map(Error::from), on_error) {
        (Some(error), OnError::Raise) => Err(error),
        (failure, _) => Ok(failure),
    }
}

/// When `patience` ends. If it is too long for the clock, this is far in the future.
pub(super) fn deadline(patience: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    Instant::now() + patience.min(NEVER)
}
