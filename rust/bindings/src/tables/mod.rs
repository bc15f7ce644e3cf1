//! Columns of a log as tables for NumPy and Arrow.

pub mod arrow;
pub mod batches;
pub mod buckets;
pub mod scalars;
