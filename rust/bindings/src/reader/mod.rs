//! The native half of reading logs: runs as arrays.

pub mod column;
pub mod damage;
pub mod decode;
pub mod instances;
pub mod log;
pub mod pickle;
pub mod run;
pub mod state;
