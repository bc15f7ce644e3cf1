//! The open files of all writers: few, however many writers there are.
//!
//! A file that rests is open until others need its descriptor; its writer opens it again. Forked
//! children find here what to close.

use std::fs::File;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sys::{self, Descriptor};

/// As many files that rest stay open, or fewer where the process may have few descriptors.
const MOST: usize = 64;
/// Of the descriptors that the process may have, as many go to others for one that goes here.
const OTHERS: usize = 8;

static TABLE: Mutex<Table> = Mutex::new(Table { slots: Vec::new(), limit: MOST, uses: 0 });

#[derive(Debug)]
pub(super) struct Table {
    slots: Vec<Slot>,
    limit: usize,
    /// Counts, so that the file that was used longest ago can be told.
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
    /// A thread has it.
    Used(Descriptor),
    Resting(File),
    /// It is closed, and that failed.
    Failed(io::Error),
}

pub(super) fn lock() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a file with what `open` does, for a thread to use. Where there are no descriptors left,
/// the files that rest give theirs.
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

/// The file, for a thread to use; none if it is closed, an error if closing it failed.
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

/// Has a file rest that a thread has used, and closes the one that has rested longest if there are
/// too many.
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

/// Closes a file that a thread has used. From here on forks do not see it, whose children close
/// what they see.
pub(super) fn close(id: u64, file: File) -> io::Result<()> {
    lock().slots.retain(|slot| slot.id != id);
    sys::close(file)
}

/// Closes files that rest until there are `most`. Whether it closed any.
fn close_resting(most: usize) -> bool {
    let mut closed = false;
    loop {
        // Not held while the file is closed, which may take long.
        let oldest = lock().remove_oldest(most);
        let Some((id, file)) = oldest else { return closed };
        closed = true;
        // Network file systems may tell only now that a write failed: its writer hears of it.
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
