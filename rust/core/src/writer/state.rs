//! What the callers of a writer and its thread share.

use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::failure::{Failure, Outage};
use super::options::{OnError, Options, Report};
use super::queue::Queue;
use super::{now, sys, thread};
use crate::error::{Error, ErrorKind, Result};

/// As many bytes waiting and the thread is woken before its time. Fits a core's second cache.
const WAKE: usize = 256 << 10;
/// As many bytes waiting and callers wait too. One event more always fits.
const FULL: usize = 64 << 20;

/// Set once the process is about to end.
pub(super) static EXITING: AtomicBool = AtomicBool::new(false);

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: Options,
    state: Mutex<State>,
    /// The thread waits for it: there is something to write, or to write at once.
    pub(super) work: Condvar,
    /// Callers wait for it: an attempt to write ended.
    pub(super) progress: Condvar,
}

#[derive(Debug)]
pub(super) struct State {
    /// What was accepted and not yet taken by the thread.
    pub(super) pending: Queue,
    /// Bytes that deferred records hold which the thread has taken and not yet encoded.
    pub(super) encoding: usize,
    /// While the records of `pending` are shorter, an append needs to look at nothing else.
    pub(super) attention: usize,
    pub(super) status: Status,
    /// Counts the threads there were, so that one who waits for the end of a thread sees it.
    pub(super) thread: u64,
    /// The thread sleeps until the first event comes.
    pub(super) idle: bool,
    /// The thread is to write at once.
    pub(super) wanted: bool,
    /// The thread is to end.
    pub(super) closing: bool,
    /// Bytes of pending records that the thread has taken, and has written.
    pub(super) taken: u64,
    pub(super) written: u64,
    /// Attempts to write that the thread began, and ended.
    pub(super) started: u64,
    pub(super) finished: u64,
    /// What fails here.
    pub(super) outage: Outage,
    /// What fails for this writer among others.
    pub(super) elsewhere: Option<Arc<Mutex<Outage>>>,
    /// There may be something to tell of `elsewhere`.
    pub(super) rung: bool,
    pub(super) dropped: u64,
    pub(super) file: Option<OpenFile>,
    /// Where the next file is made.
    pub(super) directory: PathBuf,
    /// Somebody called [`Control::ring`](super::Control::ring).
    pub(super) called: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// No thread and no file; the first append starts them. Also after a fork, in the child.
    Detached,
    /// The thread runs.
    Running,
    /// The user closed it. Like `Detached`, but some callers must ask for it to be opened again.
    Closed,
}

/// A point in what was appended to a writer.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    thread: u64,
    /// Bytes that were accepted for this thread before.
    accepted: u64,
}

/// The thread's file, as far as others need to know it.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) path: PathBuf,
    /// For a forked child to close its copy.
    pub(super) descriptor: sys::Descriptor,
}

impl Shared {
    pub(super) fn new(options: Options) -> Shared {
        let state = State {
            pending: Queue::default(),
            encoding: 0,
            attention: 0,
            status: Status::Detached,
            thread: 0,
            idle: false,
            wanted: false,
            closing: false,
            taken: 0,
            written: 0,
            started: 0,
            finished: 0,
            outage: Outage::default(),
            elsewhere: None,
            rung: false,
            dropped: 0,
            file: None,
            directory: options.log_dir.clone(),
            called: false,
        };
        Shared { options, state: Mutex::new(state), work: Condvar::new(), progress: Condvar::new() }
    }

    #[inline(always)]
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the thread's next attempt to end; gives the lock up for good at the deadline.
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

    /// Starts the thread where none runs; true if it did. The thread opens the file.
    pub(super) fn start_thread(
        self: &Arc<Shared>,
        state: &mut State,
        reopen: bool,
    ) -> Result<bool> {
        match state.status {
            Status::Running => return Ok(false),
            Status::Closed if !reopen => return Err(Error::new(ErrorKind::Closed)),
            Status::Closed | Status::Detached => {}
        }
        let (shared, opened_at) = (Arc::clone(self), now());
        std::thread::Builder::new()
            .name("tfevents-writer".into())
            .stack_size(1 << 20)
            .spawn(move || thread::run(&shared, opened_at))
            .map_err(|error| Error::io(error, &self.options.log_dir))?;
        state.thread += 1;
        state.wanted = true;
        state.closing = false;
        state.outage.recover();
        state.set_status(Status::Running);
        Ok(true)
    }

    /// Has the thread write what waits, before its time if need be.
    pub(super) fn write_now(&self, state: &mut State) {
        state.wanted = true;
        state.idle = false;
        state.refresh();
        self.work.notify_one();
    }

    /// Lets the thread know of an append that needed a look.
    pub(super) fn appended(&self, state: &mut State) {
        if state.idle || state.pending.size() >= WAKE {
            state.wanted |= state.pending.size() >= WAKE && state.outage.failing().is_none();
            state.idle = false;
            self.work.notify_one();
        }
        state.refresh();
    }

    /// Whether the thread runs.
    pub(super) fn is_running(&self) -> bool {
        self.lock().status == Status::Running
    }

    /// Writes what was accepted, ends the thread and closes the file.
    pub(super) fn close(&self, patience: Duration) -> Result<Report> {
        let deadline = deadline(patience);
        let mut state = self.lock();
        let thread = state.thread;
        if state.status == Status::Detached {
            state.set_status(Status::Closed);
        }
        if state.status == Status::Running {
            state.closing = true;
            self.write_now(&mut state);
        }
        while state.status == Status::Running && state.thread == thread {
            match self.wait(state, deadline) {
                Some(guard) => state = guard,
                None => return Ok(Report::default()),
            }
        }
        let warning = state.take_unreported(self.options.on_error)?;
        Ok(Report { warning, ..Report::done() })
    }

    /// Waits until all that was accepted before is written to the operating system.
    pub(super) fn flush(&self, mark: Mark, patience: Duration) -> Result<Report> {
        let deadline = deadline(patience);
        let mut state = self.lock();
        let attempt = state.started + 1;
        let done = |state: &State| {
            state.status != Status::Running
                || state.thread != mark.thread
                || (state.written >= mark.accepted && state.file.is_some())
        };
        while !done(&state) && (state.finished < attempt || state.outage.failing().is_none()) {
            // Again after each attempt: one that succeeds after others failed wrote no more than
            // what they were to write.
            self.write_now(&mut state);
            match self.wait(state, deadline) {
                Some(guard) => state = guard,
                None => return Ok(Report::default()),
            }
        }
        if let (OnError::Raise, false, Some(failure)) =
            (self.options.on_error, done(&state), state.outage.failing())
        {
            let failure = failure.clone();
            state.outage.forget();
            state.refresh();
            return Err(failure.into());
        }
        let warning = state.take_unreported(self.options.on_error)?;
        Ok(Report { warning, ..Report::done() })
    }
}

impl State {
    /// What is accepted by now.
    pub(super) fn mark(&self) -> Mark {
        Mark { thread: self.thread, accepted: self.taken + self.pending.records.len() as u64 }
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
            || self.outage.is_unreported()
            || self.rung
            || self.called
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

    /// A failure of the background that no caller has heard of: the error of this call, or its
    /// warning.
    pub(super) fn take_unreported(&mut self, on_error: OnError) -> Result<Option<Error>> {
        let mut failure = self.outage.take();
        if failure.is_none() && mem::take(&mut self.rung) {
            failure = self
                .elsewhere
                .as_ref()
                .and_then(|outage| outage.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
        self.refresh();
        match (failure.map(Error::from), on_error) {
            (Some(error), OnError::Raise) => Err(error),
            (failure, _) => Ok(failure),
        }
    }

    /// Notes that an attempt to write failed.
    pub(super) fn failed(&mut self, failure: Failure, on_error: OnError) {
        self.outage.report(failure, on_error);
        self.refresh();
    }

    /// What a forked child inherits is its parent's to write. Its own file comes with its first
    /// event.
    pub(super) fn forked(&mut self) {
        self.pending.clear();
        self.encoding = 0;
        if let Some(file) = self.file.take() {
            sys::close_inherited(file.descriptor);
        }
        self.taken = 0;
        self.written = 0;
        self.finished = self.started;
        self.dropped = 0;
        self.idle = false;
        self.closing = false;
        self.outage.clear();
        self.elsewhere = None;
        self.rung = false;
        self.called = false;
        if self.status == Status::Running {
            self.status = Status::Detached;
        }
        self.refresh();
    }
}

/// When `patience` ends, or as good as never where it is longer than the clock counts.
pub(super) fn deadline(patience: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    Instant::now() + patience.min(NEVER)
}
