//! All runs, and what became of them since they were read.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::columns::Restarts;
use crate::columns::claims::Claimed;
use crate::error::Result;
use crate::logdir::RunFiles;
use crate::reader::options::Options;
use crate::reader::parallel::{FileContent, Task, read_files};
use crate::reader::run::{Run, RunFile};
use crate::reader::state::RunState;
use crate::scan::damage::Damage;
use crate::scan::progress::Change;

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// The runs, in the order in which they were given.
    runs: Vec<Arc<Run>>,
}

/// Reads these runs, with all points in the order of the files, whatever the number of threads.
///
/// A record that the end of a file cuts short is not written yet, and no error.
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

/// What is to be done for a run.
enum Plan<'r> {
    /// Nothing.
    Keep(&'r Arc<Run>),
    /// So many files are to be read, which grew or are new.
    Grow(&'r Arc<Run>, usize),
    /// All of its files are to be read.
    Read,
}

impl Log {
    /// The runs, in the order in which they were given.
    pub fn runs(&self) -> &[Arc<Run>] {
        &self.runs
    }

    /// How far it is read.
    pub fn state(&self) -> Vec<RunState> {
        self.runs.iter().map(|run| run.state()).collect()
    }

    /// A log without values that is read so far. To update it, with these restarts, reads what came
    /// since. Runs are found again by their names, and their files by theirs, wherever they are.
    pub fn resume(states: &[RunState], found: &[RunFiles], restarts: Restarts) -> Log {
        let states: HashMap<&Path, &RunState> =
            states.iter().map(|state| (&*state.name, state)).collect();
        let runs = (found.iter())
            .filter_map(|run| Some(Run::resume(states.get(&*run.name)?, run, restarts)))
            .map(Arc::new);
        Log { runs: runs.collect() }
    }

    /// What could not be read, by run, file and offset.
    pub fn damage(&self) -> impl Iterator<Item = &Damage> {
        self.runs.iter().flat_map(|run| run.damage())
    }

    /// Reads what these runs have beyond what was read of them before with the same options; runs
    /// that are not among them any more go. Afterwards everything is as if it had been read now.
    /// The indices of the runs that are not what they were. After an error, all is as before.
    ///
    /// What was written to a file is read on from there; a file that was replaced, cut or removed
    /// has all of its run read again.
    pub fn update(&mut self, found: &[RunFiles], options: &Options<'_>) -> Result<Vec<usize>> {
        let known: HashMap<&Path, &Arc<Run>> =
            self.runs.iter().map(|run| (run.name(), run)).collect();
        let mut tasks = Vec::new();
        let mut plans = Vec::with_capacity(found.len());
        for run in found {
            plans.push(plan(run, known.get(&*run.name).copied(), &mut tasks)?);
        }
        let mut contents = read_files(&tasks, options).into_iter();
        let paths: Vec<&Path> = tasks.iter().map(|task| task.path).collect();
        let (mut runs, mut changed, mut at) = (Vec::with_capacity(found.len()), Vec::new(), 0);
        for (index, (plan, run)) in plans.into_iter().zip(found).enumerate() {
            let count = match plan {
                Plan::Keep(old) => {
                    runs.push(Arc::clone(old));
                    continue;
                }
                Plan::Grow(_, count) => count,
                Plan::Read => run.files.len(),
            };
            let new = contents.by_ref().take(count).collect::<Result<Vec<FileContent>>>()?;
            let paths = &paths[at..at + count];
            at += count;
            changed.push(index);
            let grown = match plan {
                Plan::Grow(old, _) => {
                    old.grown(&run.files, paths.iter().copied().zip(new).collect())
                }
                _ => Some(Run::new(&run.name, &run.files, new, options)?),
            };
            runs.push(Arc::new(match grown {
                Some(run) => run,
                None => {
                    let tasks: Vec<Task<'_>> = run.files.iter().map(|path| whole(path)).collect();
                    let new = read_files(&tasks, options).into_iter().collect::<Result<_>>()?;
                    Run::new(&run.name, &run.files, new, options)?
                }
            }));
        }
        drop(tasks);
        self.runs = runs;
        Ok(changed)
    }
}

fn whole(path: &Path) -> Task<'_> {
    Task { path, before: None, claimed: Claimed::default() }
}

/// What is to be done for a run that was found, and read before as `old`.
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
                    // It went after it was found; reading it says so.
                    Err(error) if error.is_not_found() => {
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
