//! Finding runs and their files, by TensorBoard's rules.
//!
//! A run is a directory that directly contains event files: files with `tfevents` in their name
//! (`tensorboard/backend/event_processing/io_wrapper.py`). Its name is its path relative to the
//! root, `.` for the root itself. Its files are read in the order of their names. Symbolic links
//! are followed, but not into a directory that contains the link, which would never end.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cancel;
use crate::error::{Error, Result};
use crate::storage::remote::{self, Listing};
use crate::storage::uri;

/// A run, not read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFiles {
    /// The run's name.
    pub name: PathBuf,
    /// Its files, in the order in which they are to be read.
    pub files: Vec<PathBuf>,
}

/// Whether a file of this name is an event file.
fn is_event_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.windows(b"tfevents".len()).any(|part| part == b"tfevents")
}

/// Whether TensorBoard reads this event file: the profiler writes empty ones, only to make a
/// directory a run (`IsSummaryEventsFile`).
fn is_read(path: &Path) -> bool {
    !path.as_os_str().as_encoded_bytes().ends_with(b".profile-empty")
}

/// The runs under `root`, sorted by name. A file is a run of its own, whatever its name is.
pub fn find(root: &Path) -> Result<Vec<RunFiles>> {
    Ok(match Found::at(root)? {
        Found::File => vec![RunFiles { name: ".".into(), files: vec![root.to_owned()] }],
        Found::Runs(runs) => runs,
    })
}

/// What there is at a path.
enum Found {
    File,
    /// A directory with these runs in it, sorted by name.
    Runs(Vec<RunFiles>),
}

impl Found {
    fn at(root: &Path) -> Result<Found> {
        let io_error = |error| Error::io(error, root);
        let mut runs = Vec::new();
        if let Some((remote, uri)) = remote::of(root) {
            match remote.list(uri).map_err(io_error)? {
                Listing::File => return Ok(Found::File),
                Listing::Directory(files) => listed(uri, files, &mut runs),
            }
        } else if fs::metadata(root).map_err(io_error)?.is_dir() {
            walk(root, Path::new(""), &mut Vec::new(), &mut runs)?;
        } else {
            return Ok(Found::File);
        }
        runs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Found::Runs(runs))
    }
}

/// The runs under each of `roots`, in their order.
///
/// A run's name is the root's path as given, joined with the run's path below it, so that equal
/// names below two roots do not collide; a file belongs to the run of its directory. A run or file
/// that is reached twice is read once.
pub fn find_all(roots: &[PathBuf]) -> Result<Vec<RunFiles>> {
    let mut runs: Vec<RunFiles> = Vec::new();
    let mut places: HashMap<PathBuf, usize> = HashMap::new();
    for root in roots {
        let found = match Found::at(root)? {
            Found::File => vec![(directory_of(root)?, vec![root.clone()])],
            Found::Runs(runs) => {
                let named = runs.into_iter().map(|run| Ok((below(root, &run.name)?, run.files)));
                named.collect::<Result<_>>()?
            }
        };
        for ((name, place), files) in found {
            let index = *places.entry(place).or_insert_with(|| {
                runs.push(RunFiles { name, files: Vec::new() });
                runs.len() - 1
            });
            let known = &mut runs[index].files;
            let file_names: Vec<_> = known.iter().map(|file| file.file_name()).collect();
            let new: Vec<_> = (files.into_iter())
                .filter(|file| !file_names.contains(&file.file_name()))
                .collect();
            known.extend(new);
            known.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
        }
    }
    Ok(runs)
}

/// A directory's name as the user knows it, and the one that all ways to it share.
type Named = (PathBuf, PathBuf);

/// The directory of a file.
fn directory_of(file: &Path) -> Result<Named> {
    if let Some((_, uri)) = remote::of(file) {
        let (directory, _) = uri.rsplit_once('/').unwrap_or((uri, ""));
        return Ok((directory.into(), directory.into()));
    }
    let name = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.components().collect(),
        _ => PathBuf::from("."),
    };
    let place = fs::canonicalize(file).map_err(|error| Error::io(error, file))?;
    Ok((name, place.parent().unwrap_or(&place).into()))
}

/// The directory of a run below a root.
fn below(root: &Path, run: &Path) -> Result<Named> {
    let is_root = run == Path::new(".");
    if let Some((_, uri)) = remote::of(root) {
        let uri = match run.to_str() {
            Some(run) if !is_root => uri::join(uri, run),
            _ => uri.trim_end_matches('/').to_owned(),
        };
        return Ok((uri.clone().into(), uri.into()));
    }
    let below = if is_root { None } else { Some(run.components()) };
    let name = root.components().chain(below.into_iter().flatten()).collect();
    let place = fs::canonicalize(root.join(run)).map_err(|error| Error::io(error, root))?;
    Ok((name, place))
}

/// Adds the runs that have these files, at paths below the URI.
fn listed(uri: &str, mut files: Vec<String>, runs: &mut Vec<RunFiles>) {
    files.sort();
    let mut places: HashMap<String, usize> = HashMap::new();
    for path in files.iter().filter(|path| is_event_file(Path::new(path))) {
        let directory = path.rsplit_once('/').map_or(".", |(directory, _)| directory);
        let index = *places.entry(directory.to_owned()).or_insert_with(|| {
            runs.push(RunFiles { name: directory.into(), files: Vec::new() });
            runs.len() - 1
        });
        if is_read(Path::new(path)) {
            runs[index].files.push(uri::join(uri, path).into());
        }
    }
}

/// Adds the runs at and below `directory`, whose path below the root is `name`. `above` holds the
/// identities of the directories on the way.
fn walk(
    directory: &Path,
    name: &Path,
    above: &mut Vec<PathBuf>,
    runs: &mut Vec<RunFiles>,
) -> Result<()> {
    // A directory that is removed meanwhile is not there; the root was there a moment ago.
    let gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    cancel::check().map_err(|error| Error::io(error, directory))?;
    let entries = match fs::read_dir(directory) {
        Err(error) if gone(&error) => return Ok(()),
        entries => entries.map_err(|error| Error::io(error, directory))?,
    };
    let (mut directories, mut files, mut is_run) = (Vec::new(), Vec::new(), false);
    for entry in entries {
        let entry = entry.map_err(|error| Error::io(error, directory))?;
        let path = entry.path();
        let mut file_type = entry.file_type().map_err(|error| Error::io(error, &path))?;
        let is_link = file_type.is_symlink();
        if is_link {
            match fs::metadata(&path) {
                Ok(target) => file_type = target.file_type(),
                // It leads nowhere, or around in a circle.
                Err(_) => continue,
            }
        }
        if file_type.is_dir() {
            directories.push((path, is_link));
        } else if file_type.is_file() && is_event_file(&path) {
            is_run = true;
            files.extend(is_read(&path).then_some(path));
        }
    }
    if is_run {
        files.sort();
        let name = if name.as_os_str().is_empty() { Path::new(".") } else { name };
        runs.push(RunFiles { name: name.to_owned(), files });
    }
    if directories.is_empty() {
        return Ok(());
    }
    above.push(fs::canonicalize(directory).map_err(|error| Error::io(error, directory))?);
    for (path, is_link) in directories {
        // Only a link can lead back up.
        if is_link && fs::canonicalize(&path).is_ok_and(|target| above.contains(&target)) {
            continue;
        }
        walk(&path, &name.join(path.file_name().unwrap_or_default()), above, runs)?;
    }
    above.pop();
    Ok(())
}
