//! A value that one job at a time may use.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;

use crate::job::Job;

/// Owns a value, lends it to a job and gets it back when the job is done.
///
/// Its lock is never held while Python code runs or a thread waits. So signal handlers, finalizers
/// and forked children can use it at any time.
pub struct Loan<T: Send + 'static>(Mutex<Place<T>>);

enum Place<T: Send + 'static> {
    Here(T),
    Out(Arc<Job<T>>),
    /// The value was given up.
    Gone,
}

impl<T: Send + 'static> Loan<T> {
    pub fn new(value: T) -> Loan<T> {
        Loan(Mutex::new(Place::Here(value)))
    }

    fn lock(&self) -> MutexGuard<'_, Place<T>> {
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
                Place::Here(value) => return Ok(Some(with(value))),
                Place::Gone => return Ok(None),
                Place::Out(job) => Arc::clone(job),
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
                match std::mem::replace(&mut *place, Place::Gone) {
                    Place::Here(mut value) => {
                        let Some(work) = work.take() else { return Ok(()) };
                        let job = Job::new(move || {
                            work(&mut value);
                            value
                        });
                        *place = Place::Out(Arc::clone(&job));
                        break job;
                    }
                    Place::Out(job) => {
                        *place = Place::Out(Arc::clone(&job));
                        job
                    }
                    Place::Gone => return Ok(()),
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
        if matches!(&*place, Place::Out(out) if Arc::ptr_eq(out, job)) {
            *place = job.take().map_or(Place::Gone, Place::Here);
        }
    }

    /// Drops the value, also for the jobs that use it or wait for it.
    pub fn give_up(&self) {
        let place = std::mem::replace(&mut *self.lock(), Place::Gone);
        if let Place::Out(job) = &place {
            job.cancel();
        }
    }
}

impl<T: Send + 'static> Drop for Loan<T> {
    fn drop(&mut self) {
        self.give_up();
    }
}
