//! A large file, read by several threads.
//!
//! Each takes the next block of the file, guesses where in it the first record begins, and reads the
//! block into columns of its own, which are small enough to stay in its processor's cache. Then it
//! hands them in and goes on with another block. One thread at a time puts together what was handed
//! in, in the order of the blocks. The block before must have ended just where this one was believed
//! to begin; then its columns are appended to those of the file. If not, it is read once more, in
//! its turn, as one thread alone would read it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::columns::builder::Columns;
use crate::columns::selection::Selection;
use crate::columns::sessions::Sessions;
use crate::error::{Error, Result};
use crate::reader::help::with_help;
use crate::reader::layout::Layout;
use crate::reader::options::Options;
use crate::reader::stretch::Stretch;
use crate::record::Verify;
use crate::scan::damage::OnCorrupt;
use crate::scan::scanner::{Mark, Scanner};
use crate::storage;
use crate::storage::remote;
use crate::storage::source::Stamp;
use crate::storage::stream::Stream;

/// Bytes of a block: what is made of it fits into a second-level cache.
const SIZE: u64 = 256 << 10;

/// A file with fewer blocks left over is read by one thread.
const WORTH_THREADS: u64 = 4;

/// After so many blocks in which no record began, as far as they were looked at, records are too
/// large for guesses.
const PATIENCE: u32 = 4;

/// So many blocks of each thread may wait for those before them. Then a thread that is held up
/// holds up no other.
const AHEAD: usize = 2;

/// Blocks with fewer bytes than this for each series are read in their turn, since putting together
/// columns of few values takes longer than reading them.
const WORTH_JOINING: u64 = 512;

/// Columns that know more series than this are not used for another block, which may have others.
const MANY_SERIES: usize = 1 << 14;

/// What is to be read, and how.
pub(super) struct Blocks<'b> {
    path: &'b Path,
    stamp: &'b Stamp,
    begin: Mark,
    size: u64,
    /// Blocks of more series are read in their turn.
    most_series: usize,
    threads: usize,
    verify: Verify,
    on_corrupt: OnCorrupt,
    selection: Selection<'b>,
}

/// What is put together, by one thread at a time.
struct Whole<'w, 'c, 'r> {
    columns: &'w mut Columns<'c>,
    layout: &'w mut Layout<'r>,
    stretch: Stretch,
    error: Option<Error>,
}

/// What the threads share.
struct Shared<'w, 'c, 'r, 'b> {
    next: AtomicU64,
    whole: Mutex<Whole<'w, 'c, 'r>>,
    queue: Mutex<Queue<'b>>,
    /// Told whenever a block left the queue.
    moved: Condvar,
}

/// Blocks that were handed in before their turn.
#[derive(Default)]
struct Queue<'b> {
    waiting: BTreeMap<u64, HandedIn<'b>>,
    /// The block whose turn it is.
    turn: u64,
    /// Whether a thread puts blocks together.
    is_served: bool,
    is_over: bool,
    spare: Vec<Part<'b>>,
}

/// A block, and what is in it, if that could be guessed.
struct HandedIn<'b> {
    part: Part<'b>,
    guess: Option<Guess>,
}

/// The columns of one block after the other.
struct Part<'c> {
    columns: Columns<'c>,
    /// Which series of the file its series are.
    places: Vec<u32>,
}

/// A block that was read before its turn, and where it was believed to begin.
struct Guess {
    from: u64,
    stretch: Stretch,
}

impl<'c> Part<'c> {
    fn new(selection: Selection<'c>) -> Part<'c> {
        let columns = Columns::new(selection, Sessions::default(), Vec::new());
        Part { columns, places: Vec::new() }
    }
}

impl<'b> Blocks<'b> {
    /// The blocks of a file, if it is worth it and may be read in any order.
    pub fn of(
        path: &'b Path,
        stamp: Option<&'b Stamp>,
        begin: Mark,
        options: &Options<'b>,
        threads: NonZeroUsize,
    ) -> Option<Blocks<'b>> {
        // One thread reads a remote file faster than its bytes arrive. Several would request most of
        // them twice.
        let stamp = stamp.filter(|_| remote::of(path).is_none())?;
        let blocks = stamp.length.saturating_sub(begin.offset) / SIZE;
        let threads = threads.get().min(usize::try_from(blocks).unwrap_or(usize::MAX));
        // What restarts take back depends on the order.
        let is_in_order = options.restarts.purges();
        let Options { verify, on_corrupt, selection, .. } = *options;
        (threads > 1 && blocks >= WORTH_THREADS && !is_in_order).then_some(Blocks {
            path,
            stamp,
            begin,
            size: SIZE,
            most_series: (SIZE / WORTH_JOINING) as usize,
            threads,
            verify,
            on_corrupt,
            selection,
        })
    }

    /// Reads them into `columns`, with the help of other threads.
    pub fn read(
        &self,
        scanner: &mut Scanner,
        columns: &mut Columns<'_>,
        layout: &mut Layout<'_>,
    ) -> Result<Stretch> {
        let stretch = Stretch::at(self.begin);
        let shared = Shared {
            next: AtomicU64::new(0),
            whole: Mutex::new(Whole { columns, layout, stretch, error: None }),
            queue: Mutex::default(),
            moved: Condvar::new(),
        };
        let help = || self.help(&shared);
        with_help(self.threads - 1, help, || self.work(scanner, &shared, false));
        let whole = shared.whole.into_inner().unwrap_or_else(PoisonError::into_inner);
        whole.error.map_or(Ok(whole.stretch), Err)
    }

    /// Reads blocks, unless the file is not the same any more.
    fn help<'p>(&'p self, shared: &Shared<'_, '_, '_, 'p>) {
        let open = || {
            let source = storage::open(self.path)?;
            if source.stamp()?.as_ref() != Some(self.stamp) {
                return Ok(None);
            }
            let mut stream = Stream::new(source, Vec::new());
            stream.end_at(Some(self.stamp.length));
            Scanner::new(stream, self.verify, self.on_corrupt).map(Some)
        };
        // What can't be opened is told by the thread that has it open.
        if let Ok(Some(mut scanner)) = open() {
            self.work(&mut scanner, shared, true);
        }
    }

    /// Reads blocks up to the end. One that only helps leaves blocks of many series to the other,
    /// since each thread takes memory from a place of its own.
    fn work<'p>(&'p self, scanner: &mut Scanner, shared: &Shared<'_, '_, '_, 'p>, helps: bool) {
        let mut misses = 0;
        let mut part = Part::new(self.selection);
        loop {
            let block = shared.next.fetch_add(1, Ordering::Relaxed);
            let from = self.begin.offset + block * self.size;
            if from >= self.stamp.length {
                break;
            }
            let guess = match misses {
                PATIENCE.. => None,
                _ => self.guess(block, from, scanner, &mut part),
            };
            let is_many = part.columns.filled_count() > self.most_series;
            misses = match guess.is_some() {
                true if is_many => PATIENCE,
                true => 0,
                false => misses + 1,
            };
            let most = AHEAD * self.threads;
            let Some(serves) = shared.hand_in(block, HandedIn { part, guess }, most) else { break };
            if serves {
                self.serve(scanner, shared);
            }
            if helps && is_many {
                break;
            }
            part = shared.spare().unwrap_or_else(|| Part::new(self.selection));
        }
    }

    /// Puts together what was handed in, up to a block that was not yet.
    fn serve<'p>(&'p self, scanner: &mut Scanner, shared: &Shared<'_, '_, '_, 'p>) {
        let mut whole = shared.whole.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((block, HandedIn { mut part, guess })) = shared.take_turn() {
            let until = self.begin.offset + (block + 1) * self.size;
            if let Err(error) = self.add(&mut whole, until, guess, scanner, &mut part) {
                whole.error = Some(error);
            }
            let Whole { stretch, error, .. } = &*whole;
            let is_over = error.is_some() || stretch.is_end || stretch.raised.is_some();
            shared.turn_is_done(part, is_over);
        }
    }

    /// Reads a block before its turn; nothing where no record is seen to begin in it, or where it
    /// can't be read, which its turn will tell.
    fn guess<'p>(
        &'p self,
        block: u64,
        from: u64,
        scanner: &mut Scanner,
        part: &mut Part<'p>,
    ) -> Option<Guess> {
        let until = from + self.size;
        scanner.restart(Mark { offset: from, record: 0 }, until);
        if block > 0 && !scanner.find(until).ok()? {
            return None;
        }
        let from = scanner.mark().offset;
        match Stretch::read(self.path, scanner, &mut part.columns, until, None) {
            Ok(stretch) => Some(Guess { from, stretch }),
            Err(_) => {
                *part = Part::new(self.selection);
                None
            }
        }
    }

    /// Adds a block in its turn.
    fn add<'p>(
        &'p self,
        whole: &mut Whole<'_, '_, '_>,
        until: u64,
        guess: Option<Guess>,
        scanner: &mut Scanner,
        part: &mut Part<'p>,
    ) -> Result<()> {
        let at = whole.stretch.read;
        let was_read = guess.is_some();
        if let Some(Guess { from, stretch }) = guess
            && from == at.offset
            && at.offset < until
            && !stretch.is_open()
            && whole.columns.append(&mut part.columns, &mut part.places)
        {
            whole.stretch.extend(stretch.behind(at.record));
            let io_error = |error| Error::io(error, self.path);
            return whole.layout.spread(whole.columns, whole.stretch.read.offset).map_err(io_error);
        }
        if was_read {
            *part = Part::new(self.selection);
        }
        // The record before may reach over this block.
        if at.offset >= until {
            return Ok(());
        }
        scanner.restart(at, until);
        let mut read =
            |until| Stretch::read(self.path, scanner, whole.columns, until, Some(whole.layout));
        let mut stretch = read(until)?;
        if stretch.is_open() && !stretch.is_end {
            // All that follows depends on what does not hold yet.
            stretch.extend(read(u64::MAX)?);
        }
        whole.stretch.extend(stretch);
        Ok(())
    }
}

impl<'b> Shared<'_, '_, '_, 'b> {
    fn queue(&self) -> MutexGuard<'_, Queue<'b>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands in a block, once fewer than `most` wait, or in its turn; whether the caller is to put
    /// blocks together, or nothing if there is nothing more to do.
    fn hand_in(&self, block: u64, what: HandedIn<'b>, most: usize) -> Option<bool> {
        let is_early = |queue: &mut Queue<'b>| {
            !queue.is_over && queue.turn != block && queue.waiting.len() >= most
        };
        let queue = self.moved.wait_while(self.queue(), is_early);
        let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
        if queue.is_over {
            return None;
        }
        queue.waiting.insert(block, what);
        let serves = queue.turn == block && !queue.is_served;
        queue.is_served |= serves;
        Some(serves)
    }

    /// The block whose turn it is. If it was not handed in, the thread that does so goes on.
    fn take_turn(&self) -> Option<(u64, HandedIn<'b>)> {
        let mut queue = self.queue();
        let turn = queue.turn;
        let what = if queue.is_over { None } else { queue.waiting.remove(&turn) };
        queue.is_served = what.is_some();
        Some((turn, what?))
    }

    fn turn_is_done(&self, part: Part<'b>, is_over: bool) {
        let mut queue = self.queue();
        queue.turn += 1;
        queue.is_over = is_over;
        self.moved.notify_all();
        if part.columns.series_count() <= MANY_SERIES {
            queue.spare.push(part);
        }
    }

    fn spare(&self) -> Option<Part<'b>> {
        self.queue().spare.pop()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::columns::content::Content;
    use crate::record;
    use crate::summary;
    use crate::wire::encode;

    /// A record of one of several shapes, or bytes that are none.
    fn write(out: &mut Vec<u8>, what: u8, step: i64) {
        let start = out.len();
        let tag = format!("tag{}", what / 16);
        let tensor = |out: &mut Vec<u8>, plugin: &[u8]| {
            let (mut tensor, mut value, mut message) = (Vec::new(), Vec::new(), Vec::new());
            encode::varint_field(&mut tensor, 1, 1);
            encode::bytes_field(&mut tensor, 4, &[0; 4]);
            encode::bytes_field(&mut value, 1, tag.as_bytes());
            encode::bytes_field(&mut value, 8, &tensor);
            if !plugin.is_empty() {
                let mut data = Vec::new();
                encode::bytes_field(&mut data, 1, plugin);
                let mut metadata = Vec::new();
                encode::bytes_field(&mut metadata, 1, &data);
                encode::bytes_field(&mut value, 9, &metadata);
            }
            encode::bytes_field(&mut message, 1, &value);
            summary::summary_event(out, step as f64, Some(step), &message);
        };
        match what % 16 {
            0 => summary::file_version(out, step as f64, "w"),
            1 => {
                let mut message = Vec::new();
                summary::text_value(&mut message, &tag, &step.to_string());
                summary::summary_event(out, step as f64, Some(step), &message);
            }
            2 => tensor(out, b"scalars"),
            3 => tensor(out, b""),
            4 => tensor(out, b"other"),
            5 => summary::event(out, step as f64, Some(step), 4, &[7; 90]),
            6 => {
                out.extend([what; 21]);
                return;
            }
            _ => summary::scalar_event(out, step as f64, Some(step), &tag, step as f32),
        }
        record::seal(&mut out[start..]);
    }

    /// What is read, but for what has no order.
    fn shown(content: Content, stretch: &Stretch) -> String {
        let Content { series, events, origin, sessions, claims } = content;
        let mut claims: Vec<_> = claims.iter().map(|it| format!("{it:?}")).collect();
        claims.sort();
        format!("{series:#?} {events:?} {origin:?} {sessions:?} {claims:?} {stretch:#?}")
    }

    proptest! {
        #[test]
        fn blocks_are_what_one_thread_reads(
            records in prop::collection::vec(any::<u8>(), 0..120),
            flips in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
            cut in 0..80usize,
            size in 60..900u64,
            most_series in 0..40usize,
            threads in 2..4usize,
            checks in any::<(bool, bool)>(),
        ) {
            let mut bytes = Vec::new();
            (0..).zip(&records).for_each(|(step, &what)| write(&mut bytes, what, step));
            for at in flips.iter().take(bytes.len()) {
                let at = at.index(bytes.len());
                bytes[at] ^= 4;
            }
            bytes.truncate(bytes.len().saturating_sub(cut));
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &bytes).unwrap();
            let verify = if checks.0 { Verify::Crc } else { Verify::None };
            let on_corrupt = if checks.1 { OnCorrupt::Skip } else { OnCorrupt::Raise };
            let source = || storage::open(file.path()).unwrap();
            let stamp = source().stamp().unwrap().unwrap();
            let scanner =
                || Scanner::new(Stream::new(source(), Vec::new()), verify, on_corrupt).unwrap();
            let selection = Selection::default();
            let columns = || Columns::new(selection, Sessions::default(), Vec::new());
            let layout = || Layout::new(file.path(), stamp.length, 0, 1);

            let mut alone = columns();
            let expected =
                Stretch::read(file.path(), &mut scanner(), &mut alone, u64::MAX, None).unwrap();
            let mut together = columns();
            let (path, stamp, begin) = (file.path(), &stamp, Mark::default());
            let blocks = Blocks {
                path, stamp, begin, size, most_series, threads, verify, on_corrupt, selection,
            };
            let mut found = blocks.read(&mut scanner(), &mut together, &mut layout()).unwrap();
            // Whether the end was seen does not matter where nothing is left of the file.
            found.is_end = expected.is_end;
            found.head = expected.head;
            if expected.raised.is_none() {
                prop_assert_eq!(
                    shown(together.finish().0, &found),
                    shown(alone.finish().0, &expected)
                );
            } else {
                prop_assert_eq!(found.raised, expected.raised);
            }
        }
    }
}
