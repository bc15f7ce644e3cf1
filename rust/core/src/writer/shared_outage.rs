//! What fails for several writers at once: an upload of all their files.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::event_writer::Control;
use super::failure::{Failure, Outage};
use super::options::OnError;
use super::state::Shared;
use crate::error::Error;

/// An [`Outage`] of several writers. The next call of the first of them tells, and no other.
///
/// A forked child needs one of its own: its writers have left their parent's.
#[derive(Debug)]
pub struct SharedOutage {
    on_error: OnError,
    outage: Arc<Mutex<Outage>>,
    writers: Mutex<Vec<Weak<Shared>>>,
}

impl SharedOutage {
    /// One that no writer tells of yet.
    pub fn new(on_error: OnError) -> SharedOutage {
        SharedOutage { on_error, outage: Arc::default(), writers: Mutex::default() }
    }

    /// What callers hear.
    pub fn on_error(&self) -> OnError {
        self.on_error
    }

    /// Has the next call of this writer tell.
    pub fn attach(&self, control: &Control) {
        let shared = &control.0;
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        writers.retain(|writer| writer.strong_count() > 0);
        if !writers.iter().any(|writer| std::ptr::eq(writer.as_ptr(), Arc::as_ptr(shared))) {
            writers.push(Arc::downgrade(shared));
        }
        drop(writers);
        let mut state = shared.lock();
        state.elsewhere = Some(Arc::clone(&self.outage));
        state.rung = true;
        state.refresh();
    }

    /// An attempt failed; see [`Outage::report`].
    pub fn report(&self, failure: Failure) {
        let mut outage = self.lock();
        outage.report(failure, self.on_error);
        let is_unreported = outage.is_unreported();
        drop(outage);
        if !is_unreported {
            return;
        }
        let writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for shared in writers.iter().filter_map(Weak::upgrade) {
            let mut state = shared.lock();
            state.rung = true;
            state.refresh();
        }
    }

    /// An attempt succeeded, and nothing was lost: forgets what no caller was told of.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// What no caller was told of, for the writer that tells it.
    pub fn take(&self) -> Option<Error> {
        self.lock().take().map(Error::from)
    }

    fn lock(&self) -> MutexGuard<'_, Outage> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
