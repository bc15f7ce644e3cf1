//! Writes what is left at the end of the process, before threads stop.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::calls;
use super::fork;
use super::options::Report;
use super::state::{self, EXITING, Mark, Shared, Status};
use crate::error::Error;

/// Whether the last [`Farewell`] was made. After that, a caller that appends must also flush.
pub fn is_exiting() -> bool {
    EXITING.load(Ordering::Relaxed)
}

/// Waits for all writers of the process to write what they had accepted when this was made. Events
/// that are accepted later do not delay it.
#[derive(Debug)]
pub struct Farewell(Vec<(Arc<Shared>, Mark)>);

impl Farewell {
    /// Makes every writer write what it has accepted. If it is the `last` one, `try_append` does
    /// nothing from then on, and [`is_exiting`] is true.
    pub fn new(last: bool) -> Farewell {
        EXITING.fetch_or(last, Ordering::Relaxed);
        let mark = |shared: Arc<Shared>| {
            let mut state = shared.lock();
            state.refresh();
            let mark = state.mark();
            if state.status == Status::Running {
                calls::write_now(&shared, &mut state);
            }
            drop(state);
            (shared, mark)
        };
        Farewell(fork::writers().into_iter().map(mark).collect())
    }

    /// Waits until all is written. Returns false if that took longer than `patience`, and the
    /// failures.
    pub fn wait(&mut self, patience: Duration) -> (bool, Vec<Error>) {
        let deadline = state::deadline(patience);
        let mut errors = Vec::new();
        self.0.retain(|(shared, mark)| {
            let left = deadline.saturating_duration_since(Instant::now());
            match calls::flush(shared, *mark, left) {
                Ok(Report { done, warning, .. }) => {
                    errors.extend(warning);
                    !done
                }
                Err(error) => {
                    errors.push(error);
                    false
                }
            }
        });
        (self.0.is_empty(), errors)
    }
}
