//! A turn of a writer: a thread takes the records that callers appended, and writes them.

use std::mem;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::output::Output;
use super::pool::{self, Job};
use super::state::{self, Shared, State, Status};
use crate::record;

/// How long to wait after a failure before the next attempt.
const RETRY: Duration = Duration::from_millis(100);
/// A `close` gives up after this many failures in a row, so that a single failure loses nothing.
const LAST_ATTEMPTS: u32 = 3;

impl Job for Shared {
    fn run(self: Arc<Self>) {
        take(&self);
    }

    fn place(&self) -> u64 {
        self.place.load(Ordering::Relaxed)
    }
}

/// Plans the next turn for this time, unless it is planned for an earlier time.
pub(super) fn schedule(shared: &Arc<Shared>, state: &mut State, due: Instant) {
    // A turn in progress checks the state when it ends.
    let underway = state.output.is_none();
    if underway || state.ticket.is_some_and(|ticket| ticket.due <= due) {
        return;
    }
    let scheduled = pool::schedule(state.ticket, due, Arc::clone(shared) as Arc<dyn Job>);
    state.unserved = scheduled.is_err();
    state.ticket = scheduled.ok();
    state.refresh();
}

/// Takes a turn, unless one is in progress. A turn is one attempt to write what waits.
pub(super) fn take(shared: &Arc<Shared>) {
    let options = &shared.options;
    let mut state = shared.lock();
    if state.status != Status::Running {
        return;
    }
    let Some(mut output) = state.output.take() else { return };
    state.ticket = None;
    state.unserved = false;
    // `wanted` stays set while the backlog is written, since callers wait for its end.
    state.wanted &= output.has_backlog() && state.outage.failing().is_none();
    let taken = state.pending.records.len();
    let held = output.take(&mut state.pending);
    state.taken += (taken - state.pending.records.len()) as u64;
    state.encoding += held;
    state.started += 1;
    state.idle = false;
    state.refresh();
    let closing = state.closing;
    output.follow(mem::take(&mut state.rolling), state.second);
    let (directory, opened_at) = (state.directory.clone(), state.opened_at);
    drop(state);

    encode(shared, &mut output);
    let attempt = output.write(&directory, options, opened_at);
    shared.place.store(output.device(), Ordering::Relaxed);

    let mut state = shared.lock();
    state.finished += 1;
    state.second = output.second();
    if state.path.as_deref() != output.path() {
        state.path = output.path().map(Path::to_path_buf);
        let path = state.path.clone();
        state.paths.extend(path);
    }
    match attempt {
        Ok(()) => {
            state.written += output.wrote() as u64;
            state.outage.recover();
            state.refresh();
        }
        Err(failure) => state.failed(failure, options.on_error),
    }
    let fails = state.outage.failing().is_some();
    let rest = output.has_backlog() || !state.pending.is_empty();
    state.last_attempts = if closing && fails { state.last_attempts + 1 } else { 0 };
    // If the file was removed, another attempt may succeed with a new file.
    let gives_up = fails && !output.lost_file() && state.last_attempts >= LAST_ATTEMPTS;
    if closing && (gives_up || !fails && !rest) {
        drop(state);
        end(shared, *output);
    } else {
        state.output = Some(output);
        go_on(shared, &mut state);
        drop(state);
    }
    shared.progress.notify_all();
}

/// Encodes records for the next batch.
fn encode(shared: &Shared, output: &mut Output) {
    while let Some(advance) = output.advance() {
        let mut state = shared.lock();
        state.encoding -= advance.freed;
        if let Err(error) = advance.result {
            state.dropped += 1;
            state.outage.tell(Failure::of(error, &shared.options.log_dir));
        }
        state.refresh();
        drop(state);
        // Callers may find room now.
        shared.progress.notify_all();
    }
}

/// Plans the next turn.
fn go_on(shared: &Arc<Shared>, state: &mut State) {
    let now = Instant::now();
    let has_backlog = state.output.as_ref().is_some_and(|output| output.has_backlog());
    let due = if state.wanted || state.closing {
        now
    } else if state.outage.failing().is_some() {
        now + RETRY
    } else if has_backlog {
        now
    } else if !state.pending.is_empty() {
        // More events may follow the first one. One write is enough for all of them.
        state::deadline(shared.options.linger)
    } else {
        state.idle = true;
        state.refresh();
        return;
    };
    schedule(shared, state, due);
}

/// Closes the file. Events that could not be written are dropped.
fn end(shared: &Shared, mut output: Output) {
    // This is done without the lock, since a network file system may send the bytes only now.
    let closed = output.close();
    let mut state = shared.lock();
    let lost = output.unwritten() + record::count(&state.pending.records);
    if lost > 0 {
        state.dropped += lost;
        if let Some(failure) = state.outage.failing().cloned() {
            state.outage.tell(failure);
        }
        state.pending.clear();
    }
    state.encoding = 0;
    if let Err(failure) = closed {
        state.failed(failure, shared.options.on_error);
    }
    state.taken = 0;
    state.written = 0;
    state.path = None;
    state.closing = false;
    state.output = Some(Box::default());
    state.set_status(Status::Closed);
    pool::leave();
}
