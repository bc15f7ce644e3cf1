//! The open files of all writers. They are few, even if there are many writers.
//!
//! An idle file stays open until another file needs its descriptor. Its writer opens it again. A
//! forked child closes the descriptors in this table.

use std::fs::File;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sys::{self, Descriptor};

/// At most this many idle files stay open, or fewer if the process may have few descriptors.
const MOST: usize = 64;
/// The writers use at most one of this many of the process's descriptors.
const OTHERS: usize = 8;

static TABLE: Mutex<Table> = Mutex::new(Table { slots: Vec::new(), limit: MOST, uses: 0 });

#[derive(Debug)]
pub(super) struct Table {
    slots: Vec<Slot>,
    limit: usize,
    /// Counts uses, to find the file that has been idle longest.
    uses: u64,
}

#[derive(Debug)]
struct Slot {
    /// The file's number.
    id: u64,
    used: u64,
    file: Open,
}

#[derive(Debug)]
enum Open {
    /// A thread uses it.
    Used(Descriptor),
    Resting(File),
    /// It was closed, and closing it failed.
    Failed(io::Error),
}

pub(super) fn lock() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a file by calling `open`, for a thread to use. If there are no descriptors left, idle
/// files are closed first.
pub(super) fn open(id: u64, open: impl Fn() -> io::Result<File>) -> io::Result<File> {
    let file = match open() {
        Err(error) if sys::lacks_descriptors(&error) && close_resting(0) => open(),
        result => result,
    }?;
    let limit = sys::descriptor_limit().map_or(MOST, |limit| (limit / OTHERS).clamp(1, MOST));
    let mut table = lock();
    table.limit = limit;
    table.slots.push(Slot { id, used: 0, file: Open::Used(sys::descriptor(&file)) });
    Ok(file)
}

/// The file, for a thread to use. None if it is closed, and an error if closing it failed.
pub(super) fn take(id: u64) -> io::Result<Option<File>> {
    let mut table = lock();
    let Some(at) = table.slots.iter().position(|slot| slot.id == id) else { return Ok(None) };
    let slot = &mut table.slots[at];
    match std::mem::replace(&mut slot.file, Open::Used(Descriptor::default())) {
        Open::Resting(file) => {
            slot.file = Open::Used(sys::descriptor(&file));
            Ok(Some(file))
        }
        Open::Failed(error) => {
            table.slots.swap_remove(at);
            Err(error)
        }
        used @ Open::Used(_) => {
            slot.file = used;
            Ok(None)
        }
    }
}

/// Whether the file is open.
pub(super) fn is_open(id: u64) -> bool {
    lock().slots.iter().any(|slot| slot.id == id)
}

/// Makes a used file idle. If too many files are idle, the one that has been idle longest is
/// closed.
pub(super) fn rest(id: u64, file: File) {
    let mut table = lock();
    table.uses += 1;
    let (used, limit) = (table.uses, table.limit);
    if let Some(slot) = table.slots.iter_mut().find(|slot| slot.id == id) {
        slot.used = used;
        slot.file = Open::Resting(file);
    }
    drop(table);
    close_resting(limit);
}

/// Closes a file that a thread has used. It leaves the table first, since a child that is forked
/// meanwhile closes the descriptors in the table.
pub(super) fn close(id: u64, file: File) -> io::Result<()> {
    lock().slots.retain(|slot| slot.id != id);
    sys::close(file)
}

/// Closes idle files until there are `most`. Returns whether it closed any.
fn close_resting(most: usize) -> bool {
    let mut closed = false;
    loop {
        // The lock is not held while the file is closed, since that may take long.
        let oldest = lock().remove_oldest(most);
        let Some((id, file)) = oldest else { return closed };
        closed = true;
        // Some network file systems report a failed write only now. The file's writer reports it.
        if let Err(error) = sys::close(file) {
            lock().slots.push(Slot { id, used: 0, file: Open::Failed(error) });
        }
    }
}

impl Table {
    fn remove_oldest(&mut self, most: usize) -> Option<(u64, File)> {
        let resting = |slot: &Slot| matches!(slot.file, Open::Resting(_));
        if self.slots.iter().filter(|slot| resting(slot)).count() <= most {
            return None;
        }
        let slots = self.slots.iter().enumerate().filter(|(_, slot)| resting(slot));
        let (at, _) = slots.min_by_key(|(_, slot)| slot.used)?;
        match self.slots.swap_remove(at) {
            Slot { id, file: Open::Resting(file), .. } => Some((id, file)),
            _ => None,
        }
    }

    /// Closes a forked child's copies of its parent's descriptors.
    #[cfg(unix)]
    pub(super) fn forked(&mut self) {
        for slot in self.slots.drain(..) {
            if let Open::Used(descriptor) = slot.file {
                sys::close_inherited(descriptor);
            }
        }
    }
}
