//! Finds runs and their files by TensorBoard's rules.
//!
//! A run is a directory that directly contains event files: files with `tfevents` in their name
//! (`tensorboard/backend/event_processing/io_wrapper.py`). Its name is its path relative to the
//! root, and `.` for the root itself. Its files are read in the order of their names. Symbolic
//! links are followed. A directory with several links is one run.

mod find;
mod run_files;
mod skipped;
mod tree;

pub use find::{Found, find, find_all, find_all_in, find_matched, search, search_in};
pub use run_files::RunFiles;
pub use skipped::{Reason, Skipped};
