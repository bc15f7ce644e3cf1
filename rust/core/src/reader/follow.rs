//! Events as they come, over all files of many runs, of which one is open at a time.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};

use crate::error::{Corruption, Error, Result};
use crate::logdir::{Reason, RunFiles, Skipped};
use crate::reader::state::RunState;
use crate::record::Verify;
use crate::scan::damage::{Damage, OnCorrupt};
use crate::scan::progress::{self, Change, HEAD, Progress};
use crate::scan::records::{Records, Step};

/// Reads on in the files that it is [told of](Follower::look), each to where it ends when it is
/// its turn.
///
/// After an error, the next call goes on before the record that could not be read.
pub struct Follower {
    verify: Verify,
    on_corrupt: OnCorrupt,
    files: HashMap<PathBuf, Place>,
    /// Runs and files that are to be looked at.
    queue: VecDeque<(PathBuf, PathBuf)>,
    current: Option<Current>,
    damage: Vec<Damage>,
    /// The files that the caller named: what is wrong with these is an error.
    given: HashSet<PathBuf>,
    /// Why files are left out.
    left_out: HashMap<PathBuf, Reason>,
}

/// How far a file is read.
#[derive(Default, Clone)]
struct Place {
    /// Its damage is what may go on, since the file ends there.
    progress: Progress,
    /// Whether all was read that there was.
    is_done: bool,
    /// The run, where records are held back, since more bytes may show that they are none.
    held: Option<PathBuf>,
}

/// The file that is open.
struct Current {
    run: PathBuf,
    records: Records,
    /// What the file was like when it was opened.
    progress: Progress,
    /// Whether nothing was written since it was looked at before, so that nothing is held back.
    rests: bool,
    /// The size of the last record.
    size: usize,
}

impl Follower {
    /// Nothing yet.
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

    /// Reads on from `states`, where files that were found have one.
    pub fn resume(&mut self, states: &[RunState], found: &[RunFiles]) {
        let states: HashMap<&Path, &RunState> =
            states.iter().map(|state| (&*state.name, state)).collect();
        for run in found {
            let Some(state) = states.get(&*run.name) else { continue };
            let files: HashMap<_, _> =
                state.files.iter().map(|file| (file.name.as_os_str(), file)).collect();
            for path in &run.files {
                let known = path.file_name().and_then(|name| files.get(name));
                let place =
                    known.map(|it| Place { progress: it.progress(), is_done: true, held: None });
                self.files.extend(place.map(|place| (path.clone(), place)));
            }
        }
    }

    /// Looks at the files of these runs, one after the other. Files that are not among them any
    /// more are forgotten.
    pub fn look(&mut self, found: &[RunFiles]) {
        let there: HashSet<&Path> =
            found.iter().flat_map(|run| &run.files).map(|path| &**path).collect();
        self.files.retain(|path, _| there.contains(&**path));
        // The others are tried again.
        let stays = |reason: &Reason| *reason == Reason::NotAnEventFile;
        self.left_out.retain(|path, reason| stays(reason) && there.contains(&**path));
        self.given = found.iter().flat_map(|run| &run.given).cloned().collect();
        let files = found.iter().flat_map(|run| run.files.iter().map(move |path| (run, path)));
        self.queue = files.map(|(run, path)| (run.name.clone(), path.clone())).collect();
    }

    /// Moves to the next event; false if there is none for now.
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
                    // What is none will stay none until it is written to.
                    self.leave(reason == Some(Reason::NotAnEventFile), false);
                    if reason.is_none() {
                        self.queue.push_front(place);
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Looks once more at files whose last records are held back, since nothing more is waited for;
    /// whether there are any.
    pub fn settle(&mut self) -> bool {
        let held =
            self.files.iter().filter_map(|(path, it)| Some((it.held.clone()?, path.clone())));
        let before = self.queue.len();
        self.queue.extend(held);
        self.queue.len() > before
    }

    /// The run of the event, and its record, header and footer included.
    pub fn event(&self) -> Option<(&Path, &[u8])> {
        self.current.as_ref().map(|it| (&*it.run, it.records.last(it.size)))
    }

    /// Moves to the next event, if it is in memory, so that nothing need be waited for.
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

    /// What could not be read and was stepped over.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// What could not be read at the end of a file, and may go on.
    pub fn open_damage(&self) -> impl Iterator<Item = &Damage> {
        let current = self.current.iter().map(|current| &current.progress);
        let all = self.files.values().map(|place| &place.progress).chain(current);
        all.flat_map(|progress| &progress.damage)
    }

    /// The files that are left out, as of the last look at them, so that they hide nothing else.
    pub fn skipped(&self) -> impl Iterator<Item = Skipped> {
        let skipped = |(path, &reason): (&PathBuf, _)| Skipped { path: path.clone(), reason };
        self.left_out.iter().map(skipped)
    }

    /// Closes the file that is open, and forgets everything else.
    pub fn close(&mut self) {
        *self = Follower::new(self.verify, self.on_corrupt);
    }

    /// Leaves out the file that an error is about, for this reason; None if it is to be raised.
    fn leave_out(&mut self, error: &Error) -> Option<Reason> {
        let skipped = Skipped::instead_of(error, self.on_corrupt == OnCorrupt::Skip)?;
        let Skipped { path, reason } = skipped;
        if self.given.contains(&path) {
            return None;
        }
        self.left_out.insert(path, reason);
        Some(reason)
    }

    /// The file at `path`, where reading goes on, if there is more of it.
    fn open(&mut self, run: &Path, path: &Path) -> Result<Option<Current>> {
        let known = self.files.get(path).cloned();
        let (place, rests) = match known {
            None => (Place::default(), false),
            Some(place) => match place.progress.look(path)? {
                Change::None if place.is_done && place.held.is_none() => return Ok(None),
                Change::None => (place, true),
                Change::Grown => (place, false),
                Change::Replaced => (Place::default(), false),
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
        // What was given is not taken back.
        progress.settled = if holds { open } else { scanner.handed_on() };
        let is_settled = |damage: &Damage| damage.offset < progress.settled.offset;
        let settled = progress.damage.extract_if(.., |damage| is_settled(damage));
        self.damage.extend(settled);
        // Where it can't be read, what follows will say so.
        progress.tail = progress.tail_of(records.source()).unwrap_or(None);
        let held = holds.then_some(run);
        self.files.insert(path, Place { progress, is_done, held });
    }
}
