//! The writer's thread: takes what callers appended and writes it.

use std::fs::File;
use std::io::{self, Write};
use std::mem;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::file::EventFile;
use super::queue::Backlog;
use super::state::{self, Shared, State, Status};
use super::sys;
use crate::{record, summary};

/// How long to wait after a failure before the next attempt.
const RETRY: Duration = Duration::from_millis(100);
/// A buffer that grew beyond this is given back once it is written.
const KEEP: usize = 4 << 20;
/// What is encoded here is written whenever it is that long, before all of it is encoded.
const BATCH: usize = 1 << 20;

/// Runs until the writer is closed.
pub(super) fn run(shared: &Shared, opened_at: f64) {
    sys::block_signals();
    let mut output = Output {
        file: None,
        removed: None,
        backlog: Backlog::default(),
        batch: Vec::new(),
        taken: 0,
        written: 0,
        preamble: 0,
        opened_at,
    };
    loop {
        let closing = output.gather(shared);
        output.encode(shared);
        let attempt = output.write(shared);
        let mut state = shared.lock();
        state.finished += 1;
        state.file = output.file.as_ref().map(EventFile::shown);
        match attempt {
            Ok(()) => {
                state.written += output.taken as u64;
                state.outage.recover();
                state.refresh();
                output.clear();
            }
            Err(failure) => state.failed(failure, shared.options.on_error),
        }
        // After a removal, another attempt: a new file may take what the old one lost.
        let failed = state.outage.failing().is_some() && output.removed.is_none();
        let rest = !output.backlog.is_empty() || !state.pending.is_empty();
        let ended = closing && (failed || state.outage.failing().is_none() && !rest);
        if ended {
            // From here on forks see no descriptor, and appends wait for the end.
            state.file = None;
        }
        drop(state);
        if ended {
            output.end(shared);
        }
        shared.progress.notify_all();
        if ended {
            return;
        }
    }
}

/// What the thread has taken and not yet written, and where it goes.
struct Output {
    file: Option<EventFile>,
    /// What the last attempt found removed. Open until forks see it no longer, whose children
    /// close what they see.
    removed: Option<EventFile>,
    /// What comes after the batch, where some of it is yet to be encoded.
    backlog: Backlog,
    /// Whole records, the first `written` bytes of which are in the file.
    batch: Vec<u8>,
    written: usize,
    /// Bytes of pending records that became the batch.
    taken: usize,
    /// How many bytes of the batch are the record with which the file begins.
    preamble: usize,
    opened_at: f64,
}

impl Output {
    /// Waits until there is something to do and takes it. True if the writer is closing.
    fn gather(&mut self, shared: &Shared) -> bool {
        let mut state = shared.lock();
        if state.outage.failing().is_some() {
            if !state.wanted {
                state = wait(shared, state, Some(RETRY));
            }
        } else if self.backlog.is_empty() {
            while state.pending.is_empty() && !state.wanted {
                state.idle = true;
                state.refresh();
                state = wait(shared, state, None);
            }
            // Others may follow the first event: one write for all of them.
            let deadline = state::deadline(shared.options.linger);
            while !state.wanted {
                let Some(left) = deadline.checked_duration_since(Instant::now()) else { break };
                state = wait(shared, state, Some(left));
            }
        }
        // What is wanted of those who wait stays wanted while the backlog is written.
        state.wanted &= !self.backlog.is_empty() && state.outage.failing().is_none();
        if self.batch.is_empty() && self.backlog.is_empty() {
            state.taken += state.pending.records.len() as u64;
            if state.pending.is_encoded() {
                mem::swap(&mut self.batch, &mut state.pending.records);
                self.taken = self.batch.len();
            } else {
                state.encoding += state.pending.held;
                self.backlog = Backlog::new(mem::take(&mut state.pending));
            }
        }
        state.started += 1;
        state.idle = false;
        state.refresh();
        state.closing
    }

    /// Makes a batch of the backlog, in the order in which it came.
    fn encode(&mut self, shared: &Shared) {
        if !self.batch.is_empty() {
            return;
        }
        while self.batch.len() < BATCH && !self.backlog.is_empty() {
            let advance = self.backlog.advance(&mut self.batch);
            self.taken += advance.taken;
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

    /// Writes the rest of the batch, to a new file where there is none.
    fn write(&mut self, shared: &Shared) -> Result<(), Failure> {
        let options = &shared.options;
        self.removed = None;
        if self.file.is_none() {
            let directory = shared.lock().directory.clone();
            let file = EventFile::create(&directory, &options.suffix)
                .map_err(|(error, path)| Failure::io(error, path))?;
            let mut records = Vec::with_capacity(128 + self.batch.len());
            summary::file_version(&mut records, self.opened_at, "tfevents");
            let preamble = records.len();
            records.extend_from_slice(&self.batch[self.preamble..]);
            self.batch = records;
            self.preamble = preamble;
            self.written = 0;
            self.file = Some(file);
        }
        if self.written == 0 {
            record::seal(&mut self.batch);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        let result = write_rest(&mut file.file, &self.batch, &mut self.written)
            .and_then(|()| if file.is_removed() { Err(removed()) } else { Ok(()) });
        let Err(error) = result else { return Ok(()) };
        let failure = Failure::io(error, &file.path);
        if file.is_removed() {
            // What it held is gone; what comes goes to a new one.
            self.removed = self.file.take();
            self.written = 0;
        }
        Err(failure)
    }

    /// How many events that were taken are not wholly in the file.
    fn unwritten(&self) -> u64 {
        let events = &self.batch[self.preamble..];
        let written = self.written.saturating_sub(self.preamble);
        // The records that end within what is written are whole.
        record::count(events) - record::count(&events[..written]) + self.backlog.count()
    }

    fn clear(&mut self) {
        self.batch.clear();
        if self.batch.capacity() > KEEP {
            self.batch = Vec::new();
        }
        self.taken = 0;
        self.written = 0;
        self.preamble = 0;
    }

    /// Closes the file. What could not be written by now is given up.
    fn end(&mut self, shared: &Shared) {
        // Without the lock: on a network file system this is when the bytes travel.
        let failure = self.file.take().and_then(|file| {
            let path = file.path.clone();
            file.close().map_err(|error| Failure::io(error, path)).err()
        });
        let mut state = shared.lock();
        let lost = self.unwritten() + record::count(&state.pending.records);
        if lost > 0 {
            state.dropped += lost;
            if let Some(failure) = state.outage.failing().cloned() {
                state.outage.tell(failure);
            }
            state.pending.clear();
        }
        state.encoding = 0;
        if let Some(failure) = failure {
            state.failed(failure, shared.options.on_error);
        }
        state.taken = 0;
        state.written = 0;
        state.closing = false;
        state.set_status(Status::Closed);
    }
}

fn wait<'a>(
    shared: &Shared,
    guard: std::sync::MutexGuard<'a, State>,
    timeout: Option<Duration>,
) -> std::sync::MutexGuard<'a, State> {
    match timeout {
        None => shared.work.wait(guard).unwrap_or_else(PoisonError::into_inner),
        Some(timeout) => {
            let woken = shared.work.wait_timeout(guard, timeout);
            woken.unwrap_or_else(PoisonError::into_inner).0
        }
    }
}

/// Like `write_all`, but keeps count, so that a failed attempt can be taken up where it ended.
fn write_rest(file: &mut File, bytes: &[u8], written: &mut usize) -> io::Result<()> {
    while *written < bytes.len() {
        match file.write(&bytes[*written..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => *written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn removed() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOENT)
}
