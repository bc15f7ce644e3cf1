//! A turn of a writer: a thread takes what callers appended and writes it.

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
/// As many attempts in a row fail before a `close` gives up. What fails but once loses nothing.
const LAST_ATTEMPTS: u32 = 3;

impl Job for Shared {
    fn run(self: Arc<Self>) {
        take(&self);
    }

    fn place(&self) -> u64 {
        self.place.load(Ordering::Relaxed)
    }
}

/// Has the next turn come at this time, or earlier if it is to come earlier anyway.
pub(super) fn schedule(shared: &Arc<Shared>, state: &mut State, due: Instant) {
    // A turn that is underway looks at the state when it ends.
    let underway = state.output.is_none();
    if underway || state.ticket.is_some_and(|ticket| ticket.due <= due) {
        return;
    }
    let scheduled = pool::schedule(state.ticket, due, Arc::clone(shared) as Arc<dyn Job>);
    state.unserved = scheduled.is_err();
    state.ticket = scheduled.ok();
    state.refresh();
}

/// Takes a turn, unless one is underway: one attempt to write what waits.
pub(super) fn take(shared: &Arc<Shared>) {
    let options = &shared.options;
    let mut state = shared.lock();
    if state.status != Status::Running {
        return;
    }
    let Some(mut output) = state.output.take() else { return };
    state.ticket = None;
    state.unserved = false;
    // What is wanted of those who wait stays wanted while the backlog is written.
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
    state.last_attempts += u32::from(closing);
    // After a removal, another attempt: a new file may take what the old one lost.
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

/// Makes a batch of what is yet to be encoded.
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
        // There may be room again.
        shared.progress.notify_all();
    }
}

/// Decides when the next turn comes.
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
        // Others may follow the first event: one write for all of them.
        state::deadline(shared.options.linger)
    } else {
        state.idle = true;
        state.refresh();
        return;
    };
    schedule(shared, state, due);
}

/// Closes the file. What could not be written by now is given up.
fn end(shared: &Shared, mut output: Output) {
    // Without the lock: on a network file system this is when the bytes travel.
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
