"""`rewrite`: its arguments, its errors, and the files that it leaves when it is killed."""

import errno
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import tfevents
from events import event_files, only_file
from tfevents import SummaryWriter, rewrite


@pytest.fixture
def logs(tmp_path):
    """Two runs with a few tags each."""
    root = tmp_path / "logs"
    for number, run in enumerate(("one", "two")):
        with SummaryWriter(root / run) as writer:
            for step in range(10):
                writer.add_scalar("loss", step / 2, step, walltime=100 * number + step + 1.0)
                writer.add_scalar("val/loss", step, step, walltime=100 * number + step + 1.0)
            writer.add_text("note", "hello", 3)
            writer.add_histogram("weight", np.arange(5.0), 7)
    return root


def test_nothing_asked_is_a_copy(logs, tmp_path):
    report = rewrite(logs, tmp_path / "out")
    assert report.files == [str(path) for path in event_files(tmp_path / "out")]
    assert (report.records, report.copied, report.left_out) == (46, 46, {})
    for before in event_files(logs):
        after = tmp_path / "out" / before.relative_to(logs)
        assert after.read_bytes() == before.read_bytes()
    assert repr(report) == "46 records in 2 files"


def test_a_file_is_a_file(logs, tmp_path):
    source = event_files(logs)[0]
    report = rewrite(source, tmp_path / "events.out.tfevents.new", tags="loss")
    assert report.files == [str(tmp_path / "events.out.tfevents.new")]
    assert report.left_out == {"tags": 12}
    assert tfevents.read(tmp_path / "events.out.tfevents.new")["."].tags == ["loss"]


@pytest.mark.parametrize(
    "rename",
    [
        {"loss": "train/loss"},
        lambda tag: "train/loss" if tag == "loss" else None,
        ("^loss$", "train/loss"),
        [(re.compile("^loss"), "x/loss"), (r"^x/(\w+)", r"train/\1")],
    ],
)
def test_renaming(logs, tmp_path, rename):
    rewrite(logs, tmp_path / "out", rename=rename)
    before, after = tfevents.read(logs)["one"], tfevents.read(tmp_path / "out")["one"]
    assert after.tags == ["train/loss", "val/loss", *before.tags[2:]]
    assert after.scalars["train/loss"].value.tolist() == before.scalars["loss"].value.tolist()


def test_selection(logs, tmp_path):
    report = rewrite(logs, tmp_path / "out", runs="one", kinds="scalars", steps=(2, 8), drop="val*")
    log = tfevents.read(tmp_path / "out")
    assert log.runs == ["one"]
    assert log["one"].tags == ["loss"]
    assert log["one"].scalars["loss"].step.tolist() == [2, 3, 4, 5, 6, 7]
    assert report.left_out == {"kinds": 2, "tags": 10, "steps": 4}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"runs": "typo"}, "runs: nothing matches 'typo'; there are 2: 'one', 'two'"),
        ({"runs": ["one", "two"], "tags": iter(["typo"])}, r"tags: nothing matches \['typo'\]"),
        ({"tags": "typo", "kinds": "scalars"}, "there are 2: 'loss', 'val/loss'"),
        ({"kinds": ["images", "graph"]}, "kinds: nothing matches .*; there are 3: 'scalars'"),
    ],
)
def test_what_matches_nothing_leaves_nothing(logs, tmp_path, options, message):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "events.out.tfevents.1").write_bytes(b"before")
    with pytest.warns(RuntimeWarning, match=message) as told:
        report = rewrite(logs, tmp_path / "out", overwrite=True, **options)
    assert [warning.filename for warning in told] == [__file__]
    assert (report.files, report.records) == ([], 0)
    # What was there is not replaced by nothing.
    assert (tmp_path / "out" / "events.out.tfevents.1").read_bytes() == b"before"
    assert sorted(os.listdir(tmp_path)) == ["logs", "out"]


def test_nothing_is_written_of_no_runs(tmp_path):
    (tmp_path / "logs").mkdir()
    assert rewrite(tmp_path / "logs", tmp_path / "deep" / "out").files == []
    (tmp_path / "logs" / "tfevents.txt").write_text("no event file")
    report = rewrite(tmp_path / "logs", tmp_path / "out")
    assert [left.reason for left in report.skipped] == ["not_an_event_file"]
    assert os.listdir(tmp_path) == ["logs"]


def test_thinning(logs, tmp_path):
    report = rewrite(logs, tmp_path / "first", every=2**64, kinds="scalars")
    assert report.left_out["every"] == 2 * 2 * 9
    rewrite(logs, tmp_path / "out", every=4)
    run = tfevents.read(tmp_path / "out")["two"]
    assert run.scalars["loss"].step.tolist() == [0, 4, 8]
    assert len(run.texts["note/text_summary"]) == 1


def test_an_interrupted_run_is_one_file(tmp_path):
    for start, stop, times in ((0, 8, 1.0), (5, 10, 100.0)):
        purge = None if start == 0 else start
        with SummaryWriter(tmp_path / "run", purge_step=purge) as writer:
            for step in range(start, stop):
                writer.add_scalar("loss", step + times, step)
        time.sleep(0.01)
    for restarts in ("tensorboard", "last_wins"):
        report = rewrite(tmp_path / "run", tmp_path / restarts, merge=True, restarts=restarts)
        assert report.left_out == {"restarts": 3}
        only_file(tmp_path / restarts)
        for way in ("raw", "tensorboard", "last_wins"):
            scalars = tfevents.read(tmp_path / restarts, restarts=way)["."].scalars["loss"]
            assert scalars.step.tolist() == list(range(10))
            assert scalars.value.tolist() == [*range(1, 6), *range(105, 110)]


def test_runs_become_one(logs, tmp_path):
    report = rewrite(logs, tmp_path / "out", merge={"one": "all", "two": "all"})
    (path,) = report.files
    assert Path(path).parent == tmp_path / "out" / "all"
    # Events are in the order of their first ones, and there is one version.
    scalars = tfevents.read(tmp_path / "out")["all"].scalars["loss"]
    assert scalars.wall_time.tolist() == [*range(1, 11), *range(101, 111)]
    assert sum(event.what == "file_version" for event in tfevents.iter_events(path)) == 1


def test_files_of_a_run_that_becomes_one_with_others_keep_their_order(tmp_path):
    # The clock of the second file's machine was wrong.
    for number, run in (2, "one"), (3, "two"), (1, "one"):
        with SummaryWriter(tmp_path / "new") as writer:
            writer.add_scalar("loss", number, 0)
        (tmp_path / "logs" / run).mkdir(parents=True, exist_ok=True)
        file = tmp_path / "logs" / run / f"events.tfevents.{number}"
        only_file(tmp_path / "new").rename(file)
    report = rewrite(tmp_path / "logs", tmp_path / "out", merge=("one|two", "all"))
    assert len(report.files) == 1
    values = tfevents.read(tmp_path / "out")["all"].scalars["loss"].value
    assert [value for value in values if value != 3] == [1, 2]


def test_a_run_is_divided(logs, tmp_path):
    rewrite(logs, tmp_path / "out", split=(r"^(val)/", r"\1"), rename=("^val/", ""), runs="one")
    log = tfevents.read(tmp_path / "out")
    assert log.runs == ["one", "one/val"]
    assert log["one/val"].tags == ["loss"]
    assert log["one"].tags == ["loss", "note/text_summary", "weight"]


@pytest.mark.parametrize("merge", [False, True])
def test_a_run_is_divided_into_one_that_is_there(tmp_path, merge):
    for run, tag in {"one": "val/loss", "one/val": "loss"}.items():
        with SummaryWriter(tmp_path / "logs" / run) as writer:
            writer.add_scalar(tag, 1.0, 0)
        # Files that were rewritten have the same name in each run.
        only_file(tmp_path / "logs" / run).rename(tmp_path / "logs" / run / "events.tfevents.1")
    report = rewrite(tmp_path / "logs", tmp_path / "out", split=(r"^val/", "val"), merge=merge)
    assert report.files == [
        str(tmp_path / "out" / "one" / "val" / name)
        for name in ("events.tfevents.1", "events.tfevents.1.1")
    ]
    assert sorted(tfevents.read(tmp_path / "out")["one/val"].scalars) == ["loss", "val/loss"]


@pytest.mark.parametrize("cast", ["tensor", "simple_value", "float32"])
def test_casts(tmp_path, cast):
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("old", 0.5, 1, display_name="Old")
        writer.add_scalar("new", 0.1, 1, new_style=True, double_precision=True)
    rewrite(tmp_path / "run", tmp_path / "out", cast=cast)
    values = [
        value
        for event in tfevents.iter_events(tmp_path / "out")
        if event.what == "summary"
        for value in event.values
    ]
    styles = {"tensor": ["tensor"] * 2, "simple_value": ["simple_value"] * 2}
    assert [value.what for value in values] == styles.get(cast, ["simple_value", "tensor"])
    scalars = tfevents.read(tmp_path / "out")["."].scalars
    assert scalars["old"].value.tolist() == [0.5]
    number = 0.1 if cast == "tensor" else float(np.float32(0.1))
    assert scalars["new"].value.tolist() == [number]
    assert tfevents.read(tmp_path / "out")["."].metadata["old"].display_name == "Old"


def test_damage(logs, tmp_path):
    path = event_files(logs)[0]
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data + data[:9])
    with pytest.raises(tfevents.CorruptFileError) as caught:
        rewrite(logs, tmp_path / "out")
    assert caught.value.path == str(path)
    assert os.listdir(tmp_path) == ["logs"]
    report = rewrite(logs, tmp_path / "out", on_corrupt="skip")
    assert [one.offset for one in report.damage] == [0]
    assert report.truncated == 9
    # A new first record replaces the lost one.
    assert next(tfevents.iter_events(report.files[0])).what == "file_version"
    assert tfevents.verify(tmp_path / "out").ok


def test_what_is_no_event_file(logs, tmp_path):
    (logs / "one" / "notes.tfevents.txt").write_text("no events, but a name like theirs\n" * 9)
    report = rewrite(logs, tmp_path / "out")
    assert [Path(one.path).name for one in report.skipped] == ["notes.tfevents.txt"]
    assert len(event_files(tmp_path / "out")) == 2
    with pytest.raises(tfevents.CorruptFileError):
        rewrite(logs / "one" / "notes.tfevents.txt", tmp_path / "file")


def test_what_is_there_stays(logs, tmp_path):
    rewrite(logs, tmp_path / "out")
    before = event_files(tmp_path / "out")[0].read_bytes()
    with pytest.raises(FileExistsError):
        rewrite(logs, tmp_path / "out", drop="*")
    assert event_files(tmp_path / "out")[0].read_bytes() == before
    rewrite(logs, tmp_path / "out", drop="*", overwrite=True)
    assert event_files(tmp_path / "out")[0].read_bytes() != before
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"notes\.txt"):
        rewrite(logs, tmp_path / "out", overwrite=True)
    (tmp_path / "empty").mkdir()
    rewrite(logs, tmp_path / "empty")
    assert sorted(os.listdir(tmp_path)) == ["empty", "logs", "out"]


def test_what_is_there_stays_if_it_is_interrupted(logs, tmp_path, monkeypatch):
    rewrite(logs, tmp_path / "out")
    before = [path.read_bytes() for path in event_files(tmp_path / "out")]
    rename = os.rename

    def interrupted(source, target):
        rename(source, target)
        if str(source) == str(tmp_path / "out"):
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rewrite(logs, tmp_path / "out", drop="*", overwrite=True)
    assert [path.read_bytes() for path in event_files(tmp_path / "out")] == before


def test_a_file_system_without_links(logs, tmp_path, monkeypatch):
    place = tmp_path / "out.tfevents"
    theirs: list[bytes] = []

    def refused(file, to):
        for content in theirs:
            Path(to).write_bytes(content)
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), file)

    monkeypatch.setattr(os, "link", refused)
    report = rewrite(event_files(logs)[0], place)
    assert tfevents.verify(place).ok
    assert report.files == [str(place)]
    place.unlink()
    theirs.append(b"theirs")
    with pytest.raises(FileExistsError, match=r"out\.tfevents"):
        rewrite(event_files(logs)[0], place)
    assert place.read_bytes() == b"theirs"
    assert sorted(os.listdir(tmp_path)) == ["logs", "out.tfevents"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_what_is_no_file_is_not_overwritten(logs, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileExistsError, match="since it is no file"):
        rewrite(event_files(logs)[0], tmp_path / "pipe", overwrite=True)
    assert sorted(os.listdir(tmp_path)) == ["logs", "pipe"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_directory_in_use_is_not_replaced(logs, tmp_path, monkeypatch):
    """Whoever is in it would be in a directory without a name, and see nothing."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    for output in (".", tmp_path / "empty"):
        with pytest.raises(OSError, match="name a directory in it") as raised:
            rewrite(logs, output)
        assert (raised.value.errno, raised.value.filename) == (errno.EBUSY, str(output))
    rewrite(logs, "new")
    monkeypatch.chdir("new")
    with pytest.raises(OSError, match="name a directory in it"):
        rewrite(logs, ".", overwrite=True)
    assert sorted(os.listdir()) == ["one", "two"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os.path, "ismount", lambda path: path == "empty/new")
    with pytest.raises(OSError, match="name a directory in it"):
        rewrite(logs, "empty/new", overwrite=True)


def test_what_writes_nothing_makes_no_directories(logs, tmp_path):
    def rename(tag):
        raise LookupError(tag)

    with pytest.warns(RuntimeWarning, match="kinds: nothing matches"):
        rewrite(logs, tmp_path / "a/b/out", kinds="images")
    with pytest.raises(LookupError):
        rewrite(logs, tmp_path / "a/b/out", rename=rename)
    assert os.listdir(tmp_path) == ["logs"]
    rewrite(logs, tmp_path / "a/b/out")
    assert os.listdir(tmp_path / "a/b") == ["out"]


def test_what_a_link_leads_to_is_replaced(logs, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to("disk")
    for overwrite in (False, True):
        report = rewrite(logs, tmp_path / "out", overwrite=overwrite)
        assert (tmp_path / "out").is_symlink()
        assert event_files(tmp_path / "disk") == [
            tmp_path / "disk" / Path(file).relative_to(tmp_path / "out") for file in report.files
        ]
    with pytest.raises(NotADirectoryError):
        rewrite(event_files(logs)[0], f"{tmp_path}/new/")
    assert sorted(os.listdir(tmp_path)) == ["disk", "logs", "out"]


def test_never_in_place(logs, tmp_path):
    for output in (logs, logs / "three", tmp_path):
        with pytest.raises(ValueError, match="must not lie in"):
            rewrite(logs, output, overwrite=True)
    file = event_files(logs)[0]
    with pytest.raises(ValueError, match="must not lie in"):
        rewrite(file, file, overwrite=True)


def test_globs(logs, tmp_path):
    for glob, runs in ((f"{logs}/o*", ["one"]), (f"{logs}/*/*tfevents*", ["one", "two"])):
        output = tmp_path / f"out{len(runs)}"
        rewrite(glob, output)
        assert sorted(tfevents.read(output)) == runs
    file = rewrite(f"{logs}/one/*tfevents*", tmp_path / "file").files[0]
    assert Path(file).parent == tmp_path / "file"
    for output in (logs / "one/in", logs, tmp_path):
        with pytest.raises(ValueError, match="must not lie in"):
            rewrite(f"{logs}/o*", output, overwrite=True)
    with pytest.raises(FileNotFoundError, match="none"):
        rewrite(f"{logs}/none*", tmp_path / "none")


@pytest.mark.parametrize(
    ("options", "error", "names"),
    [
        ({"rename": 3}, TypeError, "rename"),
        ({"rename": {"loss": 3}}, TypeError, "rename"),
        ({"rename": ("(", "x")}, ValueError, "rename"),
        ({"rename": ("(a)", r"\2")}, ValueError, "rename"),
        ({"rename": ("(a)", r"\g<b>")}, ValueError, "rename"),
        ({"split": ("(a)", r"\2")}, ValueError, "split"),
        ({"rename": lambda tag: 3}, TypeError, "rename"),
        ({"split": {"loss": "../up"}}, ValueError, "split"),
        ({"merge": {"one": "/root"}}, ValueError, "merge"),
        ({"every": 0}, ValueError, "every"),
        ({"every": 1.5}, TypeError, "every"),
        ({"cast": "int"}, ValueError, "cast"),
        ({"cast": ["tensor", "simple_value"]}, ValueError, "cast"),
        ({"restarts": "all"}, ValueError, "restarts"),
        ({"kinds": "scalar"}, ValueError, "kinds"),
        ({"on_corrupt": "ignore"}, ValueError, "on_corrupt"),
        ({"rename": {"loss": "\ud800"}}, ValueError, r"rename: '\\ud800' is no Unicode text"),
        ({"split": lambda tag: "\ud800"}, ValueError, r"split: '\\ud800' is no Unicode text"),
        ({"rename": (b"loss", "x")}, ValueError, "rename: b'loss' is no regular expression"),
        ({"cast": 3}, TypeError, "cast: expected a name or several"),
    ],
)
def test_wrong_arguments(logs, tmp_path, options, error, names):
    with pytest.raises(error, match=names):
        rewrite(logs, tmp_path / "out", **options)
    assert os.listdir(tmp_path) == ["logs"]


def test_a_function_that_raises(logs, tmp_path):
    def rename(tag):
        raise LookupError("lost")

    with pytest.raises(LookupError, match="lost"):
        rewrite(logs, tmp_path / "out", rename=rename)
    assert os.listdir(tmp_path) == ["logs"]


KILLER = """
import os, signal, sys, time
from tfevents import rewrite

logs, outputs, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
# About how long it takes, found out on the way.
duration = 0.1
for number in range(times):
    child = os.fork()
    if child == 0:
        rewrite(logs, f"{outputs}/{number}", rename=("^", "x/"), merge=True)
        os._exit(0)
    time.sleep(duration * 1.5 * number / times)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    is_whole = os.path.exists(f"{outputs}/{number}")
    duration *= 0.98 if is_whole else 1.02
    assert is_whole or os.WIFSIGNALED(status)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_killed_it_leaves_nothing_half_done(tmp_path):
    for run in "abc":
        with SummaryWriter(tmp_path / "logs" / run) as writer:
            for tag in "xy":
                writer.add_scalar_series(tag, np.arange(10_000.0), np.arange(10_000))
    whole = rewrite(tmp_path / "logs", tmp_path / "whole", rename=("^", "x/"), merge=True)
    expected = {Path(path).name: Path(path).read_bytes() for path in whole.files}
    times, outputs = int(os.environ.get("TFEVENTS_KILLS", "40")), tmp_path / "outputs"
    command = [sys.executable, "-c", KILLER, str(tmp_path / "logs"), str(outputs), str(times)]
    subprocess.run(command, check=True, timeout=2 * times)
    found = [path for path in outputs.iterdir() if not path.name.startswith(".")]
    for output in found:
        assert {path.name: path.read_bytes() for path in event_files(output)} == expected
    # Some kills come too late, but most come in time.
    assert len(found) < times
    print(f"{len(found)} of {times} were whole, the others were not there")


@pytest.mark.parametrize("has_threads", [True, False])
def test_what_fails_leaves_nothing(tmp_path, monkeypatch, has_threads):
    for run in ("a", "a/b", "c"):
        with SummaryWriter(tmp_path / "logs" / run) as writer:
            writer.add_scalar(run, 1.0, 0)

    def rename(tag):
        if tag == "c":
            raise LookupError(tag)
        return tag.upper()

    def start(thread):
        raise RuntimeError("can't start new thread")

    if not has_threads:
        monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(LookupError):
        rewrite(tmp_path / "logs", tmp_path / "out", rename=rename)
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


NO_SYNC = """
#include <errno.h>
#include <sys/stat.h>
int fsync(int file) {
    struct stat status;
    errno = EINVAL;
    return fstat(file, &status) || S_ISDIR(status.st_mode) ? -1 : 0;
}
"""


@pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD")
def test_a_file_system_that_can_not_wait_for_directories(logs, tmp_path):
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("there is no C compiler")
    (tmp_path / "no_sync.c").write_text(NO_SYNC)
    command = [compiler, "-shared", "-fPIC", "-o", "no_sync.so", "no_sync.c"]
    subprocess.run(command, check=True, cwd=tmp_path)
    code = f"import tfevents; print(tfevents.rewrite({str(logs)!r}, 'out').records)"
    environment = {**os.environ, "LD_PRELOAD": str(tmp_path / "no_sync.so")}
    run = partial(subprocess.run, capture_output=True, text=True, cwd=tmp_path, env=environment)
    done = run([sys.executable, "-c", code], timeout=100)
    assert (done.stdout, done.stderr) == ("46\n", "")


@pytest.mark.parametrize("call", [rewrite, tfevents.repair])
def test_where_nothing_can_be_made(logs, tmp_path, monkeypatch, call):
    def refuse(prefix, dir):
        raise PermissionError(errno.EACCES, "Permission denied", f"{dir}/{prefix}x")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(PermissionError) as error:
        call(logs, tmp_path / "out")
    assert error.value.filename == str(tmp_path / "out")


def test_metrics_and_charts_name_the_new_tags(tmp_path):
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_hparams({"lr": 0.1}, {"acc": 1.0, "loss": 2.0}, same_run=True)
        writer.add_custom_scalars(
            {
                "charts": {
                    "lines": ["Multiline", ["acc", r"lo(ss|st)", "^acc$", "other"]],
                    "margin": ["Margin", ["acc", "loss", "other"]],
                }
            }
        )
    before = event_files(tmp_path / "run")[0]
    report = rewrite(tmp_path / "run", tmp_path / "out", rename={"acc": "val/acc(1)"})
    run = tfevents.read(tmp_path / "out")["."]
    assert run.hparams.metrics == ["val/acc(1)", "loss"]
    assert set(run.scalars) == {"val/acc(1)", "loss"}
    (layout,) = run.custom_scalars["custom_scalars__config__"]
    lines, margin = layout.categories[0].charts
    assert lines.tags == (r"val/acc\(1\)", "lo(ss|st)", r"^val/acc\(1\)$", "other")
    assert margin.margins == (("val/acc(1)", "loss", "other"),)
    # The scalar, the experiment and the layout changed, and nothing else.
    assert report.records - report.copied == 3
    # Values that do not refer to a renamed tag stay equal, byte for byte.
    report = rewrite(tmp_path / "run", tmp_path / "same", rename={"nothing": "new"})
    assert event_files(tmp_path / "same")[0].read_bytes() == before.read_bytes()


def test_steps_of_any_size_and_numbers_of_any_bits(tmp_path):
    steps = [0, 1, 127, 128, 2**20, 2**28, 2**40, 2**62, 5, 6, 7]
    with SummaryWriter(tmp_path / "run") as writer:
        for step in steps:
            for tag in ("a", "b"):
                writer.add_scalar(tag, step / 3, step)
    rewrite(tmp_path / "run", tmp_path / "new", rename=("^", "new/"), cast="tensor")
    rewrite(tmp_path / "new", tmp_path / "old", rename=("^new/", ""), cast="simple_value")
    assert only_file(tmp_path / "old").read_bytes() == only_file(tmp_path / "run").read_bytes()
