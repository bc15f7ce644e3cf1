//! Reads and writes TensorBoard event files.
//!
//! To learn the format, read the modules in this order: [`crc32c`] and [`record`] are the frame of
//! a file, [`wire`] is protobuf's encoding, and [`proto`] has the messages. Then read [`summary`],
//! which makes values, and at last [`writer`] and [`reader`], which use all of these.
//!
//! The crate is internal to the Python package. It is not published, and its interface changes when
//! the bindings need it.
//!
//! ```
//! use std::time::Duration;
//!
//! use tfevents::writer::{self, OnError, Options, Writer};
//! use tfevents::{logdir, reader, summary};
//!
//! let directory = tempfile::tempdir().unwrap();
//! let patience = Duration::from_secs(10);
//! let writer = Writer::new(Options {
//!     log_dir: directory.path().join("exp1"),
//!     suffix: String::new(),
//!     linger: Duration::from_millis(100),
//!     on_error: OnError::Raise,
//!     roll_at: None,
//! });
//! for step in 0..3 {
//!     let encode = |out: &mut Vec<u8>| {
//!         summary::scalar_event(out, writer::now(), Some(step), "loss", 1.0 / (step + 1) as f32);
//!     };
//!     assert!(writer.append(encode, true, patience)?.done);
//! }
//! assert!(writer.close(patience)?.done);
//!
//! let log = reader::read(&logdir::find(directory.path())?, &reader::Options::default())?;
//! let run = &log.runs()[0];
//! assert_eq!(run.name().to_str(), Some("exp1"));
//! assert_eq!(run.series(0).unwrap().steps(), [0, 1, 2]);
//! # Ok::<(), tfevents::Error>(())
//! ```

pub mod cancel;
pub mod columns;
pub mod crc32c;
pub mod error;
pub mod forks;
pub mod graph;
pub mod logdir;
pub mod projector;
pub mod proto;
pub mod reader;
pub mod record;
pub mod rewrite;
pub mod scan;
pub mod storage;
pub mod summary;
mod sys;
pub mod text;
pub mod wire;
pub mod writer;

pub use error::{Corruption, Error, ErrorKind, Result};
