//! A log: all runs, and how they are updated.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::columns::Restarts;
use crate::columns::claims::Claimed;
use crate::error::Result;
use crate::logdir::{Reason, RunFiles, Skipped};
use crate::reader::left_out::{LeftOut, Rules};
use crate::reader::options::Options;
use crate::reader::parallel::{FileContent, Task, read_files};
use crate::reader::run::{Run, RunFile};
use crate::reader::state::RunState;
use crate::scan::damage::Damage;
use crate::scan::progress::Change;

/// The runs that were read.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// The runs, in the order in which they were given.
    runs: Vec<Arc<Run>>,
    left_out: LeftOut,
}

/// Reads these runs. All points are in the order of the files, for any number of threads.
///
/// A record that the end of a file cuts short is not written yet. It is not an error.
///
/// ```
/// use tfevents::{logdir, reader};
///
/// let directory = tempfile::tempdir().unwrap();
/// let log = reader::read(&logdir::find(directory.path()).unwrap(), &Default::default()).unwrap();
/// assert!(log.runs().is_empty());
/// ```
pub fn read(runs: &[RunFiles], options: &Options<'_>) -> Result<Log> {
    let mut log = Log::default();
    log.update(runs, options)?;
    Ok(log)
}

/// What to read for a run.
enum Plan<'r> {
    /// Nothing.
    Keep(&'r Arc<Run>),
    /// This number of files grew or are new, and have to be read.
    Grow(&'r Arc<Run>, usize),
    /// All files have to be read.
    Read,
}

impl Log {
    /// The runs, in the order in which they were given.
    pub fn runs(&self) -> &[Arc<Run>] {
        &self.runs
    }

    /// How far the log was read.
    pub fn state(&self) -> Vec<RunState> {
        self.runs.iter().map(|run| run.state()).collect()
    }

    /// A log that continues after `states`. To update it, with these restarts, reads only what came
    /// since. Runs and files are recognised by their names, even if their directory is another one.
    /// It has the values of the runs in `values`, all that were read of them, and none of others.
    pub fn resume(
        states: &[RunState],
        found: &[RunFiles],
        restarts: Restarts,
        values: &[Arc<Run>],
    ) -> Log {
        let states: HashMap<&Path, &RunState> =
            states.iter().map(|state| (&*state.name, state)).collect();
        let values: HashMap<&Path, &Run> = values.iter().map(|run| (run.name(), &**run)).collect();
        let resume = |run: &RunFiles| {
            let values = values.get(&*run.name).copied();
            Some(Arc::new(Run::resume(states.get(&*run.name)?, run, restarts, values)))
        };
        let runs = found.iter().filter_map(resume);
        Log { runs: runs.collect(), left_out: LeftOut::default() }
    }

    /// The damage, ordered by run, file and offset.
    pub fn damage(&self) -> impl Iterator<Item = &Damage> {
        self.runs.iter().flat_map(|run| run.damage())
    }

    /// The files that were skipped, so that the others can be read: they are not event files, were
    /// removed after they were found, or there is no permission to read them.
    pub fn skipped(&self) -> impl Iterator<Item = &Skipped> {
        self.left_out.skipped()
    }

    /// Reads what is new in these runs. The options must be the same as before. Other runs are
    /// removed. Afterwards the log is as if it had been read now. Returns the indices of the runs
    /// that changed. After an error, the log is unchanged.
    ///
    /// A file that grew is read from its old end on. If a file was replaced, truncated or removed,
    /// all of its run is read again. A run whose files are all skipped is removed.
    pub fn update(&mut self, found: &[RunFiles], options: &Options<'_>) -> Result<Vec<usize>> {
        let rules = Rules::new(found, options.on_corrupt);
        let mut left_out = LeftOut::default();
        let left = self.left_out.without(found, &mut left_out);
        let known: HashMap<&Path, &Arc<Run>> =
            self.runs.iter().map(|run| (run.name(), run)).collect();
        let mut tasks = Vec::new();
        let mut plans = Vec::with_capacity(found.len());
        for run in &left {
            plans.push(plan(run, known.get(&*run.name).copied(), &mut tasks)?);
        }
        let results = read_files(&tasks, options, |error| rules.instead_of(error).is_some());
        let mut results = tasks.iter().zip(results);
        let (mut runs, mut changed) = (Vec::with_capacity(found.len()), Vec::new());
        for ((plan, run), found) in plans.into_iter().zip(&left).zip(found) {
            let count = match plan {
                Plan::Keep(old) => {
                    runs.push(Arc::clone(old));
                    continue;
                }
                Plan::Grow(_, count) => count,
                Plan::Read => run.files.len(),
            };
            let mut reading =
                Reading { name: &run.name, files: run.files.clone(), rules: &rules, options };
            let (mut new, mut is_grown) = (Vec::new(), true);
            for (task, result) in results.by_ref().take(count) {
                match rules.sift(task.path, result, &mut left_out)? {
                    Some(content) => new.push((task.path, content)),
                    None => {
                        reading.files.retain(|file| file != task.path);
                        // The earlier content of the file must be removed too.
                        is_grown &= task.before.is_none();
                    }
                }
            }
            let read = match plan {
                Plan::Grow(old, _) if is_grown && new.is_empty() => {
                    runs.push(Arc::clone(old));
                    continue;
                }
                Plan::Grow(old, _) if is_grown => old.grown(&reading.files, new),
                Plan::Grow(..) => None,
                _ => {
                    let new = new.into_iter().map(|(_, content)| content).collect();
                    Some(reading.joined(new, &mut left_out)?)
                }
            };
            let read = match read {
                Some(run) => run,
                None => {
                    let new = reading.read(&mut left_out)?;
                    reading.joined(new, &mut left_out)?
                }
            };
            if found.files.is_empty() || !reading.files.is_empty() {
                changed.push(runs.len());
                runs.push(Arc::new(read));
            }
        }
        drop(results);
        drop(tasks);
        self.runs = runs;
        self.left_out = left_out;
        Ok(changed)
    }
}

/// A run of which all files are read.
struct Reading<'r> {
    name: &'r Path,
    /// The files that are not skipped.
    files: Vec<PathBuf>,
    rules: &'r Rules<'r>,
    options: &'r Options<'r>,
}

impl Reading<'_> {
    /// Reads the content of the files.
    fn read(&mut self, left_out: &mut LeftOut) -> Result<Vec<FileContent>> {
        let tasks: Vec<Task<'_>> = self.files.iter().map(|path| whole(path)).collect();
        let is_left_out = |error: &_| self.rules.instead_of(error).is_some();
        let results = read_files(&tasks, self.options, is_left_out);
        let (mut files, mut contents) = (Vec::new(), Vec::new());
        for (path, result) in self.files.iter().zip(results) {
            if let Some(content) = self.rules.sift(path, result, left_out)? {
                files.push(path.clone());
                contents.push(content);
            }
        }
        self.files = files;
        Ok(contents)
    }

    /// Makes the run from the content of its files. If one of them has to be read again but was
    /// removed meanwhile, the others are read once more.
    fn joined(&mut self, mut contents: Vec<FileContent>, left_out: &mut LeftOut) -> Result<Run> {
        loop {
            let error = match Run::new(self.name, &self.files, contents, self.options) {
                Err(error) => error,
                run => return run,
            };
            let place = self.files.iter().position(|file| Some(&**file) == error.path());
            match (self.rules.instead_of(&error), place) {
                (Some(skipped), Some(place)) => {
                    self.files.remove(place);
                    left_out.add(skipped, None);
                }
                _ => return Err(error),
            }
            contents = self.read(left_out)?;
        }
    }
}

fn whole(path: &Path) -> Task<'_> {
    Task { path, before: None, claimed: Claimed::default() }
}

/// What to read for a run that was found, and that was read before as `old`.
fn plan<'r>(
    found: &'r RunFiles,
    old: Option<&'r Arc<Run>>,
    tasks: &mut Vec<Task<'r>>,
) -> Result<Plan<'r>> {
    let start = tasks.len();
    let mut plan = Plan::Read;
    let mut gone: HashMap<&Path, &RunFile> =
        old.iter().flat_map(|old| old.files()).map(|file| (&*file.path, file)).collect();
    let known: Vec<_> = found.files.iter().map(|path| gone.remove(&**path)).collect();
    if let Some(old) = old
        && gone.is_empty()
    {
        plan = Plan::Keep(old);
        for (path, file) in found.files.iter().zip(known) {
            let before = match file {
                None => None,
                Some(file) => match file.progress.look(path) {
                    Ok(Change::None) => continue,
                    Ok(Change::Grown) => Some((&file.progress, &file.sessions)),
                    Ok(Change::Replaced) => {
                        plan = Plan::Read;
                        break;
                    }
                    // The file may have been removed after it was found. Reading it reports that.
                    Err(error) if Reason::of(&error).is_some() => {
                        plan = Plan::Read;
                        break;
                    }
                    Err(error) => return Err(error),
                },
            };
            tasks.push(Task { path, before, claimed: old.claimed_in(&found.files, path) });
            plan = Plan::Grow(old, tasks.len() - start);
        }
    }
    if matches!(plan, Plan::Read) {
        tasks.truncate(start);
        tasks.extend(found.files.iter().map(|path| whole(path)));
    }
    Ok(plan)
}
