//! Goes through a file from record to record.

pub(crate) mod counts;
pub(crate) mod damage;
pub(crate) mod outline;
pub(crate) mod progress;
pub(crate) mod records;
pub mod repair;
pub(crate) mod scanner;
mod search;
pub(crate) mod tags;
pub(crate) mod tail;

pub use damage::{Damage, OnCorrupt};
pub use records::{Next, Records};
pub use tail::{Item, Scalars, Tail};
