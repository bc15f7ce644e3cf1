//! Handles `fork`. The child gets a copy of every writer, but not of the threads.
//!
//! While the process forks, all writers and what they share are locked, so that the child finds
//! them in a consistent state. In the child, they forget what belongs to the parent. Other ways to
//! notice a fork cost more (`getpid` is a system call), or miss forks in C code
//! (`os.register_at_fork`).

#![allow(unsafe_code)]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::state::Shared;

static WRITERS: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

fn lock_writers() -> MutexGuard<'static, Vec<Weak<Shared>>> {
    WRITERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Registers a writer, so that forks handle it.
pub(super) fn register(shared: &Arc<Shared>) {
    #[cfg(unix)]
    handlers::install();
    let mut writers = lock_writers();
    writers.retain(|writer| writer.strong_count() > 0);
    writers.push(Arc::downgrade(shared));
}

/// All writers of the process.
pub(super) fn writers() -> Vec<Arc<Shared>> {
    lock_writers().iter().filter_map(Weak::upgrade).collect()
}

#[cfg(unix)]
mod handlers {
    use std::cell::RefCell;
    use std::sync::{Arc, MutexGuard, Once, Weak};

    use super::super::descriptors::{self, Table};
    use super::super::pool::{self, Pool};
    use super::super::state::{Shared, State};

    pub(super) fn install() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // SAFETY: the handlers are functions of the right type that live as long as the
            // process.
            unsafe { libc::pthread_atfork(Some(prepare), Some(in_parent), Some(in_child)) };
        });
    }

    /// The locks that the forking thread holds, from `prepare` to `in_parent` and `in_child`.
    struct Held {
        // The order matters, since a guard must be dropped before what it borrows from.
        table: MutexGuard<'static, Table>,
        pool: MutexGuard<'static, Pool>,
        states: Vec<(MutexGuard<'static, State>, Arc<Shared>)>,
        _writers: MutexGuard<'static, Vec<Weak<Shared>>>,
    }

    thread_local! {
        static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
    }

    unsafe extern "C" fn prepare() {
        let writers = super::lock_writers();
        let states = writers
            .iter()
            .filter_map(Weak::upgrade)
            .map(|shared| {
                let guard = shared.lock();
                // SAFETY: the guard is dropped before the Arc beside it, which keeps the lock
                // alive.
                let guard = unsafe {
                    std::mem::transmute::<MutexGuard<'_, State>, MutexGuard<'static, State>>(guard)
                };
                (guard, shared)
            })
            .collect();
        // These locks come last. A thread that has a writer's lock may wait for them, but a thread
        // that has one of them never waits for a writer's lock.
        let pool = pool::lock();
        let table = descriptors::lock();
        HELD.set(Some(Held { table, pool, states, _writers: writers }));
    }

    unsafe extern "C" fn in_parent() {
        HELD.take();
    }

    unsafe extern "C" fn in_child() {
        if let Some(mut held) = HELD.take() {
            held.table.forked();
            held.pool.forked();
            held.states.iter_mut().for_each(|(state, _)| state.forked());
        }
    }
}
