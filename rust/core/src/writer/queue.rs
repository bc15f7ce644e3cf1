//! The records that wait to be written, in order. Some of them are not encoded yet.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::error::Result;
use crate::record::{self, Deferred};

#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Whole records without checksums. Each deferred record has an empty record as a placeholder,
    /// so that counts and order are right.
    pub(super) records: Vec<u8>,
    /// The deferred records.
    deferred: VecDeque<QueuedRecord>,
    /// The memory of all deferred records, in bytes.
    pub(super) held: usize,
}

/// A deferred record in a queue.
#[derive(Debug)]
struct QueuedRecord {
    /// The offset of its placeholder.
    at: usize,
    size: usize,
    record: Arc<dyn Deferred>,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether all records are encoded.
    pub(super) fn is_encoded(&self) -> bool {
        self.deferred.is_empty()
    }

    /// The memory that it uses, in bytes.
    pub(super) fn size(&self) -> usize {
        self.records.len() + self.held
    }

    pub(super) fn defer(&mut self, record: Arc<dyn Deferred>) {
        let size = record.size();
        self.held += size;
        self.deferred.push_back(QueuedRecord { at: self.records.len(), size, record });
        record::frame(&mut self.records, &[]);
    }

    pub(super) fn clear(&mut self) {
        self.records.clear();
        self.deferred.clear();
        self.held = 0;
    }
}

/// A queue that a thread took, and encodes bit by bit.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    queue: Queue,
    /// How many bytes of the queue's records are done.
    done: usize,
}

/// The result of [`Backlog::advance`].
pub(super) struct Advance {
    /// The number of bytes of the queue's records that it took.
    pub(super) taken: usize,
    /// The memory that the deferred record used, in bytes.
    pub(super) freed: usize,
    /// Whether the deferred record was encoded. If not, it is lost, and `out` does not contain it.
    pub(super) result: Result<()>,
}

impl Backlog {
    pub(super) fn new(queue: Queue) -> Backlog {
        Backlog { queue, done: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.done == self.queue.records.len()
    }

    /// The number of records that are left.
    pub(super) fn count(&self) -> u64 {
        record::count(&self.queue.records[self.done..])
    }

    /// Whether the next record takes long to encode.
    pub(super) fn takes_long(&self) -> bool {
        let next = self.queue.deferred.front();
        next.is_some_and(|next| next.at == self.done && next.record.takes_long())
    }

    /// Appends the next records to `out`, and the deferred record after them. If that takes long,
    /// it comes next, alone.
    pub(super) fn advance(&mut self, out: &mut Vec<u8>) -> Advance {
        let next = self.queue.deferred.pop_front();
        let end = next.as_ref().map_or(self.queue.records.len(), |next| next.at);
        let before = end - self.done;
        out.extend_from_slice(&self.queue.records[self.done..end]);
        self.done = end;
        let Some(next) = next else {
            return Advance { taken: before, freed: 0, result: Ok(()) };
        };
        if before > 0 && next.record.takes_long() {
            self.queue.deferred.push_front(next);
            return Advance { taken: before, freed: 0, result: Ok(()) };
        }
        let QueuedRecord { size, record, .. } = next;
        self.done += record::OVERHEAD;
        let start = out.len();
        // A bug in an encoder must not end the thread, since all writers need it.
        let result = catch_unwind(AssertUnwindSafe(|| record.encode(out))).unwrap_or_else(|_| {
            Err(io::Error::other("a panic while a summary was encoded").into())
        });
        if result.is_err() {
            out.truncate(start);
        }
        Advance { taken: before + record::OVERHEAD, freed: size, result }
    }
}
