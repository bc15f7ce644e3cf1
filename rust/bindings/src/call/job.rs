//! Work that may wait for a file, where Ctrl-C ends the wait.
//!
//! A system call can't be ended if a pipe or a file system does not answer. So the main thread,
//! which handles signals, gives the work to a helper thread and checks for signals while it waits.
//! Other threads have no signals to handle, so they do their work themselves.

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

use crate::call::names::{self, of};

/// How long to wait before checking for Ctrl-C.
const SLICE: Duration = Duration::from_millis(50);

/// How long a helper waits for more work.
const LINGER: Duration = Duration::from_millis(20);

/// The greatest number of helpers that may hang in system calls after their callers were
/// interrupted.
const MOST_HELPERS: usize = 64;

/// Some work, which is in progress or done.
pub struct Job<T> {
    work: Mutex<Option<Box<dyn FnOnce() -> T + Send>>>,
    result: Mutex<Option<thread::Result<T>>>,
    done: Condvar,
    is_done: AtomicBool,
    token: Token,
    /// The process in which it began.
    fork: u64,
}

impl<T: Send + 'static> Job<T> {
    /// Work that did not begin yet.
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

    /// Gives the work to a helper if this thread handles signals. Otherwise does the work here.
    pub fn begin(self: &Arc<Job<T>>, py: Python<'_>) -> PyResult<()> {
        let job = Arc::clone(self);
        let work: Work = Box::new(move |state| job.run(|| state.store(IDLE, Ordering::Release)));
        if !handles_signals(py)? || !give(py, work)? {
            py.detach(|| self.run(|| ()));
        }
        Ok(())
    }

    /// Does the work, and calls `rest` before it is marked as done.
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

    /// Waits until the work is done or given up. An exception of a signal handler ends the wait,
    /// but not the work.
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
        // The loop checks the result again, so the return value does not matter.
        let _ = self.done.wait_timeout_while(result, SLICE, |result| result.is_none());
    }

    /// Fails in a child that was forked meanwhile, since the helper is not in the child.
    fn check_fork(&self) -> PyResult<()> {
        if self.fork == forks::count() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "another thread was reading this when the process was forked; open it anew",
        ))
    }

    /// The result, once the work is done. It can be taken once.
    pub fn take(&self) -> Option<T> {
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner).take();
        result.map(|result| result.unwrap_or_else(|panic| resume_unwind(panic)))
    }

    /// Makes the work end early, since no caller waits for it any more.
    pub fn cancel(&self) {
        self.token.cancel();
    }
}

/// Does some work. If a signal handler raises an exception, the result is dropped.
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
    // In a child, the main thread is the one that forked.
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

/// Work that marks its helper as idle when it is done, so that the helper can get more.
type Work = Box<dyn FnOnce(&AtomicU8) + Send>;

/// A thread that waits for work for a short time.
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
                    // Work was assigned meanwhile, and will arrive.
                    Err(RecvTimeoutError::Timeout) if !becomes(&own, ENDED) => {}
                    Err(RecvTimeoutError::Timeout) => break,
                }
            }
        };
        let thread = thread::Builder::new().name("tfevents-helper".into()).spawn(serve)?;
        Ok(Helper { work, state, thread })
    }
}

/// Changes the state of an idle helper. False if it is not idle.
fn becomes(helper: &AtomicU8, state: u8) -> bool {
    helper.compare_exchange(IDLE, state, Ordering::AcqRel, Ordering::Acquire).is_ok()
}

/// The helpers, and the process in which they were started.
struct Helpers {
    fork: u64,
    all: Vec<Helper>,
}

// Only the main thread locks it, for a short time.
static HELPERS: Mutex<Helpers> = Mutex::new(Helpers { fork: 0, all: Vec::new() });

/// Gives work to a helper. False if no more threads can be started.
fn give(py: Python<'_>, work: Work) -> PyResult<bool> {
    static IS_REGISTERED: AtomicBool = AtomicBool::new(false);
    if !IS_REGISTERED.swap(true, Ordering::Relaxed) {
        let before = [("before", wrap_pyfunction!(end_helpers, py)?)].into_py_dict(py)?;
        // Systems without fork do not have this function.
        let _ = names::REGISTER_AT_FORK.get(py).and_then(|it| it.call((), Some(&before)));
    }
    let mut helpers = HELPERS.lock().unwrap_or_else(PoisonError::into_inner);
    if helpers.fork != forks::count() {
        // They belong to the parent, and so does their memory.
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

/// Ends idle helpers, since Python warns about a fork in a process with threads.
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
            // An idle helper ends at once.
            let _ = thread.join();
        }
    });
}
