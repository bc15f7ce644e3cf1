//! A failure that several writers share: an upload of all their files.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::event_writer::Control;
use super::failure::{Failure, Outage};
use super::options::OnError;
use super::state::Shared;
use crate::error::Error;

/// An [`Outage`] of several writers. The first call of any of them reports it, and no other does.
///
/// A forked child needs one of its own, since its writers have left that of the parent.
#[derive(Debug)]
pub struct SharedOutage {
    on_error: OnError,
    outage: Arc<Mutex<Outage>>,
    writers: Mutex<Vec<Weak<Shared>>>,
}

impl SharedOutage {
    /// An outage that no writer reports yet.
    pub fn new(on_error: OnError) -> SharedOutage {
        SharedOutage { on_error, outage: Arc::default(), writers: Mutex::default() }
    }

    /// How failures are reported.
    pub fn on_error(&self) -> OnError {
        self.on_error
    }

    /// Makes this writer report the outage at its next call.
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

    /// Notes that an attempt failed; see [`Outage::report`].
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

    /// Notes that an attempt succeeded and nothing was lost. A failure that was not reported is
    /// forgotten.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The failure that was not reported yet, for the writer that reports it.
    pub fn take(&self) -> Option<Error> {
        self.lock().take().map(Error::from)
    }

    fn lock(&self) -> MutexGuard<'_, Outage> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
