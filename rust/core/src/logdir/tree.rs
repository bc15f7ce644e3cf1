//! The runs in a directory of this machine and below it.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, DirEntry, FileType};
use std::io;
use std::path::{Path, PathBuf};

use crate::cancel;
use crate::error::{Error, Result};
use crate::logdir::run_files::RunFiles;
use crate::logdir::skipped::{Reason, Skipped};
use crate::sys;

/// What there is in a directory and below.
#[derive(Default)]
pub(super) struct Tree {
    /// Each run, with the path of its directory that all ways to it share.
    pub runs: Vec<(RunFiles, PathBuf)>,
    /// What could not be looked into, each with the name that a run there would have.
    pub skipped: Vec<(PathBuf, Skipped)>,
}

/// Whether a file of this name is an event file.
pub(super) fn is_event_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.windows(b"tfevents".len()).any(|part| part == b"tfevents")
}

/// Whether TensorBoard reads this event file: the profiler writes empty ones, only to make a
/// directory a run (`IsSummaryEventsFile`).
pub(super) fn is_read(path: &Path) -> bool {
    !path.as_os_str().as_encoded_bytes().ends_with(b".profile-empty")
}

/// A directory that was found.
struct Directory {
    /// Its path below the root.
    name: PathBuf,
    path: PathBuf,
    /// The path without links, which all ways to it share.
    place: PathBuf,
    /// Whether a link leads to it.
    is_linked: bool,
}

/// The runs at and below `root`.
///
/// Directories are read level by level, so that the shortest way to each comes first; of several
/// that are as short, one without links, or else the first by name. Who has been there by another
/// way, around a circle say, doesn't go there again. Only a link costs a look at where it leads.
pub(super) fn walk(root: &Path) -> Result<Tree> {
    let mut tree = Tree::default();
    let place = fs::canonicalize(root).map_err(|error| Error::io(error, root))?;
    let mut been: HashSet<PathBuf> = HashSet::new();
    let (name, path) = (PathBuf::new(), root.to_owned());
    let mut level = vec![Directory { name, path, place, is_linked: false }];
    while !level.is_empty() {
        level.sort_by(|a, b| (a.is_linked, &a.name).cmp(&(b.is_linked, &b.name)));
        let mut next = Vec::new();
        for directory in level {
            cancel::check().map_err(|error| Error::io(error, &directory.path))?;
            if been.insert(directory.place.clone()) {
                tree.enter(&directory, &mut next)?;
            }
        }
        level = next;
    }
    Ok(tree)
}

impl Tree {
    /// Adds the run that a directory is, and to `next` the directories in it.
    fn enter(&mut self, directory: &Directory, next: &mut Vec<Directory>) -> Result<()> {
        let is_root = directory.name.as_os_str().is_empty();
        let entries = match fs::read_dir(&directory.path) {
            // The root was there, and is what was asked for.
            Err(error) if is_root => return Err(Error::io(error, &directory.path)),
            Err(error) => return self.skip(error, &directory.name, &directory.path),
            Ok(entries) => entries,
        };
        let (mut files, mut is_run) = (Vec::new(), false);
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.skip(error, &directory.name, &directory.path)?;
                    break;
                }
            };
            let (path, name) = (entry.path(), directory.name.join(entry.file_name()));
            let (file_type, is_link) = match type_of(&entry) {
                Ok(found) => found,
                Err(error) if leads_nowhere(&error) => {
                    if is_event_file(&path) {
                        self.skip(io::ErrorKind::NotFound.into(), &directory.name, &path)?;
                    }
                    continue;
                }
                Err(error) => {
                    self.skip(error, &name, &path)?;
                    continue;
                }
            };
            if file_type.is_dir() {
                let place = match is_link {
                    true => fs::canonicalize(&path),
                    false => Ok(directory.place.join(entry.file_name())),
                };
                match place {
                    Ok(place) => {
                        let is_linked = is_link || directory.is_linked;
                        next.push(Directory { name, path, place, is_linked });
                    }
                    Err(error) => self.skip(error, &name, &path)?,
                }
            } else if file_type.is_file() && is_event_file(&path) {
                is_run = true;
                if is_read(&path) {
                    files.push(EventFile { path, is_link, inode: sys::inode(&entry) });
                }
            }
        }
        if is_run {
            let name = if is_root { PathBuf::from(".") } else { directory.name.clone() };
            let run = RunFiles { name, files: distinct(files), given: Vec::new() };
            self.runs.push((run, directory.place.clone()));
        }
        Ok(())
    }

    /// Leaves out what can't be looked into, where the error says no more than that.
    fn skip(&mut self, error: io::Error, name: &Path, path: &Path) -> Result<()> {
        let Some(reason) = Reason::of_io(&error) else { return Err(Error::io(error, path)) };
        let name = if name == OsStr::new("") { Path::new(".") } else { name };
        self.skipped.push((name.to_owned(), Skipped { path: path.to_owned(), reason }));
        Ok(())
    }
}

/// What an entry of a directory is, or leads to, and whether it is a link.
fn type_of(entry: &DirEntry) -> io::Result<(FileType, bool)> {
    let file_type = entry.file_type()?;
    match file_type.is_symlink() {
        true => Ok((fs::metadata(entry.path())?.file_type(), true)),
        false => Ok((file_type, false)),
    }
}

/// Whether that is what is wrong with a link; around in a circle is nowhere too.
fn leads_nowhere(error: &io::Error) -> bool {
    sys::is_circle(error) || Reason::of_io(error) == Some(Reason::NotFound)
}

/// An event file in a directory.
struct EventFile {
    path: PathBuf,
    is_link: bool,
    /// As the directory says it, which some file systems know no better than to say the same of all.
    inode: u64,
}

/// The paths of a directory's files, sorted, each file by one name: its events came once.
fn distinct(mut files: Vec<EventFile>) -> Vec<PathBuf> {
    let mut inodes = HashSet::new();
    // Both have to be looked for, since nearly no file has two names.
    let may_repeat = files.iter().any(|file| file.is_link || !inodes.insert(file.inode));
    if may_repeat && files.len() > 1 {
        let mut been = HashSet::new();
        files.sort_by(|a, b| (a.is_link, &a.path).cmp(&(b.is_link, &b.path)));
        files.retain(|file| {
            sys::status_at(&file.path).ok().is_none_or(|status| been.insert(status.identity))
        });
    }
    let mut paths: Vec<PathBuf> = files.into_iter().map(|file| file.path).collect();
    paths.sort();
    paths
}
