//! What each call from Python needs: arguments in, bytes, errors and warnings out, waits that Ctrl-C
//! ends.

pub mod argument;
pub mod bytes;
pub mod error;
pub mod helper;
pub mod job;
pub mod list;
pub mod loan;
pub mod names;
pub mod turn;
pub mod warning;
