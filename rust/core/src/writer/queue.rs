//! What waits to be written: records, in order, some of which are yet to be encoded.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::error::Result;
use crate::record::{self, Deferred};

#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Whole records, but for their checksums. An empty one stands for each that is deferred, so
    /// that every record counts and takes its place.
    pub(super) records: Vec<u8>,
    /// What is deferred.
    deferred: VecDeque<Place>,
    /// Bytes that all of it holds.
    pub(super) held: usize,
}

/// A deferred record in a queue.
#[derive(Debug)]
struct Place {
    /// Where its placeholder begins.
    at: usize,
    size: usize,
    record: Arc<dyn Deferred>,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether nothing of it is yet to be encoded.
    pub(super) fn is_encoded(&self) -> bool {
        self.deferred.is_empty()
    }

    /// Bytes of memory that it holds.
    pub(super) fn size(&self) -> usize {
        self.records.len() + self.held
    }

    pub(super) fn defer(&mut self, record: Arc<dyn Deferred>) {
        let size = record.size();
        self.held += size;
        self.deferred.push_back(Place { at: self.records.len(), size, record });
        record::frame(&mut self.records, &[]);
    }

    pub(super) fn clear(&mut self) {
        self.records.clear();
        self.deferred.clear();
        self.held = 0;
    }
}

/// A queue that the thread took and works off.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    queue: Queue,
    /// As many bytes of the queue's records are done.
    done: usize,
}

/// What [`Backlog::advance`] did.
pub(super) struct Advance {
    /// Bytes of the queue's records that it took.
    pub(super) taken: usize,
    /// Bytes of memory that what was deferred held.
    pub(super) freed: usize,
    /// Whether the deferred record was encoded; if not, it is lost, and `out` as if it never was.
    pub(super) result: Result<()>,
}

impl Backlog {
    pub(super) fn new(queue: Queue) -> Backlog {
        Backlog { queue, done: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.done == self.queue.records.len()
    }

    /// How many records it has left.
    pub(super) fn count(&self) -> u64 {
        record::count(&self.queue.records[self.done..])
    }

    /// Appends to `out` what comes next: records, and the deferred one after them.
    pub(super) fn advance(&mut self, out: &mut Vec<u8>) -> Advance {
        let Some(Place { at, size, record }) = self.queue.deferred.pop_front() else {
            let rest = &self.queue.records[self.done..];
            out.extend_from_slice(rest);
            self.done += rest.len();
            return Advance { taken: rest.len(), freed: 0, result: Ok(()) };
        };
        out.extend_from_slice(&self.queue.records[self.done..at]);
        let end = at + record::OVERHEAD;
        let taken = end - self.done;
        self.done = end;
        let start = out.len();
        // A mistake in an encoder must not end the thread, on which all others rely.
        let result = catch_unwind(AssertUnwindSafe(|| record.encode(out))).unwrap_or_else(|_| {
            Err(io::Error::other("a panic while a summary was encoded").into())
        });
        if result.is_err() {
            out.truncate(start);
        }
        Advance { taken, freed: size, result }
    }
}
