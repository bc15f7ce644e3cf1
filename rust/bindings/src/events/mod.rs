//! Events, one after the other, also as they are written.

pub mod event;
pub mod follow;
pub mod reader;
mod tags;
pub mod tail;
