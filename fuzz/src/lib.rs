//! The fuzz targets, the mutations of their inputs, and the files in memory that they use.
//!
//! libFuzzer runs them guided by coverage (`make fuzz`). A test of the core (`tests/rust/fuzz.rs`)
//! includes these files as a module and replays the inputs.

mod memory;
mod mutate;
pub mod targets;
