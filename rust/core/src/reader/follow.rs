//! Follows the events of all files of many runs. One file is open at a time.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};

use crate::error::{Corruption, Error, Result};
use crate::logdir::{Reason, RunFiles, Skipped};
use crate::reader::state::RunState;
use crate::record::Verify;
use crate::scan::damage::{Damage, OnCorrupt};
use crate::scan::progress::{self, Change, HEAD, Progress};
use crate::scan::records::{Records, Step};

/// Reads new events from the files that it is [given](Follower::look), one file after the other,
/// each up to its present end.
///
/// After an error, the next call continues at the record that could not be read.
pub struct Follower {
    verify: Verify,
    on_corrupt: OnCorrupt,
    files: HashMap<PathBuf, FileProgress>,
    /// The files to read next, with their runs.
    queue: VecDeque<(PathBuf, PathBuf)>,
    current: Option<Current>,
    damage: Vec<Damage>,
    /// The files that the caller named. They are not skipped if something is wrong with them.
    given: HashSet<PathBuf>,
    /// The skipped files, and why they are skipped.
    left_out: HashMap<PathBuf, Reason>,
}

/// How far a file was read.
#[derive(Default, Clone)]
struct FileProgress {
    /// Its damage is at the end of the file, so it may continue in later bytes.
    progress: Progress,
    /// Whether the file was read to its end.
    is_done: bool,
    /// The run, if the last records are held back, since later bytes may show that they are not
    /// records.
    held: Option<PathBuf>,
}

/// The file that is open.
struct Current {
    run: PathBuf,
    records: Records,
    /// How far the file was read when it was opened.
    progress: Progress,
    /// Whether the file did not grow since the last look, so that nothing is held back.
    rests: bool,
    /// The size of the last record.
    size: usize,
}

impl Follower {
    /// A follower without files.
    pub fn new(verify: Verify, on_corrupt: OnCorrupt) -> Follower {
        Follower {
            verify,
            on_corrupt,
            files: HashMap::new(),
            queue: VecDeque::new(),
            current: None,
            damage: Vec::new(),
            given: HashSet::new(),
            left_out: HashMap::new(),
        }
    }

    /// Continues from `states`, for the found files that have one.
    pub fn resume(&mut self, states: &[RunState], found: &[RunFiles]) {
        let states: HashMap<&Path, &RunState> =
            states.iter().map(|state| (&*state.name, state)).collect();
        for run in found {
            let Some(state) = states.get(&*run.name) else { continue };
            let files: HashMap<_, _> =
                state.files.iter().map(|file| (file.name.as_os_str(), file)).collect();
            for path in &run.files {
                let known = path.file_name().and_then(|name| files.get(name));
                let place = known.map(|it| FileProgress {
                    progress: it.progress(),
                    is_done: true,
                    held: None,
                });
                self.files.extend(place.map(|place| (path.clone(), place)));
            }
        }
    }

    /// Sets the files to read next: those of these runs, one after the other. Other files are
    /// forgotten.
    pub fn look(&mut self, found: &[RunFiles]) {
        let there: HashSet<&Path> =
            found.iter().flat_map(|run| &run.files).map(|path| &**path).collect();
        self.files.retain(|path, _| there.contains(&**path));
        // Files that are skipped for other reasons are tried again.
        let stays = |reason: &Reason| *reason == Reason::NotAnEventFile;
        self.left_out.retain(|path, reason| stays(reason) && there.contains(&**path));
        self.given = found.iter().flat_map(|run| &run.given).cloned().collect();
        let files = found.iter().flat_map(|run| run.files.iter().map(move |path| (run, path)));
        self.queue = files.map(|(run, path)| (run.name.clone(), path.clone())).collect();
    }

    /// Moves to the next event. False if there is none at present.
    pub fn advance(&mut self) -> Result<bool> {
        loop {
            let Some(current) = &mut self.current else {
                let Some((run, path)) = self.queue.pop_front() else { return Ok(false) };
                match self.open(&run, &path) {
                    Ok(current) => self.current = current,
                    Err(error) => {
                        if self.leave_out(&error).is_none() {
                            self.queue.push_front((run, path));
                            return Err(error);
                        }
                        self.files.remove(&path);
                    }
                }
                continue;
            };
            let progress = &mut current.progress;
            match current.records.step() {
                Ok(Step::Record(_))
                    if current.records.scanner().is_revocable() && !current.rests =>
                {
                    self.leave(true, true);
                }
                Ok(Step::Record(size)) => {
                    current.size = size;
                    self.damage.append(&mut progress.damage);
                    return Ok(true);
                }
                Ok(Step::Damage(damage))
                    if damage.kind == Corruption::NotAnEventFile
                        && !self.given.contains(&damage.path) =>
                {
                    self.left_out.insert(damage.path, Reason::NotAnEventFile);
                    self.leave(true, false);
                }
                Ok(Step::Damage(damage)) => progress.damage.push(damage),
                Ok(Step::End) => self.leave(true, false),
                Err(error) => {
                    let place = (current.run.clone(), current.records.path().to_owned());
                    let reason = self.leave_out(&error);
                    // A file that is not an event file is not read again until it changes.
                    self.leave(reason == Some(Reason::NotAnEventFile), false);
                    if reason.is_none() {
                        self.queue.push_front(place);
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Reads files whose last records are held back once more, since no more bytes are expected.
    /// Returns whether there are such files.
    pub fn settle(&mut self) -> bool {
        let held =
            self.files.iter().filter_map(|(path, it)| Some((it.held.clone()?, path.clone())));
        let before = self.queue.len();
        self.queue.extend(held);
        self.queue.len() > before
    }

    /// The run of the event, and its record, including header and footer.
    pub fn event(&self) -> Option<(&Path, &[u8])> {
        self.current.as_ref().map(|it| (&*it.run, it.records.last(it.size)))
    }

    /// Moves to the next event, if it is in memory, so that no read is needed.
    pub fn advance_at_hand(&mut self) -> bool {
        let Some(current) = &mut self.current else { return false };
        if current.records.scanner().is_open() {
            return false;
        }
        let Some(record) = current.records.read_at_hand() else { return false };
        current.size = record.len();
        self.damage.append(&mut current.progress.damage);
        true
    }

    /// The damage that was skipped.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// Damage at the end of a file, which may continue in later bytes.
    pub fn open_damage(&self) -> impl Iterator<Item = &Damage> {
        let current = self.current.iter().map(|current| &current.progress);
        let all = self.files.values().map(|place| &place.progress).chain(current);
        all.flat_map(|progress| &progress.damage)
    }

    /// The files that were skipped at the last look, so that the others can be read.
    pub fn skipped(&self) -> impl Iterator<Item = Skipped> {
        let skipped = |(path, &reason): (&PathBuf, _)| Skipped { path: path.clone(), reason };
        self.left_out.iter().map(skipped)
    }

    /// Closes the file that is open, and forgets everything else.
    pub fn close(&mut self) {
        *self = Follower::new(self.verify, self.on_corrupt);
    }

    /// Skips the file of an error, and returns the reason. None if the error must be raised.
    fn leave_out(&mut self, error: &Error) -> Option<Reason> {
        let skipped = Skipped::instead_of(error, self.on_corrupt == OnCorrupt::Skip)?;
        let Skipped { path, reason } = skipped;
        if self.given.contains(&path) {
            return None;
        }
        self.left_out.insert(path, reason);
        Some(reason)
    }

    /// Opens the file at `path` where reading continues, if it has more bytes.
    fn open(&mut self, run: &Path, path: &Path) -> Result<Option<Current>> {
        let known = self.files.get(path).cloned();
        let (place, rests) = match known {
            None => (FileProgress::default(), false),
            Some(place) => match place.progress.look(path)? {
                Change::None if place.is_done && place.held.is_none() => return Ok(None),
                Change::None => (place, true),
                Change::Grown => (place, false),
                Change::Replaced => (FileProgress::default(), false),
            },
        };
        let mut progress = place.progress;
        progress.damage.clear();
        let records = (Records::open(path, self.verify, self.on_corrupt)?).from(progress.settled);
        let io_error = |error| crate::Error::io(error, path);
        progress.stamp = records.source().stamp().map_err(io_error)?;
        if usize::from(progress.head.0) < HEAD && records.source().is_seekable() {
            progress.head = progress::head(records.source()).map_err(io_error)?;
        }
        self.files.remove(path);
        self.left_out.remove(path);
        Ok(Some(Current { run: run.to_owned(), records, progress, rests, size: 0 }))
    }

    /// Closes the file that is open.
    fn leave(&mut self, is_done: bool, holds: bool) {
        let Some(Current { run, records, mut progress, .. }) = self.current.take() else { return };
        let path = records.path().to_owned();
        let (open, scanner) = (records.scanner().open(), records.scanner());
        // Events that were given to the caller stay valid.
        progress.settled = if holds { open } else { scanner.handed_on() };
        let is_settled = |damage: &Damage| damage.offset < progress.settled.offset;
        let settled = progress.damage.extract_if(.., |damage| is_settled(damage));
        self.damage.extend(settled);
        // If it can't be read, the next read reports it.
        progress.tail = progress.tail_of(records.source()).unwrap_or(None);
        let held = holds.then_some(run);
        self.files.insert(path, FileProgress { progress, is_done, held });
    }
}
