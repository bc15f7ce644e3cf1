//! The threads that write: one serves all files, and gets help when it is held up.
//!
//! Jobs wait in a queue for their time. The lead takes what is due. While it is busy a second
//! thread watches, takes what is overdue, and leads from then on. So a file that hangs delays all
//! others once, by [`GRACE`], and costs one thread; and the files of one place, which may hang
//! together, cost no more than [`MOST_AT_A_PLACE`].

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::sys;

/// As many threads there are at most.
const MOST: usize = 16;
/// As many of them are busy at one place at most.
const MOST_AT_A_PLACE: usize = 4;
/// How late a job may be before another thread than the lead takes it.
const GRACE: Duration = Duration::from_millis(20);
/// As many threads wait for work at most, the lead among them.
const SPARE: usize = 2;

/// What is done now and then, by one thread at a time.
pub(super) trait Job: Send + Sync {
    /// Does what is due.
    fn run(self: Arc<Self>);
    /// A number of what it may have to wait for: the file system that it writes to.
    fn place(&self) -> u64;
}

/// A place in the queue.
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
    /// How many have jobs now and then. Without any, the threads end.
    clients: usize,
    threads: usize,
    /// How many of them wait.
    waiting: usize,
    /// The number of the lead, 0 if there is none.
    lead: u64,
    lead_is_busy: bool,
    /// A thread watches the lead, or is about to.
    is_watched: bool,
    /// Where busy threads are.
    places: Vec<u64>,
}

static POOL: Mutex<Pool> = Mutex::new(Pool::new());
static CHANGED: Condvar = Condvar::new();

pub(super) fn lock() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has the threads stay until as many have left as entered.
pub(super) fn enter() {
    lock().clients += 1;
}

/// Takes back an [`enter`].
pub(super) fn leave() {
    let mut pool = lock();
    pool.clients -= 1;
    if pool.clients == 0 {
        CHANGED.notify_all();
    }
}

/// Queues a job, in place of its `earlier` ticket. If that was drawn already, it stays: its run is
/// about to begin.
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

    /// Has somebody watch while the lead is busy and others wait for it. Where no thread can be
    /// started, they wait.
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

    /// The first job at a place that has not got all the threads it may.
    fn first(&self) -> Option<Ticket> {
        let is_free = |place: u64| {
            self.places.iter().filter(|&&busy| busy == place).count() < MOST_AT_A_PLACE
        };
        self.queue.iter().find(|(_, job)| is_free(job.place())).map(|(&ticket, _)| ticket)
    }
}

/// What a thread does until it is not needed any more.
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
        // There is nothing to watch where the lead itself waits.
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
