//! TFRecord framing.
//!
//! A file is a sequence of records, with nothing before, between or after them
//! (`tensorflow/core/lib/io/record_writer.h`):
//!
//! ```text
//! u64 LE  length of the payload
//! u32 LE  masked CRC32C of those 8 bytes
//! [u8]    payload
//! u32 LE  masked CRC32C of the payload
//! ```

mod deferred;
mod encode;
mod parse;
mod size;

pub use deferred::Deferred;
pub use encode::{count, finish, frame, seal, start};
pub(crate) use parse::{MAX_PAYLOAD, find_header};
pub use parse::{Parsed, Verify, parse, parse_length};
pub use size::{FOOTER, HEADER, OVERHEAD};
