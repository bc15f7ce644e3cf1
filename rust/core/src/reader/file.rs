//! Reads one file.

use std::num::NonZeroUsize;
use std::path::Path;

use crate::columns::builder::Columns;
use crate::error::{Error, Result};
use crate::reader::blocks::Blocks;
use crate::reader::layout::Layout;
use crate::reader::options::Options;
use crate::reader::stretch::Stretch;
use crate::scan::damage::Damage;
use crate::scan::progress::Progress;
use crate::scan::scanner::Scanner;
use crate::storage;
use crate::storage::stream::Stream;

/// Reads the part of `path` after `progress` into `columns`, and returns the new progress.
/// `at_once` is the number of files that are read at the same time, and `threads` that of threads
/// for this one.
pub(super) fn read_file(
    path: &Path,
    progress: &Progress,
    columns: &mut Columns<'_>,
    options: &Options<'_>,
    at_once: usize,
    buffer: &mut Vec<u8>,
    threads: NonZeroUsize,
) -> Result<Progress> {
    let io_error = |error| Error::io(error, path);
    let source = storage::open(path).map_err(io_error)?;
    // The state is from before the first read, so that later writes are noticed.
    let stamp = source.stamp().map_err(io_error)?;
    let begin = progress.settled;
    columns.keeps_all = !source.is_seekable();
    let mut stream = Stream::new(source, std::mem::take(buffer));
    let length = stamp.as_ref().map(|stamp| stamp.length);
    stream.end_at(length);
    let mut scanner = Scanner::new(stream, options.verify, options.on_corrupt).map_err(io_error)?;
    scanner.go_to(begin);
    let length = length.unwrap_or(0);
    let mut layout = Layout::new(path, length, begin.offset, at_once);
    let blocks = Blocks::of(path, stamp.as_ref(), begin, options, threads);
    let stretch = match blocks {
        Some(blocks) => blocks.read(&mut scanner, columns, &mut layout)?,
        None => Stretch::read(path, &mut scanner, columns, u64::MAX, Some(&mut layout))?,
    };
    if let Some((kind, mark)) = stretch.raised {
        return Err(Error::from(kind).at_path(path).at_record(mark.offset, mark.record));
    }
    let Stretch { settled, is_revocable, handed_on, .. } = stretch;
    let head = stretch.head.unwrap_or(progress.head);
    let mut damage: Vec<Damage> = progress.settled_damage().cloned().collect();
    damage.extend(stretch.damage);
    let mut progress =
        Progress { settled, handed_on, is_revocable, damage, stamp, head, tail: None };
    progress.tail = progress.tail_of(scanner.stream().source()).map_err(io_error)?;
    *buffer = scanner.into_buffer();
    Ok(progress)
}
