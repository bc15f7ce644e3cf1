//! The memory that readers fill: columns that grow in step, and columns of a known length.

mod arena;
mod column;
mod lockstep;
mod prefetch;

pub use column::{Column, Number};
pub use lockstep::Lockstep;
pub use prefetch::prefetch;
