//! The native half of the writers.

pub mod file_writer;
pub mod handle;
pub mod options;
pub mod outage;
pub mod summary_writer;
pub mod usual_call;
