//! The end of the process, when threads no longer get to run.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::calls;
use super::fork;
use super::options::Report;
use super::state::{self, EXITING, Mark, Shared, Status};
use crate::error::Error;

/// Whether the last [`Farewell`] was taken: who appends is to flush too.
pub fn is_exiting() -> bool {
    EXITING.load(Ordering::Relaxed)
}

/// Every writer of the process, and what each had accepted when this was made. What is accepted
/// meanwhile does not delay it.
#[derive(Debug)]
pub struct Farewell(Vec<(Arc<Shared>, Mark)>);

impl Farewell {
    /// Has every writer write what it has accepted. If this is the `last` time, every append needs
    /// a look from then on, and callers see [`is_exiting`].
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

    /// Waits until all is written. False where the `patience` was over before, and what failed.
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
