//! Finds the runs in a local directory and below it.

use std::collections::HashSet;
use std::fs::{self, DirEntry, FileType};
use std::io;
use std::path::{Path, PathBuf};

use crate::cancel;
use crate::error::{Error, Result};
use crate::logdir::run_files::RunFiles;
use crate::logdir::skipped::{Reason, Skipped};
use crate::sys;

/// The runs in a directory and below it.
#[derive(Default)]
pub(super) struct Tree {
    /// The runs, with the paths of their directories without symbolic links.
    pub runs: Vec<(RunFiles, PathBuf)>,
    /// Files and directories that could not be read, with the name that a run there would have.
    pub skipped: Vec<(PathBuf, Skipped)>,
}

/// Whether a file of this name is an event file.
pub(super) fn is_event_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.windows(b"tfevents".len()).any(|part| part == b"tfevents")
}

/// Whether TensorBoard reads this event file. It ignores the empty files of the profiler, whose
/// only use is to make a directory a run (`IsSummaryEventsFile`).
pub(super) fn is_read(path: &Path) -> bool {
    !path.as_os_str().as_encoded_bytes().ends_with(b".profile-empty")
}

/// A directory that was found.
struct Directory {
    /// Its path relative to the root.
    name: PathBuf,
    path: PathBuf,
    /// Its path without symbolic links.
    place: PathBuf,
    /// Whether a symbolic link was followed to it.
    is_linked: bool,
}

/// The runs at and below `root`.
///
/// Directories are read level by level, so that each directory is found by its shortest path first.
/// Of several paths of the same length, one without links comes first, and then the first by name.
/// A directory that was entered by one path is not entered by another, so a circle of links ends.
/// Only links have to be resolved.
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
    /// Adds a directory as a run, if it is one, and adds its subdirectories to `next`.
    fn enter(&mut self, directory: &Directory, next: &mut Vec<Directory>) -> Result<()> {
        let is_root = directory.name.as_os_str().is_empty();
        let entries = match fs::read_dir(&directory.path) {
            // The caller asked for the root, so it is not skipped.
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
            } else if is_event_file(&path) && !file_type.is_file() {
                // Reading a pipe, a socket or a device may wait for ever.
                self.leave_out(Reason::NotAnEventFile, &directory.name, &path);
            } else if is_event_file(&path) {
                is_run = true;
                if is_read(&path) {
                    files.push(EventFile { path, is_link, inode: sys::inode(&entry) });
                }
            }
        }
        if is_run {
            let run = RunFiles {
                name: run_name(&directory.name),
                files: distinct(files),
                given: Vec::new(),
            };
            self.runs.push((run, directory.place.clone()));
        }
        Ok(())
    }

    /// Skips what can't be read, if the error concerns only that.
    fn skip(&mut self, error: io::Error, name: &Path, path: &Path) -> Result<()> {
        let Some(reason) = Reason::of_io(&error) else { return Err(Error::io(error, path)) };
        self.leave_out(reason, name, path);
        Ok(())
    }

    /// Lists what is not read, of the directory of this name.
    fn leave_out(&mut self, reason: Reason, name: &Path, path: &Path) {
        self.skipped.push((run_name(name), Skipped { path: path.to_owned(), reason }));
    }
}

/// The name of the run in a directory, from the directory's name.
fn run_name(directory: &Path) -> PathBuf {
    if directory.as_os_str().is_empty() { ".".into() } else { directory.to_owned() }
}

/// The type of a directory's entry, or of its target if it is a link, and whether it is a link.
fn type_of(entry: &DirEntry) -> io::Result<(FileType, bool)> {
    let file_type = entry.file_type()?;
    match file_type.is_symlink() {
        true => Ok((fs::metadata(entry.path())?.file_type(), true)),
        false => Ok((file_type, false)),
    }
}

/// Whether the error is that a link is broken. A link in a circle is broken too.
fn leads_nowhere(error: &io::Error) -> bool {
    sys::is_circle(error) || Reason::of_io(error) == Some(Reason::NotFound)
}

/// An event file in a directory.
struct EventFile {
    path: PathBuf,
    is_link: bool,
    /// The inode according to the directory. Some file systems give all files the same one.
    inode: u64,
}

/// The sorted paths of a directory's files. A file with two names is given once, so that its events
/// are read once.
fn distinct(mut files: Vec<EventFile>) -> Vec<PathBuf> {
    let mut inodes = HashSet::new();
    // The files are compared only if one may be there twice, since hardly any file has two names.
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
