//! The calls of a writer's users: open, append, flush, close.

use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use super::options::{OnError, Options, Report};
use super::queue::Queue;
use super::state::{self, Mark, Shared, State, Status, WAKE};
use super::{pool, turn};
use crate::error::{Error, ErrorKind, Result};
use crate::record;
use crate::sys;

/// See [`Writer::append`](super::Writer::append).
pub(super) fn enqueue(
    shared: &Arc<Shared>,
    add: impl FnOnce(&mut Queue),
    reopen: bool,
    patience: Duration,
) -> Result<Report> {
    let Options { on_error, .. } = shared.options;
    let deadline = state::deadline(patience);
    let mut state = shared.lock();
    let mut report = Report::done();
    loop {
        // An event after a `close` waits for the end of the close, and goes to a new file.
        if !state.closing {
            report.opened |= start(shared, &mut state, reopen)?;
            if on_error == OnError::Raise {
                state.take_unreported(on_error)?;
            }
            if state.has_room() {
                break;
            }
            if let Some(failure) = state.outage.failing().cloned() {
                if on_error == OnError::Raise {
                    return Err(failure.into());
                }
                let mut lost = Queue::default();
                add(&mut lost);
                state.dropped += record::count(&lost.records);
                return Ok(report);
            }
        }
        match wait(shared, state, deadline) {
            Some(guard) => state = guard,
            None => return Ok(Report { done: false, ..report }),
        }
    }
    add(&mut state.pending);
    let is_much = state.pending.size() >= WAKE;
    if is_much && state.outage.failing().is_none() {
        write_now(shared, &mut state);
    } else if state.idle || state.unserved {
        state.idle = false;
        turn::schedule(shared, &mut state, state::deadline(shared.options.linger));
    }
    state.refresh();
    report.unserved = state.unserved;
    Ok(report)
}

/// See [`Writer::open`](super::Writer::open).
pub(super) fn open(shared: &Arc<Shared>, patience: Duration) -> Result<Report> {
    let deadline = state::deadline(patience);
    let mut state = shared.lock();
    while state.closing {
        match wait(shared, state, deadline) {
            Some(guard) => state = guard,
            None => return Ok(Report::default()),
        }
    }
    let opened = start(shared, &mut state, true)?;
    if state.path.is_some() {
        return Ok(Report::done());
    }
    let mark = state.mark();
    drop(state);
    Ok(Report { opened, ..flush(shared, mark, patience)? })
}

/// See [`Writer::flush_to`](super::Writer::flush_to).
pub(super) fn flush(shared: &Arc<Shared>, mark: Mark, patience: Duration) -> Result<Report> {
    let Options { on_error, .. } = shared.options;
    let deadline = state::deadline(patience);
    let mut state = shared.lock();
    let attempt = state.started + 1;
    let done = |state: &State| {
        state.status != Status::Running
            || state.session != mark.session
            || (state.written >= mark.accepted && state.path.is_some())
    };
    while !done(&state) && (state.finished < attempt || state.outage.failing().is_none()) {
        // This is repeated after each attempt. An attempt that succeeds after failures wrote only
        // what those attempts had taken.
        write_now(shared, &mut state);
        match wait(shared, state, deadline) {
            Some(guard) => state = guard,
            None => return Ok(Report::default()),
        }
    }
    if let (OnError::Raise, false, Some(failure)) = (on_error, done(&state), state.outage.failing())
    {
        let failure = failure.clone();
        state.outage.forget();
        state.refresh();
        return Err(failure.into());
    }
    let warning = state.take_own(on_error)?;
    Ok(Report { warning, ..Report::done() })
}

/// See [`Writer::close`](super::Writer::close).
pub(super) fn close(shared: &Arc<Shared>, patience: Duration) -> Result<Report> {
    let deadline = state::deadline(patience);
    let mut state = shared.lock();
    let session = state.session;
    if state.status == Status::Detached {
        state.set_status(Status::Closed);
    }
    if state.status == Status::Running {
        state.closing = true;
        write_now(shared, &mut state);
    }
    while state.status == Status::Running && state.session == session {
        match wait(shared, state, deadline) {
            Some(guard) => state = guard,
            None => return Ok(Report::default()),
        }
    }
    let warning = state.take_own(shared.options.on_error)?;
    Ok(Report { warning, ..Report::done() })
}

/// See [`Control::roll`](super::Control::roll).
pub(super) fn roll(shared: &Arc<Shared>, patience: Duration) {
    let deadline = state::deadline(patience);
    let mut state = shared.lock();
    if state.status != Status::Running || state.path.is_none() {
        return;
    }
    state.rolling = true;
    let underway = state.started;
    while state.finished < underway {
        match wait(shared, state, deadline) {
            Some(guard) => state = guard,
            None => return,
        }
    }
}

/// Begins a session if there is none. True if it did. The first turn of a session opens the file.
fn start(shared: &Arc<Shared>, state: &mut State, reopen: bool) -> Result<bool> {
    match state.status {
        Status::Running => return Ok(false),
        Status::Closed if !reopen => return Err(Error::new(ErrorKind::Closed)),
        Status::Closed | Status::Detached => {}
    }
    pool::enter();
    state.session += 1;
    state.opened_at = sys::now();
    state.closing = false;
    state.last_attempts = 0;
    state.outage.recover();
    state.set_status(Status::Running);
    write_now(shared, state);
    Ok(true)
}

/// Makes the waiting events be written at once.
pub(super) fn write_now(shared: &Arc<Shared>, state: &mut State) {
    state.wanted = true;
    state.idle = false;
    turn::schedule(shared, state, Instant::now());
    state.refresh();
}

/// Waits for the next turn to end, or takes it itself. Returns without the lock at the deadline.
fn wait<'a>(
    shared: &'a Arc<Shared>,
    state: MutexGuard<'a, State>,
    deadline: Instant,
) -> Option<MutexGuard<'a, State>> {
    if state.unserved && state.output.is_some() && Instant::now() < deadline {
        drop(state);
        turn::take(shared);
        return Some(shared.lock());
    }
    shared.wait(state, deadline)
}
