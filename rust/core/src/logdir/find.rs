//! The runs at and below paths, local or remote.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::logdir::run_files::RunFiles;
use crate::logdir::skipped::{Reason, Skipped};
use crate::logdir::tree::{self, Tree};
use crate::storage::remote::{self, Listing};
use crate::storage::{self, uri};

/// The runs at and below some paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The runs.
    pub runs: Vec<RunFiles>,
    /// Files and directories that could not be read, with the name that a run there would have.
    pub skipped: Vec<(PathBuf, Skipped)>,
}

impl Found {
    /// The runs, or an error if something is there and can't be read.
    pub fn all(self) -> Result<Vec<RunFiles>> {
        match self.skipped.iter().find_map(|(_, skipped)| skipped.error()) {
            Some(error) => Err(error),
            None => Ok(self.runs),
        }
    }
}

/// The runs under `root`, sorted by name. If `root` is a file, it is a run, whatever its name is.
///
/// A directory that can't be read is an error. For [`search`] it is not.
pub fn find(root: &Path) -> Result<Vec<RunFiles>> {
    search(root)?.all()
}

/// The runs under each of `roots`, in their order.
///
/// The name of a run is the root's path as given, joined with the run's path below it. So equal
/// names below two roots do not collide. A file belongs to the run of its directory. A run or file
/// that is found twice is read once.
pub fn find_all(roots: &[PathBuf]) -> Result<Found> {
    find_all_in(None, roots)
}

/// The same of roots that are in `directory` if they are relative.
pub fn find_all_in(directory: Option<&Path>, roots: &[PathBuf]) -> Result<Found> {
    collect(roots.iter().map(|root| {
        let root = local(root);
        under(&root, &placed(directory, &root))
    }))
}

/// The runs under each of `roots`, which the caller did not name but a glob matched. If a root can't
/// be read, it is skipped. Relative roots are in `directory`, if one is given.
pub fn find_matched(directory: Option<&Path>, roots: &[PathBuf]) -> Result<Found> {
    collect(roots.iter().map(|root| match under(root, &placed(directory, root)) {
        Ok(mut tree) => {
            tree.runs.iter_mut().for_each(|(run, _)| run.given.clear());
            Ok(tree)
        }
        Err(error) => {
            let skipped = Skipped::instead_of(&error, true).ok_or(error)?;
            Ok(Tree { runs: Vec::new(), skipped: vec![(below(root, Path::new(".")), skipped)] })
        }
    }))
}

/// The runs under a root, which is at `path`, by their names together with others.
fn under(root: &Path, path: &Path) -> Result<Tree> {
    Ok(match At::look(path)? {
        At::File => {
            let (name, place) = directory_of(root, path)?;
            let files = vec![path.to_owned()];
            let given = files.clone();
            Tree { runs: vec![(RunFiles { name, files, given }, place)], skipped: Vec::new() }
        }
        At::Directory(mut tree) => {
            tree.runs.iter_mut().for_each(|(run, _)| run.name = below(root, &run.name));
            tree.skipped.iter_mut().for_each(|(name, _)| *name = below(root, name));
            tree
        }
    })
}

/// All runs of these trees, in their order.
fn collect(trees: impl Iterator<Item = Result<Tree>>) -> Result<Found> {
    let mut all = Found::default();
    let mut places: HashMap<PathBuf, usize> = HashMap::new();
    for found in trees {
        let found = found?;
        for (run, place) in found.runs {
            match places.get(&place) {
                Some(&index) => join(&mut all.runs[index], run),
                None => {
                    places.insert(place, all.runs.len());
                    all.runs.push(run);
                }
            }
        }
        for skipped in found.skipped {
            if !all.skipped.iter().any(|(_, known)| known.path == skipped.1.path) {
                all.skipped.push(skipped);
            }
        }
    }
    Ok(all)
}

/// The runs under one path. Their names are relative to it, and they are sorted by name.
pub fn search(root: &Path) -> Result<Found> {
    search_in(None, root)
}

/// The same of a path that is in `directory` if it is relative.
pub fn search_in(directory: Option<&Path>, root: &Path) -> Result<Found> {
    let root = local(root);
    let root = &*placed(directory, &root);
    Ok(match At::look(root)? {
        At::File => {
            let files = vec![root.to_owned()];
            let run = RunFiles { name: ".".into(), given: files.clone(), files };
            Found { runs: vec![run], skipped: Vec::new() }
        }
        At::Directory(Tree { runs, skipped }) => {
            Found { runs: runs.into_iter().map(|(run, _)| run).collect(), skipped }
        }
    })
}

/// The local path of a `file://` URI. Any other path is unchanged.
fn local(path: &Path) -> Cow<'_, Path> {
    match path.to_str().and_then(uri::local_path) {
        Some(path) => Cow::Owned(path),
        None => Cow::Borrowed(path),
    }
}

/// The path of a root. If the directory is given in which it is, it means the same in any other one.
fn placed<'a>(directory: Option<&Path>, root: &'a Path) -> Cow<'a, Path> {
    match directory {
        Some(directory) if remote::of(root).is_none() => {
            Cow::Owned(storage::absolute(&directory.join(root)))
        }
        _ => Cow::Borrowed(root),
    }
}

/// What is at a path.
enum At {
    File,
    Directory(Tree),
}

impl At {
    fn look(root: &Path) -> Result<At> {
        let io_error = |error| Error::io(error, root);
        let mut tree = if let Some((remote, uri)) = remote::of(root) {
            match remote.list(uri).map_err(io_error)? {
                Listing::File => return Ok(At::File),
                Listing::Directory { files, denied } => listed(uri, files, denied),
            }
        } else if fs::metadata(root).map_err(io_error)?.is_dir() {
            tree::walk(root)?
        } else {
            return Ok(At::File);
        };
        tree.runs.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        tree.skipped.sort_by(|(_, a), (_, b)| a.path.cmp(&b.path));
        Ok(At::Directory(tree))
    }
}

/// Adds the files of a run that is known already.
fn join(known: &mut RunFiles, run: RunFiles) {
    for file in run.files {
        let is_given = run.given.contains(&file);
        match known.files.iter_mut().find(|it| it.file_name() == file.file_name()) {
            Some(it) if is_given => *it = file,
            Some(_) => {}
            None => known.files.push(file),
        }
    }
    known.given.extend(run.given);
    known.files.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
}

/// The directory of a file that is at `path`: its path as the caller wrote it, and its path without
/// symbolic links.
fn directory_of(file: &Path, path: &Path) -> Result<(PathBuf, PathBuf)> {
    if let Some((_, uri)) = remote::of(file) {
        let (directory, _) = uri.rsplit_once('/').unwrap_or((uri, ""));
        return Ok((directory.into(), directory.into()));
    }
    let name = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.components().collect(),
        _ => PathBuf::from("."),
    };
    let place = fs::canonicalize(path).map_err(|error| Error::io(error, path))?;
    Ok((name, place.parent().unwrap_or(&place).into()))
}

/// The name of a run, from its name relative to a root.
fn below(root: &Path, name: &Path) -> PathBuf {
    let is_root = name == Path::new(".");
    if let Some((_, uri)) = remote::of(root) {
        return match name.to_str() {
            Some(name) if !is_root => uri::join(uri, name).into(),
            _ => uri.trim_end_matches('/').into(),
        };
    }
    let below = if is_root { None } else { Some(name.components()) };
    root.components().chain(below.into_iter().flatten()).collect()
}

/// The runs of these files, which are given by their paths relative to the URI. `denied` are
/// directories that may not be listed.
fn listed(uri: &str, mut files: Vec<String>, denied: Vec<String>) -> Tree {
    let mut tree = Tree::default();
    let mut places: HashMap<String, usize> = HashMap::new();
    files.sort();
    for path in files.iter().filter(|path| tree::is_event_file(Path::new(path))) {
        let directory = path.rsplit_once('/').map_or(".", |(directory, _)| directory);
        let index = *places.entry(directory.to_owned()).or_insert_with(|| {
            let run = RunFiles { name: directory.into(), ..RunFiles::default() };
            tree.runs.push((run, below(Path::new(uri), Path::new(directory))));
            tree.runs.len() - 1
        });
        if tree::is_read(Path::new(path)) {
            tree.runs[index].0.files.push(uri::join(uri, path).into());
        }
    }
    tree.skipped.extend(denied.into_iter().map(|name| {
        let path = uri::join(uri, &name).into();
        (name.into(), Skipped { path, reason: Reason::PermissionDenied })
    }));
    tree
}
