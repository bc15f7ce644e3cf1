"""Trees that change, that contain foreign files, or that have circles."""

from __future__ import annotations

import errno
import os
import pickle
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import scripts
import tfevents
from events import only_file
from tfevents import SummaryWriter, _native
from tfevents.reader import finding

FOREIGN = {
    "._events.out.tfevents.1": b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + bytes(200),
    "events.out.tfevents.1.gz": b"\x1f\x8b\x08\x00" + bytes(range(256)) * 20,
    "events.out.tfevents.1.csv": b"wall_time,step,value\n" + b"1.0,1,0.5\n" * 1000,
    "notes on tfevents": b"short",
}


def write(directory: Path, points: int = 1) -> Path:
    with SummaryWriter(directory) as writer:
        for step in range(points):
            writer.add_scalar("loss", 0.5, step)
    return only_file(directory)


def lengths(log: tfevents.Log) -> dict[str, int]:
    return {name: len(run.scalars["loss"]) for name, run in log.items()}


# Every reader of trees: the number of scalars of each run, and what was left out.
Read = Callable[..., tuple[dict[str, int], list[tuple[str, str]]]]


def by_read(path: Path, **options: Any) -> Any:
    log = tfevents.read(path, **options)
    assert log.damage == []
    return lengths(log), log.skipped


def by_reload(path: Path, **options: Any) -> Any:
    log = tfevents.read(path.parent / "nothing yet", **options)
    log._find = finding.finder([str(path)], False, skip=options.get("on_corrupt") == "skip")
    log.reload()
    assert log.reload() == []
    return lengths(log), log.skipped


def by_follow(path: Path, **options: Any) -> Any:
    follower = tfevents.follow(path, timeout=0, interval=0, **options)
    counts: dict[str, int] = {}
    for _ in range(2):
        for run, event in follower:
            counts[run] = counts.get(run, 0) + (event.what == "summary")
    assert follower.damage == []
    return counts, follower.skipped


def by_iter_events(path: Path, **options: Any) -> Any:
    # Without the names of the runs.
    events = tfevents.iter_events(path, **options)
    count = sum(event.what == "summary" for event in events)
    assert events.damage == []
    return count, events.skipped


def by_verify(path: Path, **_: Any) -> Any:
    report = tfevents.verify(path)
    foreign = [(it.path, it.damage[0].kind) for it in report if it.damage]
    return report.records - sum(it.records > 0 for it in report), foreign + report.skipped


def by_repair(path: Path, **_: Any) -> Any:
    copies = path.parent / "copies"
    report = tfevents.repair(path, copies)
    try:
        foreign = [(it.path, it.damage[0].kind) for it in report if it.output is None]
        return lengths(tfevents.read(copies)), foreign + report.skipped
    finally:
        shutil.rmtree(copies, ignore_errors=True)


READERS = [by_read, by_reload, by_follow, by_iter_events, by_verify, by_repair]
MODES = ["raise", "skip"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "nothing yet").mkdir()
    for name in ("a", "b", "c/d"):
        write(tmp_path / "tree" / name)
    return tmp_path / "tree"


# Foreign files.


@pytest.mark.parametrize("on_corrupt", MODES)
@pytest.mark.parametrize("reads", READERS)
def test_foreign_files_hide_nothing(tree: Path, reads: Read, on_corrupt: str) -> None:
    expected = []
    for directory in ("a", "c"):
        for name, content in FOREIGN.items():
            (tree / directory / name).write_bytes(content)
            expected.append((str(tree / directory / name), "not_an_event_file"))
    found, skipped = reads(tree, on_corrupt=on_corrupt)
    if reads in (by_iter_events, by_verify):
        assert found == 3
    else:
        assert found == {"a": 1, "b": 1, "c/d": 1}
    assert sorted(skipped) == sorted(expected)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("on_corrupt", MODES)
@pytest.mark.parametrize("reads", READERS)
def test_pipes_and_sockets_in_a_tree_are_listed(
    tree: Path, reads: Read, on_corrupt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree)  # a socket's path is short
    names = ["tfevents.pipe", "a/tfevents.pipe", "c/tfevents.socket", "c/tfevents.link"]
    os.mkfifo(names[0])
    os.mkfifo(names[1])
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(names[2])
    os.symlink(os.devnull, names[3])
    found, skipped = reads(tree, on_corrupt=on_corrupt)
    if reads in (by_iter_events, by_verify):
        assert found == 3
    else:
        assert found == {"a": 1, "b": 1, "c/d": 1}
    assert sorted(skipped) == sorted((str(tree / name), "not_an_event_file") for name in names)


@pytest.mark.parametrize("reads", [by_read, by_follow, by_iter_events, by_repair])
def test_given_directly_a_foreign_file_is_an_error(tree: Path, reads: Read) -> None:
    path = tree / "a" / "notes on tfevents"
    path.write_bytes(b"of another kind")
    for given in (path, [path]) if reads is not by_repair else (path,):
        with pytest.raises(tfevents.CorruptFileError) as caught:
            reads(given)
        assert (caught.value.path, caught.value.kind) == (str(path), "not_an_event_file")
    assert not tfevents.verify(path).ok
    # Together with its directory, in any order.
    for given in ([path, path.parent], [path.parent, path]):
        if reads in (by_read, by_iter_events):
            with pytest.raises(tfevents.CorruptFileError):
                reads(given)


def test_a_foreign_file_is_not_read_again_until_it_changes(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec = pytest.importorskip("fsspec")
    from tfevents.remote.files import RemoteFile

    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.put(str(tree), "/foreign", recursive=True)
    memory.pipe_file("/foreign/a/._tfevents", b"foreign" * 100)
    log = tfevents.read("memory://foreign")
    skipped = [("memory://foreign/a/._tfevents", "not_an_event_file")]
    assert (log.skipped, len(log)) == (skipped, 3)
    fetch, fetched = RemoteFile._fetch, []

    def counted(self: RemoteFile, start: int, length: int) -> bytes:
        fetched.append(self._uri)
        return fetch(self, start, length)

    monkeypatch.setattr(RemoteFile, "_fetch", counted)
    assert log.reload() == []
    assert log.skipped == skipped
    assert fetched == []
    # Another foreign file.
    memory.pipe_file("/foreign/a/._tfevents", b"otherwise" * 100)
    assert log.reload() == []
    assert (log.skipped, set(fetched)) == (skipped, {"memory://foreign/a/._tfevents"})
    # Now it is an event file.
    memory.pipe_file("/foreign/a/._tfevents", only_file(tree / "b").read_bytes())
    assert log.reload() == ["a"]
    assert (log.skipped, len(log["a"].scalars["loss"])) == ([], 2)
    # It is removed.
    memory.pipe_file("/foreign/a/._tfevents", b"foreign" * 100)
    assert log.reload() == ["a"]
    assert (log.skipped, len(log["a"].scalars["loss"])) == (skipped, 1)
    memory.rm("/foreign/a/._tfevents")
    assert log.reload() == []
    assert log.skipped == []


def test_a_foreign_file_that_becomes_one_of_ours(tree: Path) -> None:
    path = tree / "a" / "._tfevents"
    path.write_bytes(b"foreign" * 10)
    log = tfevents.read(tree)
    follower = tfevents.follow(tree, timeout=0, interval=0)
    assert len(list(follower)) == 6
    path.write_bytes(only_file(tree / "b").read_bytes())
    assert log.reload() == ["a"]
    assert lengths(log) == {"a": 2, "b": 1, "c/d": 1}
    assert [(run, event.what) for run, event in follower] == [
        ("a", "file_version"),
        ("a", "summary"),
    ]
    assert (log.skipped, follower.skipped) == ([], [])


def test_a_state_does_not_hold_what_was_left_out(tree: Path) -> None:
    path = tree / "a" / "._tfevents"
    path.write_bytes(b"foreign" * 10)
    state = tfevents.read(tree).state()
    log = tfevents.read(tree, state=state)
    assert log.skipped == [(str(path), "not_an_event_file")]
    assert all(run.continued for run in log.values())
    path.write_bytes(only_file(tree / "b").read_bytes())
    log = tfevents.read(tree, state=state)
    assert (log["a"].continued, len(log["a"].scalars["loss"])) == (True, 1)


# Files that are removed.


def goes(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Has it removed right after the files were found."""
    find = finding._native.find

    def found(*arguments: Any) -> Any:
        runs = find(*arguments)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        return runs

    monkeypatch.setattr(finding, "_native", SimpleNamespace(find=found))


@pytest.mark.parametrize("on_corrupt", MODES)
@pytest.mark.parametrize("reads", READERS)
def test_a_run_that_goes(
    tree: Path, reads: Read, on_corrupt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = only_file(tree / "b")
    goes(monkeypatch, tree / "b")
    found, skipped = reads(tree, on_corrupt=on_corrupt)
    assert found == (2 if reads in (by_iter_events, by_verify) else {"a": 1, "c/d": 1})
    # If the tree was scanned twice, it is gone the second time.
    assert skipped == ([] if reads in (by_reload, by_follow) else [(str(path), "not_found")])


@pytest.mark.parametrize("reads", [by_read, by_follow, by_iter_events, by_repair])
def test_given_directly_what_goes_is_an_error(
    tree: Path, reads: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = only_file(tree / "b")
    goes(monkeypatch, path)
    with pytest.raises(FileNotFoundError) as caught:
        reads(path)
    assert caught.value.filename == str(path)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_one_file_of_a_run_that_goes(
    tmp_path: Path, which: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "run"
    content = write(directory, 3).read_bytes()
    only_file(directory).unlink()
    paths = [directory / f"events.out.tfevents.{number}" for number in range(3)]
    for path in paths:
        path.write_bytes(content)
    log = tfevents.read(tmp_path)
    before = log["run"]
    paths[which].write_bytes(content * 2)
    goes(monkeypatch, paths[which])
    assert log.reload() == ["run"]
    assert lengths(log) == {"run": 6}
    assert log.skipped == [(str(paths[which]), "not_found")]
    assert len(before.scalars["loss"]) == 9
    assert log.reload() == []
    assert log.skipped == []
    assert lengths(tfevents.read(tmp_path)) == {"run": 6}


def test_all_files_of_a_run_that_grew_go(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tfevents.read(tree)
    write(tree / "b2", 2)
    with only_file(tree / "b").open("ab") as file:
        file.write(only_file(tree / "b2").read_bytes())
    goes(monkeypatch, tree / "b")
    assert log.reload() == ["b2"]
    assert lengths(log) == {"a": 1, "b2": 2, "c/d": 1}
    # It may come back.
    monkeypatch.undo()
    write(tree / "b", 3)
    assert log.reload() == ["b"]
    assert lengths(log) == {"a": 1, "b": 3, "b2": 2, "c/d": 1}


def test_files_that_go_while_others_of_another_kind_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files of a run are read twice if a tag has two kinds."""
    for name, kind in (("1", "scalar"), ("2", "text")):
        with SummaryWriter(tmp_path / "made" / name) as writer:
            getattr(writer, f"add_{kind}")("tag", "0.5" if kind == "text" else 0.5, 1)
        (tmp_path / "run").mkdir(exist_ok=True)
        path = tmp_path / "run" / f"events.out.tfevents.{name}"
        shutil.copy(only_file(tmp_path / "made" / name), path)
    goes(monkeypatch, path)
    log = tfevents.read(tmp_path / "run")
    assert log.skipped == [(str(path), "not_found")]
    assert len(log["."].scalars["tag"]) == 1


@pytest.mark.skipif(os.open not in os.supports_dir_fd, reason="needs openat")
def test_a_directory_that_the_system_cannot_read_hides_nothing(tree: Path) -> None:
    """It lies so deep that its path is too long. A dead mount is found in the same way."""
    (tree / "odd").mkdir()
    before = os.open(tree / "odd", os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=before)
        inner = os.open("d" * 250, os.O_RDONLY, dir_fd=before)
        os.close(before)
        before = inner
    os.close(before)
    for reads in (tfevents.read, tfevents.iter_events, tfevents.follow, tfevents.partitions):
        with pytest.raises(OSError, match="too long") as raised:
            reads(tree)
        assert raised.value.errno == errno.ENAMETOOLONG
        assert raised.value.filename.startswith(str(tree / "odd" / "d"))
    log = tfevents.read(tree, on_corrupt="skip")
    assert (len(log), [skipped.reason for skipped in log.skipped]) == (3, ["unreadable"])
    report = tfevents.verify(tree)
    assert (report.ok, report.skipped) == (False, log.skipped)
    assert repr(report).startswith("3 files, 6 good records, 1 skipped:\n")
    # What is not selected is not touched.
    log = tfevents.read(tree, runs=["a", "b"])
    assert (log.runs, log.skipped) == (["a", "b"], [])
    with pytest.raises(OSError, match="too long"):
        tfevents.read(tree, runs="odd/*")


def test_links_that_lead_nowhere_are_listed(tree: Path) -> None:
    (tree / "a" / "events.out.tfevents.gone").symlink_to("nowhere")
    (tree / "gone").symlink_to("nowhere")
    (tree / "circle").symlink_to("circle")
    log = tfevents.read(tree)
    assert log.skipped == [(str(tree / "a" / "events.out.tfevents.gone"), "not_found")]
    assert log.runs == ["a", "b", "c/d"]
    assert "1 skipped" in repr(log)


# Files and directories that may not be read.

# The user may not read everything.
DENIED = """
    import os, shutil, tempfile, sys
    from pathlib import Path
    import pytest, tfevents
    import tfevents.remote.uri
    from tfevents import SummaryWriter
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    base = Path(tempfile.mkdtemp())
    tree = base / "tree"
    for name in ("mine", "theirs", "theirs/deep/er"):
        with SummaryWriter(tree / name) as writer:
            writer.add_scalar("loss", 0.5, 1)

    def file(name):
        (path,) = (path for path in (tree / name).iterdir() if "tfevents" in path.name)
        return path

    def raises(path, function, *arguments, **options):
        with pytest.raises(PermissionError) as caught:
            function(*arguments, **options)
        assert caught.value.filename == str(path), caught.value.filename

    everything = lambda path, **options: list(tfevents.iter_events(path, **options))
    followed = lambda path, **options: list(tfevents.follow(path, timeout=0, **options))
    try:
        denied = DENIED
        denied.chmod(0)
        skipped = [(str(denied), "permission_denied")]
"""
CHECKED = """
        # What is selected.
        for function in (tfevents.read, everything, followed):
            raises(denied, function, tree)
            raises(denied, function, [tree])
            raises(denied, function, denied)
        # What is left out.
        log = tfevents.read(tree, on_corrupt="skip")
        assert log.skipped == skipped, log.skipped
        assert len(log["mine"].scalars["loss"]) == 1
        assert log.damage == []
        assert log.reload() == []
        events = tfevents.iter_events(tree, on_corrupt="skip")
        assert sum(event.what == "summary" for event in events) == len(log)
        assert events.skipped == skipped
        follower = tfevents.follow(tree, timeout=0, on_corrupt="skip")
        assert len(list(follower)) == 2 * len(log)
        assert follower.skipped == skipped
        # `verify` and `repair` hide nothing either.
        report = tfevents.verify(tree)
        assert (report.skipped, report.ok, report.records) == (skipped, False, 2 * len(log))
        raises(denied, tfevents.verify, denied)
        report = tfevents.repair(tree, base / "copies")
        assert (report.skipped, len(tfevents.read(base / "copies"))) == (skipped, len(log))
        raises(denied, tfevents.repair, denied, base / "copy")
        # It may be read again.
        raises(denied, tfevents.read, tree)
        denied.chmod(0o700)
        assert len(log.reload()) > 0
        assert (len(log), log.skipped) == (3, [])
        assert sum(event.what == "summary" for _, event in follower) == 3 - WAS
    finally:
        denied.chmod(0o700)
        shutil.rmtree(base)
"""


def denied(which: str, then: str) -> None:
    scripts.check(DENIED.replace("DENIED", which) + then)


@pytest.mark.parametrize(
    ("which", "was"),
    [('tree / "theirs"', 1), ('tree / "theirs" / "deep"', 2), ('file("theirs")', 2)],
)
def test_what_may_not_be_read(which: str, was: int) -> None:
    denied(which, CHECKED.replace("WAS", str(was)))


SELECTED = """
        import re
        path = str(denied)
        for runs in ("mine", ["mine", "min*"], "min*", "mine[0-9]", []):
            log = tfevents.read(tree, runs=runs)
            assert log.skipped == [], (runs, log.skipped)
        # What is in it may be selected, whatever it is called.
        for runs in ("*e", "*/er", re.compile("er")):
            log = tfevents.read(tree, runs=[runs], on_corrupt="skip")
            assert log.skipped == skipped, (runs, log.skipped)
        for runs in ("*/er", re.compile("^mine$")):
            log = tfevents.read(tree, runs=runs)
            assert log.skipped == skipped, (runs, log.skipped)
        for runs in ("theirs", "theirs*", "t*", "*", "theirs/deep/er", "theirs/*", "theirs/d*",
                     ["mine", "theirs"], re.compile("th")):
            raises(denied, tfevents.read, tree, runs=runs)
            raises(denied, followed, tree, runs=runs)
            assert tfevents.read(tree, runs=runs, on_corrupt="skip").skipped == skipped
        # A name that only begins like it.
        assert tfevents.read(tree, runs="theirs2").skipped == []
        assert tfevents.read(tree, runs="theirs2/*").skipped == []
        log = tfevents.read([tree], runs=str(tree / "mine"))
        assert (len(log), log.skipped) == (1, [])
        raises(denied, tfevents.read, [tree], runs=f"{tree}/theirs/deep/*")
    finally:
        denied.chmod(0o700)
        shutil.rmtree(base)
"""


def test_what_is_not_selected_is_not_touched() -> None:
    denied('tree / "theirs"', SELECTED)


def test_a_file_of_a_run_that_is_not_selected() -> None:
    denied(
        'file("theirs")',
        """
        assert tfevents.read(tree, runs="mine").skipped == []
        raises(denied, tfevents.read, tree, runs="theirs")
        log = tfevents.read(tree, runs="theirs", on_corrupt="skip")
        assert (log.runs, log.skipped) == ([], skipped)
    finally:
        denied.chmod(0o700)
        shutil.rmtree(base)
""",
    )


# Links.


def test_directories_that_link_to_each_other(tmp_path: Path) -> None:
    for i in range(9):
        write(tmp_path / str(i))
    for i in range(9):
        for j in range(9):
            (tmp_path / str(i) / f"to{j}").symlink_to(tmp_path / str(j))
    assert tfevents.read(tmp_path).runs == [str(i) for i in range(9)]
    assert tfevents.verify(tmp_path).records == 18
    # From each of them, the others are one link away.
    names = [".", *(f"to{j}" for j in range(1, 9))]
    assert tfevents.read(tmp_path / "0").runs == names


def test_each_directory_has_its_shortest_name(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "deep" / "er")
    root = tmp_path / "root"
    write(root / "real")
    write(root / "far" / "down" / "below")
    # With as many parts, the directory itself comes before any link, whatever their names are.
    (root / "a link").symlink_to("real")
    # With fewer parts, the link comes first.
    (root / "near").symlink_to("far/down")
    # There is no other way.
    (root / "y").symlink_to(tmp_path / "elsewhere")
    (root / "x").symlink_to(tmp_path / "elsewhere")
    log = tfevents.read(root)
    assert log.runs == ["near/below", "real", "x/deep/er"]
    assert lengths(log) == dict.fromkeys(log.runs, 1)


def test_a_link_out_of_the_tree_and_back(tmp_path: Path) -> None:
    write(tmp_path / "root" / "run")
    write(tmp_path / "beside")
    (tmp_path / "root" / "run" / "up").symlink_to(tmp_path)
    assert tfevents.read(tmp_path / "root").runs == ["run", "run/up/beside"]


def test_a_glob_finds_what_its_directory_has(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name)
    (tmp_path / "1").symlink_to("b")
    (tmp_path / "c").symlink_to("a")
    (tmp_path / "lost.tfevents").symlink_to("nowhere")
    whole, matched = tfevents.read(tmp_path), tfevents.read(f"{tmp_path}/*")
    assert lengths(matched) == lengths(whole) == {"a": 1, "b": 1}
    assert [it.reason for it in matched.skipped] == ["not_found"]
    files = tfevents.read(f"{tmp_path}/?/*")
    assert lengths(files) == {"a": 1, "b": 1}


def test_what_a_glob_matched_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        write(tmp_path / name)
    find = _native.find

    def late(*arguments: Any, **options: Any) -> Any:
        shutil.rmtree(tmp_path / "b")
        return find(*arguments, **options)

    monkeypatch.setattr(_native, "find", late)
    log = tfevents.read(f"{tmp_path}/*")
    assert (lengths(log), log.skipped) == ({"a": 1}, [(str(tmp_path / "b"), "not_found")])


MATCHED = """
        assert tfevents.read(f"{tree}/*", runs="mine").runs == ["mine"]
        log = tfevents.read(f"{tree}/*", on_corrupt="skip")
        assert (log.runs, log.skipped) == (["mine"], skipped)
        raises(denied, tfevents.read, f"{tree}/*")
        raises(denied, tfevents.read, f"{tree}/*", runs="theirs")
    finally:
        denied.chmod(0o700)
        shutil.rmtree(base)
"""


def test_what_a_glob_matches_and_may_not_be_read() -> None:
    denied('tree / "theirs"', MATCHED)


def test_a_file_with_two_names_in_a_run_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path / "run", 3)
    (tmp_path / "run" / "a tfevents link").symlink_to(path.name)
    os.link(path, tmp_path / "run" / "z.tfevents")
    log = tfevents.read(tmp_path)
    assert lengths(log) == {"run": 3}
    assert log.reload() == []
    # In another run it is a file of that run.
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "tfevents").symlink_to(path)
    assert log.reload() == ["other"]
    assert lengths(log) == {"other": 3, "run": 3}


# Readers with other interfaces.


def accumulated(directory: Path) -> int:
    from tfevents.compat.event_accumulator import EventAccumulator

    return len(EventAccumulator(str(directory)).Reload().Scalars("loss"))


def test_the_event_accumulator_goes_on_behind_what_is_foreign_or_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = write(tmp_path / "made", 2).read_bytes()
    run = tmp_path / "run"
    run.mkdir()
    for name, foreign in FOREIGN.items():
        (run / name).write_bytes(foreign)
    for name in ("a tfevents", "z tfevents"):
        (run / name).write_bytes(content)
    (run / "b tfevents").symlink_to("nowhere")
    assert accumulated(run) == 4
    # A file that is removed after it was found.
    listed = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: [*listed(path), "c tfevents"])
    assert accumulated(run) == 4


def frame_of(directory: Path) -> Any:
    pytest.importorskip("pandas")
    from tfevents.compat.tbparse import SummaryReader

    return SummaryReader(str(directory), extra_columns={"dir_name"})


def test_tbparse_goes_on_behind_what_is_foreign_or_gone(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, foreign in FOREIGN.items():
        (tree / "a" / name).write_bytes(foreign)
    (tree / "a" / "tfevents link").symlink_to("nowhere")
    (tree / "gone").symlink_to("nowhere")
    assert sorted(frame_of(tree).scalars["dir_name"]) == ["a", "b", "c/d"]
    listed = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: [*listed(path), "c tfevents"])
    assert sorted(frame_of(tree).scalars["dir_name"]) == ["a", "b", "c/d"]
    with pytest.raises(ValueError, match="there is nothing"):
        frame_of(tree / "nothing")


def test_tbparse_reads_each_directory_once(tmp_path: Path) -> None:
    for i in range(9):
        write(tmp_path / str(i))
    for i in range(9):
        for j in range(9):
            (tmp_path / str(i) / f"to{j}").symlink_to(tmp_path / str(j))
    assert sorted(frame_of(tmp_path).scalars["dir_name"]) == [str(i) for i in range(9)]
    (tmp_path / "far" / "down").mkdir(parents=True)
    write(tmp_path / "far" / "down" / "below")
    (tmp_path / "near").symlink_to("far/down")
    names = sorted(frame_of(tmp_path).scalars["dir_name"])
    assert names == [*map(str, range(9)), "near/below"]


def test_what_may_not_be_read_is_an_error_for_them() -> None:
    denied(
        'file("theirs")',
        """
        from tfevents.compat.event_accumulator import EventAccumulator
        raises(denied, lambda: EventAccumulator(str(tree / "theirs")).Reload())
        raises(denied, lambda: EventAccumulator(str(denied)).Reload())
    finally:
        denied.chmod(0o700)
        shutil.rmtree(base)
""",
    )


# Names of files.


def test_each_file_has_one_path(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = (tree / "a").iterdir()
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    foreign = tree / "a" / "notes on tfevents"
    foreign.write_text("short")
    monkeypatch.chdir(tree.parent)
    (tree.parent / "link").symlink_to(tree)
    ways = ["tree", "./tree", "tree//", Path("tree"), tree.as_uri(), ["./tree"], {"x": "./tree"}]
    for way in [*ways, "./tree/*", "tree/../tree", "link", f"./tree/a/{file.name}"]:
        log = tfevents.read(way, on_corrupt="skip")
        (damage,) = log.damage
        assert damage.path in {path for run in log.values() for path in run.files}
        assert os.path.isabs(damage.path)
        if "link" not in str(way) and ".." not in str(way):
            assert damage.path == str(file)
        with pytest.raises(tfevents.CorruptFileError) as error:
            tfevents.read(way)
        assert error.value.path == damage.path
        if isinstance(way, dict) or "*" in str(way):
            continue
        events = tfevents.iter_events(way, on_corrupt="skip")
        list(events)
        assert (events.damage, events.skipped) == (log.damage, log.skipped)
        report = tfevents.verify(way)
        assert damage in report.damage
        assert damage.path in [it.path for it in report]


@pytest.mark.parametrize("several", [False, True])
def test_a_relative_path_stays_where_it_is(
    tree: Path, monkeypatch: pytest.MonkeyPatch, several: bool
) -> None:
    elsewhere = tree.parent / "elsewhere"
    write(elsewhere / "tree" / "other")
    monkeypatch.chdir(tree.parent)
    given = ["tree"] if several else "tree"
    logs = [tfevents.read(given), tfevents.read({"x": "tree"}), tfevents.read("tree/*")]
    logs.append(pickle.loads(pickle.dumps(logs[0])))
    events, follower = tfevents.iter_events(given), tfevents.follow(given, timeout=0)
    waits = tfevents.follow(["tree", "later"], timeout=0, wait_for_path=True)
    runs = [list(log) for log in logs]
    monkeypatch.chdir(elsewhere)
    with SummaryWriter(tree / "a", filename_suffix=".2") as writer:
        for step in range(2):
            writer.add_scalar("loss", 0.5, step)
    for log, names in zip(logs, runs, strict=True):
        assert len(log.reload()) == 1
        assert list(log) == names
        assert sorted(lengths(log).values()) == ([1, 1, 3] if len(names) == 3 else [1, 3])
    assert sum(event.what == "summary" for event in events) == 3
    for found in (follower, waits):
        assert sum(event.what == "summary" for _, event in found) == 5
