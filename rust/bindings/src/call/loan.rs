//! A value that one job at a time may use.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;

use crate::call::job::Job;

/// Owns a value, lends it to a job and gets it back when the job is done.
///
/// Its lock is never held while Python code runs or a thread waits. So signal handlers, finalizers
/// and forked children can use it at any time.
pub struct Loan<T: Send + 'static>(Mutex<Whereabouts<T>>);

enum Whereabouts<T: Send + 'static> {
    Here(T),
    Out(Arc<Job<T>>),
    /// The value was given up.
    Gone,
}

impl<T: Send + 'static> Loan<T> {
    pub fn new(value: T) -> Loan<T> {
        Loan(Mutex::new(Whereabouts::Here(value)))
    }

    fn lock(&self) -> MutexGuard<'_, Whereabouts<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `with` on the value, once it is back. `with` must not run Python code. None if the
    /// value is gone.
    #[inline]
    pub fn with<R>(
        &self,
        py: Python<'_>,
        mut with: impl FnMut(&mut T) -> R,
    ) -> PyResult<Option<R>> {
        loop {
            let job = match &mut *self.lock() {
                Whereabouts::Here(value) => return Ok(Some(with(value))),
                Whereabouts::Gone => return Ok(None),
                Whereabouts::Out(job) => Arc::clone(job),
            };
            job.wait(py)?;
            self.take_back(&job);
        }
    }

    /// Runs `work` on the value, once it is back, and waits for it. If a signal handler raises an
    /// exception meanwhile, the value comes back later.
    pub fn lend(&self, py: Python<'_>, work: impl FnOnce(&mut T) + Send + 'static) -> PyResult<()> {
        let mut work = Some(work);
        let job = loop {
            let job = {
                let mut place = self.lock();
                match std::mem::replace(&mut *place, Whereabouts::Gone) {
                    Whereabouts::Here(mut value) => {
                        let Some(work) = work.take() else { return Ok(()) };
                        let job = Job::new(move || {
                            work(&mut value);
                            value
                        });
                        *place = Whereabouts::Out(Arc::clone(&job));
                        break job;
                    }
                    Whereabouts::Out(job) => {
                        *place = Whereabouts::Out(Arc::clone(&job));
                        job
                    }
                    Whereabouts::Gone => return Ok(()),
                }
            };
            job.wait(py)?;
            self.take_back(&job);
        };
        job.begin(py).inspect_err(|_| self.give_up())?;
        job.wait(py)?;
        self.take_back(&job);
        Ok(())
    }

    /// Takes the value back from this job, unless another call did so.
    fn take_back(&self, job: &Arc<Job<T>>) {
        let mut place = self.lock();
        if matches!(&*place, Whereabouts::Out(out) if Arc::ptr_eq(out, job)) {
            *place = job.take().map_or(Whereabouts::Gone, Whereabouts::Here);
        }
    }

    /// Drops the value, also for the jobs that use it or wait for it.
    pub fn give_up(&self) {
        let place = std::mem::replace(&mut *self.lock(), Whereabouts::Gone);
        if let Whereabouts::Out(job) = &place {
            job.cancel();
        }
    }
}

impl<T: Send + 'static> Drop for Loan<T> {
    fn drop(&mut self) {
        self.give_up();
    }
}
