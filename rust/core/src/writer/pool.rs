//! The threads that write. One serves all files, and gets help if it is held up.
//!
//! Jobs wait in a queue until they are due. One thread, the lead, runs the jobs that are due. While
//! it is busy, a second thread watches. If a job is overdue, the second thread runs it and becomes
//! the lead. So a file that hangs delays all others once, by [`GRACE`], and occupies one thread.
//! The files of one place (a file system), which may hang together, occupy at most
//! [`MOST_AT_A_PLACE`] threads.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::sys;

/// The greatest number of threads.
const MOST: usize = 16;
/// The greatest number of threads that are busy at one place.
const MOST_AT_A_PLACE: usize = 4;
/// How late a job may be before another thread than the lead takes it.
const GRACE: Duration = Duration::from_millis(20);
/// The greatest number of threads that wait for work, including the lead.
const SPARE: usize = 2;

/// Work that is done from time to time, by one thread at a time.
pub(super) trait Job: Send + Sync {
    /// Does what is due.
    fn run(self: Arc<Self>);
    /// The number of the file system that it writes to, which may make it wait.
    fn place(&self) -> u64;
}

/// A job's position in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    pub(super) due: Instant,
    number: u64,
}

/// No thread could be started.
#[derive(Debug)]
pub(super) struct NoThread;

pub(super) struct Pool {
    queue: BTreeMap<Ticket, Arc<dyn Job>>,
    /// Numbers tickets and threads.
    next_number: u64,
    /// The number of open writers. If there are none, the threads end.
    clients: usize,
    threads: usize,
    /// How many of the threads wait for work.
    waiting: usize,
    /// The number of the lead, 0 if there is none.
    lead: u64,
    lead_is_busy: bool,
    /// Whether a thread watches the lead, or is about to.
    is_watched: bool,
    /// The places of busy threads.
    places: Vec<u64>,
}

static POOL: Mutex<Pool> = Mutex::new(Pool::new());
static CHANGED: Condvar = Condvar::new();

pub(super) fn lock() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the threads alive until [`leave`] was called as often as this.
pub(super) fn enter() {
    lock().clients += 1;
}

/// Undoes an [`enter`].
pub(super) fn leave() {
    let mut pool = lock();
    pool.clients -= 1;
    if pool.clients == 0 {
        CHANGED.notify_all();
    }
}

/// Queues a job, and removes its `earlier` ticket. If that ticket was taken already, nothing
/// changes, since its run is about to begin.
pub(super) fn schedule(
    earlier: Option<Ticket>,
    due: Instant,
    job: Arc<dyn Job>,
) -> Result<Ticket, NoThread> {
    let mut pool = lock();
    if let Some(earlier) = earlier
        && pool.queue.remove(&earlier).is_none()
    {
        return Ok(earlier);
    }
    if pool.threads == 0 && !pool.start_thread() {
        return Err(NoThread);
    }
    let ticket = Ticket { due, number: pool.number() };
    pool.queue.insert(ticket, job);
    if pool.queue.first_key_value().is_some_and(|(&first, _)| first == ticket) {
        CHANGED.notify_all();
    }
    pool.watch();
    Ok(ticket)
}

impl Pool {
    const fn new() -> Pool {
        Pool {
            queue: BTreeMap::new(),
            next_number: 1,
            clients: 0,
            threads: 0,
            waiting: 0,
            lead: 0,
            lead_is_busy: false,
            is_watched: false,
            places: Vec::new(),
        }
    }

    /// A forked child has none of its parent's threads.
    #[cfg(unix)]
    pub(super) fn forked(&mut self) {
        *self = Pool::new();
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    fn start_thread(&mut self) -> bool {
        let number = self.number();
        let builder = std::thread::Builder::new().name("tfevents-writer".into());
        let started = builder.stack_size(1 << 20).spawn(move || serve(number)).is_ok();
        self.threads += usize::from(started);
        started
    }

    /// Makes a thread watch while the lead is busy and jobs wait. If no thread can be started, the
    /// jobs wait.
    fn watch(&mut self) {
        if !self.lead_is_busy || self.is_watched || self.queue.is_empty() {
            return;
        }
        if self.waiting > 0 {
            self.is_watched = true;
            CHANGED.notify_one();
        } else if self.threads < MOST {
            self.is_watched = self.start_thread();
        }
    }

    /// The first job whose place may have another thread.
    fn first(&self) -> Option<Ticket> {
        let is_free = |place: u64| {
            self.places.iter().filter(|&&busy| busy == place).count() < MOST_AT_A_PLACE
        };
        self.queue.iter().find(|(_, job)| is_free(job.place())).map(|(&ticket, _)| ticket)
    }
}

/// The loop of a thread, until it is not needed any more.
fn serve(me: u64) {
    sys::block_signals();
    let mut pool = lock();
    pool.is_watched = false;
    loop {
        if pool.lead == 0 {
            pool.lead = me;
        }
        let leads = pool.lead == me;
        let grace = if leads { Duration::ZERO } else { GRACE };
        let first = pool.first().map(|ticket| (ticket, ticket.due + grace));
        let now = Instant::now();
        if let Some((ticket, _)) = first.filter(|&(_, due)| due <= now) {
            pool = work(pool, me, &ticket);
            continue;
        }
        let over = pool.clients == 0 && pool.queue.is_empty();
        if over || (!leads && pool.waiting >= SPARE) {
            break;
        }
        // If the lead is waiting too, there is nothing to watch.
        let watches = !leads && pool.lead_is_busy;
        let due = first.filter(|_| leads || watches).map(|(_, due)| due);
        pool.is_watched |= watches && due.is_some();
        pool.waiting += 1;
        pool = match due {
            Some(due) => {
                let woken = CHANGED.wait_timeout(pool, due - now);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
            None => CHANGED.wait(pool).unwrap_or_else(PoisonError::into_inner),
        };
        pool.waiting -= 1;
        if !leads {
            pool.is_watched = false;
        }
    }
    pool.threads -= 1;
    if pool.lead == me {
        pool.lead = 0;
        pool.lead_is_busy = false;
    }
    pool.watch();
}

/// Runs the job with this ticket, without the lock.
fn work<'a>(mut pool: MutexGuard<'a, Pool>, me: u64, ticket: &Ticket) -> MutexGuard<'a, Pool> {
    let Some(job) = pool.queue.remove(ticket) else { return pool };
    let place = job.place();
    pool.places.push(place);
    pool.lead = me;
    pool.lead_is_busy = true;
    pool.watch();
    drop(pool);
    job.run();
    let mut pool = lock();
    if let Some(at) = pool.places.iter().position(|&busy| busy == place) {
        pool.places.swap_remove(at);
    }
    if pool.lead == me {
        pool.lead_is_busy = false;
    }
    pool
}
