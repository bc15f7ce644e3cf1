//! What the callers of a writer and the threads share.

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

/// As many bytes waiting and they are written before their time. Fits a core's second cache.
pub(super) const WAKE: usize = 256 << 10;
/// As many bytes waiting and callers wait too. One event more always fits.
const FULL: usize = 64 << 20;

/// Set once the process is about to end.
pub(super) static EXITING: AtomicBool = AtomicBool::new(false);

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: Options,
    state: Mutex<State>,
    /// Callers wait for it: a turn ended.
    pub(super) progress: Condvar,
    /// The file system of the file, 0 until it is known.
    pub(super) place: AtomicU64,
}

#[derive(Debug)]
pub(super) struct State {
    /// What was accepted and not yet taken by a turn.
    pub(super) pending: Queue,
    /// Bytes that deferred records hold which a turn has taken and not yet encoded.
    pub(super) encoding: usize,
    /// While the records of `pending` are shorter, an append needs to look at nothing else.
    pub(super) attention: usize,
    pub(super) status: Status,
    /// Counts how often the writer was opened, so that one who waits for its end sees it.
    pub(super) session: u64,
    /// Since when it is open, in seconds since the epoch.
    pub(super) opened_at: f64,
    /// No turn is to come until the next event comes.
    pub(super) idle: bool,
    /// The next turn is to come at once.
    pub(super) wanted: bool,
    /// The next turn is to be the last.
    pub(super) closing: bool,
    /// Turns that were to be the last.
    pub(super) last_attempts: u32,
    /// The next turn.
    pub(super) ticket: Option<Ticket>,
    /// There is no thread for the next turn: who waits for it takes it.
    pub(super) unserved: bool,
    /// What turns leave to the next one. None during one.
    pub(super) output: Option<Box<Output>>,
    /// Bytes of pending records that turns have taken, and have written.
    pub(super) taken: u64,
    pub(super) written: u64,
    /// Turns that began, and ended.
    pub(super) started: u64,
    pub(super) finished: u64,
    /// What fails here.
    pub(super) outage: Outage,
    /// What fails for this writer among others.
    pub(super) elsewhere: Option<Arc<Mutex<Outage>>>,
    /// There may be something to tell of `elsewhere`.
    pub(super) rung: bool,
    pub(super) dropped: u64,
    /// The file that is written.
    pub(super) path: Option<PathBuf>,
    /// Where the next file is made.
    pub(super) directory: PathBuf,
    /// The next event goes to another file.
    pub(super) rolling: bool,
    /// The second that the name of the last file tells.
    pub(super) second: u64,
    /// Somebody looks at what is appended: see [`Writer::watch`](super::Writer::watch).
    pub(super) watched: bool,
    /// The files that were made in this process, in their order.
    pub(super) paths: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// No file; the first append opens it. Also after a fork, in the child.
    Detached,
    /// Open.
    Running,
    /// The user closed it. Like `Detached`, but some callers must ask for it to be opened again.
    Closed,
}

/// A point in what was appended to a writer.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    pub(super) session: u64,
    /// Bytes that were accepted in this session before.
    pub(super) accepted: u64,
}

impl Shared {
    pub(super) fn new(options: Options) -> Shared {
        // Files are opened again later, when the working directory may be another one.
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
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next turn to end; gives the lock up for good at the deadline.
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
    /// What is accepted by now.
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

    /// Sets `attention` to what the rest of the state asks for.
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

    /// A failure of the background that no caller has heard of, here or elsewhere: the error of this
    /// call, or its warning.
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

    /// A failure here that no caller has heard of. Who flushes or closes tells of those elsewhere
    /// once it has tried there.
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

    /// What a forked child inherits is its parent's to write. Its own file comes with its first
    /// event.
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

/// A failure as the error of a call, or as its warning.
fn told(failure: Option<Failure>, on_error: OnError) -> Result<Option<Error>> {
    match (failure.map(Error::from), on_error) {
        (Some(error), OnError::Raise) => Err(error),
        (failure, _) => Ok(failure),
    }
}

/// When `patience` ends, or as good as never where it is longer than the clock counts.
pub(super) fn deadline(patience: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    Instant::now() + patience.min(NEVER)
}
