//! Work that may wait for a file, done so that Ctrl-C ends the wait.
//!
//! A system call that a pipe or a file system doesn't answer can't be left, but it can be left
//! alone: on the main thread, which is the one that handles signals, a helper does the work, and
//! the caller looks for signals while it waits. Other threads have none to look for, and do their
//! work themselves.

#![allow(unsafe_code)]

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::ffi::PyThread_get_thread_ident;
use pyo3::prelude::*;
use pyo3::types::IntoPyDict;
use tfevents::cancel::Token;
use tfevents::forks;

use crate::names::{self, of};

/// How long to wait before looking for Ctrl-C.
const SLICE: Duration = Duration::from_millis(50);

/// How long a helper waits for more work.
const LINGER: Duration = Duration::from_millis(20);

/// As many helpers may wait at once for what doesn't answer, after their callers were interrupted.
const MOST_HELPERS: usize = 64;

/// Some work, under way or done.
pub struct Job<T> {
    work: Mutex<Option<Box<dyn FnOnce() -> T + Send>>>,
    result: Mutex<Option<thread::Result<T>>>,
    done: Condvar,
    is_done: AtomicBool,
    token: Token,
    /// The process that it was begun in.
    fork: u64,
}

impl<T: Send + 'static> Job<T> {
    /// Work that is to be begun.
    pub fn new(work: impl FnOnce() -> T + Send + 'static) -> Arc<Job<T>> {
        Arc::new(Job {
            work: Mutex::new(Some(Box::new(work))),
            result: Mutex::new(None),
            done: Condvar::new(),
            is_done: AtomicBool::new(false),
            token: Token::default(),
            fork: forks::count(),
        })
    }

    /// Begins it, on a helper where the caller has signals to look for; else does it.
    pub fn begin(self: &Arc<Job<T>>, py: Python<'_>) -> PyResult<()> {
        let job = Arc::clone(self);
        let work: Work = Box::new(move |state| job.run(|| state.store(IDLE, Ordering::Release)));
        if !handles_signals(py)? || !give(py, work)? {
            py.detach(|| self.run(|| ()));
        }
        Ok(())
    }

    /// Does it, and calls `rest` before it is known to be done.
    fn run(&self, rest: impl FnOnce()) {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(work) = work else { return };
        let result = catch_unwind(AssertUnwindSafe(|| self.token.clone().run(work)));
        rest();
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        self.is_done.store(true, Ordering::Release);
        self.done.notify_all();
    }

    pub fn is_done(&self) -> bool {
        self.is_done.load(Ordering::Acquire)
    }

    /// Waits until it is done or given up. What a signal's handler raises ends the wait, not the
    /// work.
    pub fn wait(&self, py: Python<'_>) -> PyResult<()> {
        while !self.is_done() && !self.token.is_cancelled() {
            self.check_fork()?;
            py.detach(|| self.wait_a_while());
            py.check_signals()?;
        }
        Ok(())
    }

    fn wait_a_while(&self) {
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        // What it says is looked at again.
        let _ = self.done.wait_timeout_while(result, SLICE, |result| result.is_none());
    }

    /// Fails in a child that was forked meanwhile: the thread that does it is not there.
    fn check_fork(&self) -> PyResult<()> {
        if self.fork == forks::count() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "another thread was reading this when the process was forked; open it anew",
        ))
    }

    /// What came of it, once it is done; to be taken once.
    pub fn take(&self) -> Option<T> {
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner).take();
        result.map(|result| result.unwrap_or_else(|panic| resume_unwind(panic)))
    }

    /// Has it end early: no caller waits for it any more.
    pub fn cancel(&self) {
        self.token.cancel();
    }
}

/// Does some work, whose result is dropped where a signal's handler raises.
pub fn run<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> PyResult<T> {
    let job = Job::new(work);
    job.begin(py)?;
    job.wait(py).inspect_err(|_| job.cancel())?;
    job.take().ok_or_else(|| PyRuntimeError::new_err("the work was done twice"))
}

/// Whether this is Python's main thread.
fn handles_signals(py: Python<'_>) -> PyResult<bool> {
    static MAIN: AtomicU64 = AtomicU64::new(0);
    static FORK: AtomicU64 = AtomicU64::new(u64::MAX);
    // In a child that is the thread that forked.
    if FORK.load(Ordering::Acquire) != forks::count() {
        let main = names::MAIN_THREAD.call(py, ())?.getattr(of::ident(py))?;
        MAIN.store(main.extract::<Option<u64>>()?.unwrap_or(0), Ordering::Relaxed);
        FORK.store(forks::count(), Ordering::Release);
    }
    // SAFETY: it may be called at any time.
    let this = unsafe { PyThread_get_thread_ident() };
    #[allow(clippy::useless_conversion)] // On other systems there are fewer bits.
    Ok(MAIN.load(Ordering::Relaxed) == u64::from(this))
}

/// Work that says itself when it is done, so that its helper can be given more.
type Work = Box<dyn FnOnce(&AtomicU8) + Send>;

/// A thread that waits for work, for a while.
struct Helper {
    work: Sender<Work>,
    state: Arc<AtomicU8>,
    thread: JoinHandle<()>,
}

const IDLE: u8 = 0;
const BUSY: u8 = 1;
const ENDED: u8 = 2;

impl Helper {
    fn start() -> io::Result<Helper> {
        let (work, jobs) = channel::<Work>();
        let state = Arc::new(AtomicU8::new(IDLE));
        let own = Arc::clone(&state);
        let serve = move || {
            loop {
                match jobs.recv_timeout(LINGER) {
                    Ok(job) => job(&own),
                    Err(RecvTimeoutError::Disconnected) => break,
                    // What it was promised meanwhile comes.
                    Err(RecvTimeoutError::Timeout) if !becomes(&own, ENDED) => {}
                    Err(RecvTimeoutError::Timeout) => break,
                }
            }
        };
        let thread = thread::Builder::new().name("tfevents-helper".into()).spawn(serve)?;
        Ok(Helper { work, state, thread })
    }
}

/// Makes one that is idle something else; false where it isn't idle.
fn becomes(helper: &AtomicU8, state: u8) -> bool {
    helper.compare_exchange(IDLE, state, Ordering::AcqRel, Ordering::Acquire).is_ok()
}

/// The helpers of this process, and which one it was when they were started.
struct Helpers {
    fork: u64,
    all: Vec<Helper>,
}

// Only the main thread takes it, and keeps it for a moment.
static HELPERS: Mutex<Helpers> = Mutex::new(Helpers { fork: 0, all: Vec::new() });

/// Has a helper do this; false where there can be no more threads.
fn give(py: Python<'_>, work: Work) -> PyResult<bool> {
    static IS_REGISTERED: AtomicBool = AtomicBool::new(false);
    if !IS_REGISTERED.swap(true, Ordering::Relaxed) {
        let before = [("before", wrap_pyfunction!(end_helpers, py)?)].into_py_dict(py)?;
        // Where there is no fork there is no such function.
        let _ = names::REGISTER_AT_FORK.get(py).and_then(|it| it.call((), Some(&before)));
    }
    let mut helpers = HELPERS.lock().unwrap_or_else(PoisonError::into_inner);
    if helpers.fork != forks::count() {
        // They are the parent's, with all that they hold.
        std::mem::forget(std::mem::take(&mut helpers.all));
        helpers.fork = forks::count();
    }
    helpers.all.retain(|helper| helper.state.load(Ordering::Acquire) != ENDED);
    if let Some(helper) = helpers.all.iter().find(|helper| becomes(&helper.state, BUSY)) {
        return Ok(helper.work.send(work).is_ok());
    }
    if helpers.all.len() >= MOST_HELPERS {
        return Err(PyOSError::new_err(format!(
            "{MOST_HELPERS} calls that were interrupted still wait for a file system to answer"
        )));
    }
    let Ok(helper) = Helper::start() else { return Ok(false) };
    let is_given = becomes(&helper.state, BUSY) && helper.work.send(work).is_ok();
    helpers.all.push(helper);
    Ok(is_given)
}

/// Ends the helpers that have nothing to do: Python warns of a fork where there are threads.
#[pyfunction]
fn end_helpers(py: Python<'_>) {
    let ended: Vec<Helper> = {
        let mut helpers = HELPERS.lock().unwrap_or_else(PoisonError::into_inner);
        if helpers.fork != forks::count() {
            return;
        }
        let has_ended = |helper: &mut Helper| {
            becomes(&helper.state, ENDED) || helper.state.load(Ordering::Acquire) == ENDED
        };
        helpers.all.extract_if(.., has_ended).collect()
    };
    py.detach(|| {
        for Helper { work, thread, .. } in ended {
            drop(work);
            // It ends at once, having nothing to do.
            let _ = thread.join();
        }
    });
}
