//! Threads that help with what one can do alone.

use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::cancel::Token;
use crate::sys::Room;

/// What a thread may take of the address space besides its stack: what the C library sets aside for
/// its allocations at once, and some files' buffers and columns.
const ROOM: usize = (64 + 16) << 20;

/// Does `work` here, with `help` from up to so many other threads.
///
/// Where there can be no more threads, or no room for what they need, those that there are do it:
/// memory that can't be had ends the process.
pub(super) fn with_help(most: usize, help: impl Fn() + Sync, work: impl FnOnce()) {
    let token = Token::current();
    let gate = Mutex::new(());
    let help = || {
        drop(gate.lock().unwrap_or_else(PoisonError::into_inner));
        match token.clone() {
            Some(token) => token.run(&help),
            None => help(),
        }
    };
    thread::scope(|scope| {
        let closed = gate.lock().unwrap_or_else(PoisonError::into_inner);
        // What this thread needs and each of the others, until all are there.
        let mut rooms = Vec::from_iter(Room::of(ROOM));
        while (1..=most).contains(&rooms.len())
            && let Some(room) = Room::of(ROOM)
        {
            rooms.push(room);
            if thread::Builder::new().spawn_scoped(scope, help).is_err() {
                break;
            }
        }
        drop((rooms, closed));
        work();
    });
}
