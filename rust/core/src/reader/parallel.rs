//! Reads several files at the same time, on several threads.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::columns::builder::Columns;
use crate::columns::claims::Claimed;
use crate::columns::content::Content;
use crate::columns::points::Points;
use crate::columns::sessions::{Sessions, SessionsRead};
use crate::error::{Error, Result};
use crate::reader::file;
use crate::reader::help::with_help;
use crate::reader::options::Options;
use crate::scan::progress::Progress;

/// One file to read.
pub struct Task<'t> {
    pub path: &'t Path,
    /// How far it was read before.
    pub before: Option<(&'t Progress, &'t SessionsRead)>,
    /// The kinds that tags claim before it.
    pub claimed: Claimed,
}

/// The content of one file.
pub struct FileContent {
    pub content: Content,
    pub progress: Progress,
}

/// Reads files in parallel. Each gives its content, or the reason why it is skipped. The result
/// ends with the first file whose error must be raised.
pub fn read_files(
    tasks: &[Task<'_>],
    options: &Options<'_>,
    is_left_out: impl Fn(&Error) -> bool + Sync,
) -> Vec<Result<FileContent>> {
    let threads = (options.threads.or_else(|| std::thread::available_parallelism().ok()))
        .map_or(1, NonZeroUsize::get);
    let workers = threads.min(tasks.len());
    let for_each = NonZeroUsize::new(threads / tasks.len().max(1)).unwrap_or(NonZeroUsize::MIN);
    let (next, first_error) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    let results = Mutex::new(Vec::with_capacity(tasks.len()));
    let work = || {
        let mut scratch = Scratch { at_once: workers, ..Scratch::default() };
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = tasks.get(index) else { break };
            if index > first_error.load(Ordering::Relaxed) {
                break;
            }
            let result = read_file(task, options, &mut scratch, for_each);
            if result.as_ref().is_err_and(|error| !is_left_out(error)) {
                first_error.fetch_min(index, Ordering::Relaxed);
            }
            results.lock().unwrap_or_else(|poison| poison.into_inner()).push((index, result));
        }
    };
    if workers <= 1 {
        work();
    } else {
        with_help(workers - 1, work, work);
    }
    let mut results = results.into_inner().unwrap_or_else(|poison| poison.into_inner());
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Memory that is used for one file after the other.
#[derive(Default)]
pub struct Scratch {
    buffer: Vec<u8>,
    spare: Vec<Points>,
    /// The number of files that are read at the same time.
    at_once: usize,
}

pub fn read_file(
    task: &Task<'_>,
    options: &Options<'_>,
    scratch: &mut Scratch,
    threads: NonZeroUsize,
) -> Result<FileContent> {
    let is_watched = options.restarts.purges();
    let sessions = Sessions::resume(is_watched, task.before.map(|(_, sessions)| sessions));
    let spare = std::mem::take(&mut scratch.spare);
    let mut columns = Columns::new(options.selection, sessions, spare);
    task.claimed.iter().for_each(|(tag, kind)| columns.declare(tag, kind));
    let nothing = Progress::default();
    let progress = task.before.map_or(&nothing, |(progress, _)| progress);
    let Scratch { at_once, buffer, .. } = scratch;
    let progress =
        file::read_file(task.path, progress, &mut columns, options, *at_once, buffer, threads)?;
    let (content, spare) = columns.finish();
    scratch.spare = spare;
    Ok(FileContent { content, progress })
}
