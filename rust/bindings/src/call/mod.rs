//! What each call from Python needs: arguments in, errors and warnings out, waits that Ctrl-C ends.

pub mod argument;
pub mod error;
pub mod job;
pub mod list;
pub mod loan;
pub mod names;
pub mod turn;
pub mod warning;
