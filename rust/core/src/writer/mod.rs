//! Buffered, asynchronous writing of event files.
//!
//! Callers append whole records to a [`queue`] under a lock. A thread takes a [`turn`] within
//! [`Options::linger`] of the first append: it encodes what is not encoded yet, and writes all to
//! the operating system. One thread serves all writers of the process. Others help if it is held up
//! ([`pool`]). Few files are open at a time ([`descriptors`]).
//!
//! [`state`] is what callers and threads share. [`calls`] and [`turn`] are what callers and threads
//! do with it. [`output`] and [`mod@file`] write, and [`fork`] handles forked children.

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
