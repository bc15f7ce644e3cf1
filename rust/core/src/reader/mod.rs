//! Reads event files into columns.

mod blocks;
pub mod buckets;
pub mod chart;
mod file;
mod follow;
mod help;
mod intake;
mod layout;
mod left_out;
mod log;
mod options;
mod others;
mod parallel;
mod run;
mod smooth;
mod state;
mod stretch;
pub mod table;
mod tag;

pub use follow::Follower;
pub use log::{Log, read};
pub use options::Options;
pub use run::Run;
pub use smooth::smooth;
pub use state::{FileState, RunState, TagState};
pub use tag::Tag;
