//! The memory that readers fill: columns that grow in step, and columns of a known length.
//!
//! All of the reader's `unsafe` is here, behind types that can be used in no wrong way. Built with
//! `--cfg plain_memory`, all memory is the allocator's, which tools can watch (`make sanitize`).

mod arena;
mod column;
mod lockstep;
#[cfg_attr(not(unix), path = "no_mapping.rs")]
mod mapping;
mod prefetch;
#[cfg(test)]
mod tests;

pub use column::{Column, Number};
pub use lockstep::Lockstep;
pub use prefetch::prefetch;
