//! Buffered, asynchronous writing of event files.
//!
//! Callers append whole records to a [`queue`] under a lock. Now and then a thread takes a
//! [`turn`]: it encodes what is yet to be encoded, and writes all to the operating system, within
//! [`Options::linger`] of the first append. One thread serves all writers of the process, with help
//! when it is held up ([`pool`]), and few files are open at a time ([`descriptors`]).
//!
//! Read [`state`] for what callers and threads share, [`calls`] and [`turn`] for what each of them
//! does with it, [`output`] and [`mod@file`] for the writing, [`fork`] for what happens to all of it
//! in a forked child.

mod calls;
mod descriptors;
mod event_writer;
mod exit;
mod failure;
mod file;
mod fork;
mod options;
mod output;
mod pool;
mod queue;
mod shared_outage;
mod state;
mod termination;
mod turn;

pub use event_writer::{Control, Writer};
pub use exit::{Farewell, is_exiting};
pub use failure::{Failure, Outage};
pub use options::{OnError, Options, Report};
pub use shared_outage::SharedOutage;
pub use state::Mark;
pub use termination::before_termination;

/// Seconds since the epoch.
#[inline(always)]
pub fn now() -> f64 {
    crate::sys::now()
}
