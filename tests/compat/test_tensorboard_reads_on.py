"""TensorBoard's page with our reader, while files grow, appear, are removed, and start again."""

import argparse
import errno
import importlib
import json
import os
import shutil
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard_provider import CTX, WHICH, add, chart, points, runs, started, writing

import every_plugin
import scripts
import tfevents
from every_plugin import when
from peers import peer

peer("tensorboard.main")
log = importlib.import_module("tfevents.tensorboard.log")
sampling = importlib.import_module("tfevents.tensorboard.sampling")


def test_runs_that_grow_come_and_go(tmp_path: Path) -> None:
    with writing(tmp_path / "a", tmp_path / "a", tmp_path / "b") as (first, second, other):
        add(first, 0, 0.5)
        provider = started(tmp_path)
        assert points(provider, "a") == [(0, 0.5)]
        # Two files of one run grow in turn.
        for step in range(1, 6):
            add([first, second][step % 2], step, step)
            when(lambda: points(provider, "a")[1:], lambda it, n=step: len(it) == n, 10)
        assert points(provider, "a") == [(0, 0.5)] + [(step, step) for step in range(1, 6)]
        add(other, 7, 1)
        when(lambda: points(provider, "b"), lambda found: found == [(7, 1.0)], 10)
        assert runs(provider) == ["a", "b"]
    shutil.rmtree(tmp_path / "a")
    when(lambda: runs(provider), lambda found: found == ["b"], 10)
    assert points(provider, "a") == []
    # Another file of the same name replaces the one that was read.
    (old,) = (tmp_path / "b").iterdir()
    with writing(tmp_path / "new") as (writer,):
        add(writer, 1, 3)
    (new,) = (tmp_path / "new").iterdir()
    new.replace(old)
    (tmp_path / "new").rmdir()
    when(lambda: points(provider, "b"), lambda found: found == [(1, 3.0)], 10)
    # Everything is removed, and comes back.
    shutil.rmtree(tmp_path)
    when(lambda: runs(provider), lambda found: found == [], 10)
    with writing(tmp_path / "late") as (writer,):
        add(writer, 2, 4)
    when(lambda: points(provider, "late"), lambda found: found == [(2, 4.0)], 10)


def test_a_directory_that_is_not_there_yet(tmp_path: Path) -> None:
    provider = started(tmp_path / "later")
    assert runs(provider) == []
    with writing(tmp_path / "later" / "run") as (writer,):
        add(writer, 0, 1)
    when(lambda: runs(provider), lambda found: found == ["run"], 10)


def test_nothing_is_read_again_where_nobody_wants_it(tmp_path: Path) -> None:
    with writing(tmp_path) as (writer,):
        add(writer, 0, 1)
        provider = started(tmp_path, reload_interval=0, reload_task="blocking")
        add(writer, 1, 1)
        assert points(provider, ".") == [(0, 1.0)]
    with pytest.raises(ValueError, match="blocking reload"):
        started(tmp_path, reload_task="blocking")


def test_several_named_directories(tmp_path: Path) -> None:
    for name in ("x", "y"):
        with writing(tmp_path / name / "run") as (writer,):
            add(writer, 0, 1)
    spec = f"one:{tmp_path / 'x'},{tmp_path / 'y'}"
    assert runs(started(tmp_path, logdir="", logdir_spec=spec)) == ["one/run", "run"]


def restarted(directory: Path) -> None:
    """Training crashes at step 5, and continues from step 3 in a file of its own, to step 4 so
    far.
    """
    with writing(directory) as (writer,):
        for step in range(6):
            add(writer, step, step)
    with tfevents.SummaryWriter(directory, purge_step=3) as writer:
        for step in (3, 4):
            add(writer, step, 10 + step)


@pytest.mark.parametrize(
    ("restarts", "expected"),
    [
        ("latest", [0, 1, 2, 13, 14]),
        # Purged values stay until they are written again.
        ("last_wins", [0, 1, 2, 13, 14, 5]),
        ("tensorboard", [0, 1, 2, 13, 14]),
        ("raw", [0, 1, 2, 3, 4, 5, 13, 14]),
    ],
)
def test_restarts(tmp_path: Path, restarts: str, expected: list[int]) -> None:
    restarted(tmp_path)
    found = points(started(tmp_path, restarts=restarts), ".")
    assert [value for _, value in found] == expected


def test_what_was_logged_for_one_step_stays(tmp_path: Path) -> None:
    """Steps that were left out are not restarts."""
    with writing(tmp_path) as (writer,):
        for value in range(3):
            writer.add_scalar("loss", value)
            writer.add_text("note", str(value))
    provider = started(tmp_path)
    assert points(provider, ".") == [(0, 0.0), (0, 1.0), (0, 2.0)]
    which = {"experiment_id": "", "plugin_name": "text", "downsample": 10}
    (texts,) = provider.read_tensors(CTX, **which)["."].values()
    assert [datum.numpy.item() for datum in texts] == [b"0", b"1", b"2"]


def test_every_point_up_to_what_a_card_can_take(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    few, many = rng.random(50_000), rng.random(300_000)
    many[[1234, 200_001]] = [-7, 9]
    many[77_777] = np.nan
    for name, values in (("few", few), ("many", many)):
        with writing(tmp_path / name) as (writer,):
            writer.add_scalar_series("loss", values, np.arange(len(values)))
    provider = started(tmp_path)
    when(lambda: runs(provider), lambda found: len(found) == 2, 10)
    found = chart(provider)
    assert [step for _, step, _ in found["few"]] == list(range(50_000))
    assert 12_500 < len(found["many"]) <= 50_001
    assert [found["many"][0][1], found["many"][-1][1]] == [0, 299_999]
    values = {step: value for _, step, value in found["many"]}
    assert (values[1234], values[200_001], values[77_777]) == (-7, 9, "NaN")
    # The number of points that was asked for.
    assert len(chart(provider, most=100)["few"]) <= 100
    assert len(chart(provider, most=10**9)["many"]) == 300_000
    # A chart with several tags needs the same steps in each, which TensorBoard draws.
    sample = provider.read_scalars(CTX, **WHICH, downsample=1000)
    assert len(sample["few"]["loss"]) == len(sample["many"]["loss"]) == 1000
    assert sample["many"]["loss"][-1].step == 299_999


def test_what_was_sent_stays_while_a_run_grows(tmp_path: Path) -> None:
    values = np.random.default_rng(1).random(260_000)
    with writing(tmp_path) as (writer,):
        writer.add_scalar_series("loss", values[:220_000], np.arange(220_000))
        writer.flush()
        provider = started(tmp_path)
        runs(provider)
        before = {step for _, step, _ in chart(provider)["."]}
        writer.add_scalar_series("loss", values[220_000:], np.arange(220_000, 260_000))
        writer.flush()
        when(lambda: len(points(provider, ".")), lambda count: count == 260_000, 10)
    after = {step for _, step, _ in chart(provider)["."]}
    # Only the last bucket, which was not full, and the last point may change.
    assert len(before - after) <= 3
    assert len(after) > len(before)


def test_max_points(tmp_path: Path) -> None:
    values = np.random.default_rng(2).random(40_000)
    values[[5000, 30_000]] = [-1, 2]
    with writing(tmp_path) as (writer,):
        writer.add_scalar_series("loss", values[:20_000], np.arange(20_000))
        writer.flush()
        provider = started(tmp_path, max_points=1000)
        assert 250 <= len(points(provider, ".")) <= 1000
        for start in range(20_000, 40_000, 1000):
            steps = np.arange(start, start + 1000)
            writer.add_scalar_series("loss", values[steps], steps)
            writer.flush()
            when(lambda: points(provider, ".")[-1][0], lambda last, s=steps: last == s[-1], 10)
            assert len(points(provider, ".")) <= 2000
    found = [value for _, value in points(provider, ".")]
    assert (min(found), max(found)) == (-1, 2)


def test_shares_of_a_card() -> None:
    assert sampling.share([]) == sampling.RUN
    assert sampling.share([10]) >= 10
    assert sampling.share([sampling.CARD]) == sampling.CARD
    # A tag with fewer points leaves the rest to others.
    assert sampling.share([100, 10**6]) == sampling.CARD - 100
    assert sampling.share([10**6] * 10) == sampling.CARD // 10
    # At least as many points as TensorBoard sends are always sent.
    assert sampling.share([10**6] * 1000) == sampling.RUN


def test_samples_are_tensorboards() -> None:
    theirs = peer("tensorboard.backend.event_processing.data_provider")._downsample
    for count in (0, 1, 5, 10, 100):
        for most in (0, 1, 5, 10, 99, 1000):
            if most and not count:
                assert not sampling.sample(count, most)
            elif most <= count or not most:
                assert list(sampling.sample(count, most)) == theirs(range(count), most), (
                    count,
                    most,
                )


def environment(address: str) -> Any:
    from urllib.request import urlopen

    with urlopen(f"{address}data/environment") as answer:
        return json.load(answer)


# TensorBoard's own command up to the server, without TensorFlow, whose import takes long.
STOCK = """
    import sys
    sys.modules["tensorflow"] = None
    from tensorboard import default, program
    found = program.TensorBoard(default.get_plugins(), server_class=lambda app, flags: app)
    found.configure(["tensorboard", *sys.argv[1:]])
    app = found._make_server()
    print(type(app._data_provider).__module__, *(type(plugin).__name__ for plugin in app._plugins))
    print("is_imported" if "tfevents" in sys.modules else "")
"""


@pytest.mark.parametrize("how", ["flag", "variable", "neither"])
def test_tensorboards_own_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Without the flag nothing changes, and nothing of ours is imported."""
    if how == "variable":
        monkeypatch.setenv("TENSORBOARD_READER", "tfevents")
    flags = ["--reader=tfevents"] if how == "flag" else []
    said = scripts.check(STOCK, f"--logdir={tmp_path}", "--load_fast=false", *flags).split()
    assert said[0].startswith("tensorboard." if how == "neither" else "tfevents.tensorboard")
    assert ("MetricsPlugin" if how == "neither" else "Metrics") in said
    assert ("is_imported" in said) == (how != "neither")


def test_a_reader_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORBOARD_READER", "other")
    done = scripts.run(STOCK, f"--logdir={tmp_path}")
    assert done.returncode != 0
    assert "TENSORBOARD_READER must be tensorboard or tfevents, not 'other'" in done.stderr


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--restarts=raw"], "--restarts needs --reader=tfevents"),
        (["--max_points=9"], "--max_points needs --reader=tfevents"),
        (["--reader=tfevents", "--max_points=3"], "--max_points must be 0 or at least 4: 3"),
    ],
)
def test_flags_that_can_not_be(tmp_path: Path, flags: list[str], message: str) -> None:
    loader = importlib.import_module("tensorboard_plugin_tfevents").ReaderLoader()
    parser = argparse.ArgumentParser()
    loader.define_flags(parser)
    given = parser.parse_args(flags)
    with pytest.raises(peer("tensorboard.plugins.base_plugin").FlagsError, match=message):
        loader.fix_flags(given)


def test_plugins_of_others(tmp_path: Path) -> None:
    """Users get what they wrote, under their own names."""
    summary_pb2 = peer("tensorboard.compat.proto.summary_pb2")
    make_tensor = peer("tensorboard.util.tensor_util").make_tensor_proto
    with closing(tfevents.FileWriter(tmp_path)) as writer:
        for step in range(3):
            summary = summary_pb2.Summary()
            for tag, data, data_class in (
                ("numbers", np.full((2, 3), step, np.int32), summary_pb2.DATA_CLASS_TENSOR),
                ("files", [b"one", b"two"][: step + 1], summary_pb2.DATA_CLASS_BLOB_SEQUENCE),
                ("loss", np.float64(step), summary_pb2.DATA_CLASS_SCALAR),
            ):
                value = summary.value.add(tag=tag, tensor=make_tensor(data))
                value.metadata.plugin_data.plugin_name = "mine"
                value.metadata.plugin_data.content = b"?"
                value.metadata.display_name = tag.upper()
                value.metadata.data_class = data_class
            writer.add_summary(summary, step)
    provider = started(tmp_path)
    when(lambda: runs(provider), bool, 10)
    which = {"experiment_id": "", "plugin_name": "mine"}
    assert provider.list_plugins(CTX, experiment_id="") == {"mine"}
    listed = provider.list_tensors(CTX, **which)["."]["numbers"]
    assert (listed.max_step, listed.plugin_content, listed.display_name) == (2, b"?", "NUMBERS")
    arrays = provider.read_tensors(CTX, **which, downsample=10)["."]["numbers"]
    assert [datum.numpy.tolist() for datum in arrays] == [[[n] * 3] * 2 for n in range(3)]
    (blobs,) = provider.list_blob_sequences(CTX, **which)["."].values()
    assert (blobs.max_length, blobs.max_step) == (2, 2)
    read = provider.read_blob_sequences(CTX, **which, downsample=10)["."]["files"]
    assert [len(datum.values) for datum in read] == [1, 2, 2]
    key = read[-1].values[1].blob_key
    assert provider.read_blob(CTX, blob_key=key) == b"two"
    assert provider.read_last_scalars(CTX, **which)["."]["loss"].value == 2
    # Files that were removed.
    shutil.rmtree(tmp_path)
    when(lambda: runs(provider), lambda found: not found, 10)
    for wrong in (key, "?", "W10", ""):
        with pytest.raises(peer("tensorboard.errors").NotFoundError):
            provider.read_blob(CTX, blob_key=wrong)


def test_plugins_of_others_are_not_asked_for_their_data() -> None:
    """TensorBoard's debugger imports TensorFlow then."""

    class Other:
        @property
        def _data_provider(self) -> Any:
            raise AssertionError

    importlib.import_module("tfevents.tensorboard.plugins").replace({"other": Other()})


@pytest.mark.parametrize("subcommand", [[], ["serve"]], ids=["none", "serve"])
def test_flags_of_our_command_that_can_not_be(tmp_path: Path, subcommand: list[str]) -> None:
    source = "import sys; from tfevents.tensorboard.__main__ import main; sys.exit(main())"
    done = scripts.run(source, *subcommand, f"--logdir={tmp_path}", "--max_points=3")
    assert done.returncode == 1
    assert "Error: --max_points must be 0 or at least 4: 3" in done.stderr


def test_our_command(tmp_path: Path) -> None:
    """TensorBoard's flags still work."""
    with writing(tmp_path / "run") as (writer,):
        for step in range(10):
            add(writer, step, step)
    flags = ["--path_prefix=/below", "--window_title=Mine", "--samples_per_plugin=scalars=4"]
    module = "tfevents.tensorboard"
    with every_plugin.tensorboard(tmp_path, *flags, module=module) as address:
        assert address.endswith("/below/")
        found = environment(address)
        assert found["window_title"] == "Mine"
        assert found["debug"]["data_provider"].startswith("tfevents.")
        from urllib.request import urlopen

        when(lambda: json.load(urlopen(f"{address}data/runs")), lambda found: found == ["run"])
        data = b"tag=loss&runs=run"
        with urlopen(f"{address}data/plugin/scalars/scalars_multirun", data) as answer:
            sent = json.load(answer)["run"]
        assert [sent[0][1], sent[-1][1]] == [0, 9]
        assert len(sent) <= 4


# What the magic of a notebook does, twice.
NOTEBOOK = """
    import datetime, json, os, signal, sys
    from urllib.request import urlopen
    from tensorboard import manager

    def start():
        return manager.start(sys.argv[1:], datetime.timedelta(seconds=100))

    first = start()
    launched = first.info.pid if isinstance(first, manager.StartLaunched) else first.pid
    try:
        second = start()
        print(type(first).__name__, type(second).__name__, second.info.pid == launched)
        with urlopen(f"http://localhost:{first.info.port}/data/environment") as answer:
            print(json.load(answer)["debug"]["data_provider"])
    finally:
        os.kill(launched, signal.SIGTERM)
"""


def test_a_notebook_starts_it_and_uses_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The magic runs TensorBoard's installed script, and looks for one that runs already."""
    script = Path(sys.executable).with_name("tensorboard")
    if not script.exists():
        pytest.skip("TensorBoard's script is not beside the interpreter")
    monkeypatch.setenv("TENSORBOARD_BINARY", str(script))
    # TensorBoard's command imports TensorFlow, which takes seconds.
    (tmp_path / "tensorflow.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    # Where TensorBoards say that they run.
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    flags = [f"--logdir={tmp_path}", "--port=0", "--reader=tfevents"]
    started, provider = scripts.check(NOTEBOOK, *flags).splitlines()
    assert started == "StartLaunched StartReused True"
    assert provider.startswith("tfevents.")


def test_a_remote_directory(tmp_path: Path) -> None:
    fsspec = peer("fsspec")
    with writing(tmp_path) as (writer,):
        add(writer, 3, 0.5)
    (file,) = tmp_path.iterdir()
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/logs/run/events.out.tfevents.1", file.read_bytes())
    try:
        provider = started(tmp_path, logdir="memory://logs")
        assert points(provider, "run") == [(3, 0.5)]
    finally:
        memory.rm("/logs", recursive=True)


def test_newer_runs_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for age, name in enumerate(("c", "a", "b", "d")):
        with writing(tmp_path / name) as (writer,):
            add(writer, 0, 1)
        (file,) = (tmp_path / name).iterdir()
        os.utime(file, (age, age))
    monkeypatch.setattr(log, "_FIRST", 1)
    reading = log.Log({str(tmp_path): None}, "latest", None)
    came = [list(reading.runs) for _ in reading.load()]
    assert came[0] == ["d"]
    # Each time it is at most twice as long.
    assert came[1] == ["b", "d"]
    assert came[-1] == ["a", "b", "c", "d"]


def test_a_run_that_the_system_can_not_read_hides_no_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("good", "bad"):
        with writing(tmp_path / name) as (writer,):
            add(writer, 0, 1)
    (broken,) = (tmp_path / "bad").iterdir()
    reading = log.Log({str(tmp_path): None}, "latest", None)
    native = reading._data

    class Failing:
        """Behaves like a disk that can't read one file."""

        def update(self, found: Any) -> Any:
            if any(str(broken) in files for _, files, _ in found):
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(broken))
            return native.update(found)

        def __getattr__(self, name: str) -> Any:
            return getattr(native, name)

    reading._data = Failing()
    for _ in range(2):
        list(reading.load())
        assert list(reading.runs) == ["good"]
    told = [record for record in caplog.records if "can't be read" in record.message]
    assert len(told) == 1
    assert str(broken) in told[0].message
    reading._data = native
    list(reading.load())
    assert list(reading.runs) == ["bad", "good"]


def test_reading_goes_on_after_any_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with writing(tmp_path) as (writer,):
        add(writer, 0, 1)
        provider = started(tmp_path)
        assert points(provider, ".") == [(0, 1.0)]
        load = log.Log.load
        monkeypatch.setattr(log.Log, "load", lambda self: 1 // 0)
        time.sleep(0.2)
        runs(provider)
        monkeypatch.setattr(log.Log, "load", load)
        add(writer, 1, 1)
        when(lambda: len(points(provider, ".")), lambda count: count == 2, 10)
