//! What is fuzzed, how inputs are changed, and where files are kept meanwhile.
//!
//! Coverage-guided by libFuzzer (`make fuzz`), and replayed by a test of the core
//! (`tests/rust/fuzz.rs`), which takes these files in as a module.

mod memory;
mod mutate;
pub mod targets;
