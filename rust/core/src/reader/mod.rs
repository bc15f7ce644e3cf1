//! Event files to columns.

mod file;
mod follow;
mod log;
mod options;
mod parallel;
mod run;
mod state;
pub mod table;

pub use follow::Follower;
pub use log::{Log, read};
pub use options::Options;
pub use run::{Run, Tag};
pub use state::{FileState, RunState, TagState};
