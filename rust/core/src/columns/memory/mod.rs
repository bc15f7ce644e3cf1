//! The memory that readers fill: columns that grow together, and columns of a known length.
//!
//! All of the reader's `unsafe` is here, behind types that are safe to use. With
//! `--cfg plain_memory`, all memory comes from the allocator, which tools can check
//! (`make sanitize`).

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
