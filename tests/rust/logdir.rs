//! Which runs are found, and their names.
#![allow(missing_docs)]

use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use tfevents::ErrorKind;
use tfevents::logdir::{find, find_all, find_all_in, search_in};

fn tree(files: &[&str]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for file in files {
        let path = directory.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    }
    directory
}

/// The name of each run, with `/` between its parts on every system, and the names of its files.
fn found(runs: Vec<tfevents::logdir::RunFiles>) -> Vec<(String, Vec<String>)> {
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    runs.into_iter()
        .map(|run| {
            let run_name = run.name.to_str().unwrap().replace(MAIN_SEPARATOR, "/");
            (run_name, run.files.iter().map(name).collect())
        })
        .collect()
}

fn named(runs: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    runs.iter()
        .map(|(name, files)| ((*name).into(), files.iter().map(|&file| file.into()).collect()))
        .collect()
}

#[test]
fn runs_are_directories_with_event_files() {
    let directory = tree(&[
        "events.out.tfevents.2",
        "events.out.tfevents.1",
        "notes.txt",
        "b/deep/er/x.tfevents",
        "a/my-tfevents-backup",
        "empty/readme",
        "tfevents.d/other",
        "profiled/events.out.tfevents.9.profile-empty",
    ]);
    assert_eq!(
        found(find(directory.path()).unwrap()),
        named(&[
            (".", &["events.out.tfevents.1", "events.out.tfevents.2"]),
            ("a", &["my-tfevents-backup"]),
            ("b/deep/er", &["x.tfevents"]),
            ("profiled", &[]),
        ])
    );
    let file = directory.path().join("notes.txt");
    assert_eq!(found(find(&file).unwrap()), named(&[(".", &["notes.txt"])]));
    assert_eq!(find(&directory.path().join("empty")).unwrap(), []);
    let error = find(&directory.path().join("gone")).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io(_)));
    assert_eq!(error.path(), Some(&*directory.path().join("gone")));
}

#[test]
fn a_file_of_two_names_is_read_once() {
    let directory = tree(&["run/tfevents.1", "run/tfevents.2"]);
    let run = directory.path().join("run");
    fs::hard_link(run.join("tfevents.1"), run.join("tfevents.3")).unwrap();
    let expected = named(&[("run", &["tfevents.1", "tfevents.2"])]);
    assert_eq!(found(find(directory.path()).unwrap()), expected);
}

// On Windows only administrators may make links.
#[cfg(unix)]
#[test]
fn links_are_followed_but_not_around() {
    use std::os::unix::fs::symlink;
    use tfevents::logdir::{Found, Reason, search};
    let directory = tree(&["a/tfevents.1", "a/b/tfevents.1"]);
    let elsewhere = tree(&["x/tfevents.1"]);
    let root = directory.path();
    symlink(root, root.join("a/b/root")).unwrap();
    symlink(".", root.join("a/self")).unwrap();
    symlink(elsewhere.path(), root.join("away")).unwrap();
    symlink(elsewhere.path().join("x/tfevents.1"), root.join("a/tfevents.2")).unwrap();
    symlink("nowhere", root.join("a/tfevents.3")).unwrap();
    symlink("circle", root.join("circle")).unwrap();
    assert_eq!(
        found(find(root).unwrap()),
        named(&[
            ("a", &["tfevents.1", "tfevents.2"]),
            ("a/b", &["tfevents.1"]),
            ("away/x", &["tfevents.1"]),
        ])
    );
    // One of the links that lead nowhere has the name of an event file.
    let Found { skipped, .. } = search(root).unwrap();
    let [(name, skipped)] = &skipped[..] else { panic!("{skipped:?}") };
    assert_eq!((&**name, &*skipped.path), (Path::new("a"), &*root.join("a/tfevents.3")));
    assert_eq!(skipped.reason, Reason::NotFound);
    // The root itself may be a link.
    let link = root.join("link");
    symlink(root.join("a"), &link).unwrap();
    assert_eq!(find(&link).unwrap()[0].name, Path::new("."));
}

#[test]
fn a_list_keeps_equal_names_apart() {
    let directory = tree(&["one/exp/tfevents.1", "two/exp/tfevents.1", "two/tfevents.1"]);
    let root = directory.path();
    let paths = |names: &[&str]| names.iter().map(|name| root.join(name)).collect::<Vec<_>>();
    let names = |names: &[&str]| {
        let runs = find_all(&paths(names)).unwrap().runs;
        let names = runs.iter().map(|run| run.name.strip_prefix(root).unwrap().to_owned());
        let files: usize = runs.iter().map(|run| run.files.len()).sum();
        (names.collect::<Vec<_>>(), files)
    };
    let expected = |names: &[&str], files| (names.iter().map(PathBuf::from).collect(), files);
    assert_eq!(names(&["one", "two"]), expected(&["one/exp", "two", "two/exp"], 3));
    // It is reached in two ways and read once.
    assert_eq!(names(&["one", "one/exp", "one/../one"]), expected(&["one/exp"], 1));
    assert_eq!(names(&["one/exp/tfevents.1", "one"]), expected(&["one/exp"], 1));
    assert_eq!(names(&["two/tfevents.1"]), expected(&["two"], 1));
    assert_eq!(names(&[]), expected(&[], 0));
}

#[test]
fn files_that_were_named_are_told_from_those_that_were_found() {
    let directory = tree(&["run/tfevents.1", "run/tfevents.2", "run/notes"]);
    let run = directory.path().join("run");
    let file = run.join("tfevents.2");
    let given = |roots: &[&PathBuf]| {
        let roots: Vec<_> = roots.iter().map(|&root| root.clone()).collect();
        let mut runs = find_all(&roots).unwrap().runs;
        assert_eq!(runs.len(), 1);
        let run = runs.remove(0);
        assert!(run.given.iter().all(|file| run.files.contains(file)));
        (run.files.len(), run.given)
    };
    assert_eq!(given(&[&run]), (2, vec![]));
    assert_eq!(given(&[&run, &file]), (2, vec![file.clone()]));
    assert_eq!(given(&[&file, &run]), (2, vec![file.clone()]));
    // By another way, the path stays as it was given.
    let around = run.join("../run/tfevents.2");
    assert_eq!(given(&[&run, &around]), (2, vec![around.clone()]));
    assert_eq!(find(&file).unwrap()[0].given, [file]);
}

#[test]
fn paths_in_a_directory_are_absolute() {
    let tree = tree(&["a/tfevents.1"]);
    let file = tree.path().join("a/tfevents.1");
    let place = Some(tree.path());
    for root in ["a", "./a/", ".//a/./", "a/tfevents.1", "./a/tfevents.1"] {
        let found = search_in(place, Path::new(root)).unwrap().runs;
        assert_eq!(found[0].files, [&*file], "{root}");
        let found = find_all_in(place, &[root.into()]).unwrap().runs;
        assert_eq!(found[0].files, [&*file], "{root}");
        assert!(found[0].name.is_relative(), "{root}");
    }
}

#[test]
fn a_uri_of_a_local_path() {
    let directory = tree(&["a b/tfevents.1"]);
    let uri = format!("file://{}/a%20b", directory.path().display());
    assert_eq!(found(find(Path::new(&uri)).unwrap()), named(&[(".", &["tfevents.1"])]));
    let found = find_all(&[uri.into()]).unwrap().runs;
    assert_eq!(found[0].name, directory.path().join("a b"));
}

// On Windows only administrators may make links, and paths have at most 260 characters.
#[cfg(unix)]
#[test]
fn a_deep_tree_and_circles_in_it() {
    use std::os::unix::fs::symlink;
    let directory = tempfile::tempdir().unwrap();
    let mut path = directory.path().to_owned();
    for _ in 0..500 {
        path.push("d");
    }
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("tfevents"), b"").unwrap();
    for up in path.ancestors().take(500) {
        symlink(directory.path(), up.join("root")).unwrap();
    }
    let runs = find(directory.path()).unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].name.components().count(), 500);
}
