"""add_scalars: one sub-run for each key, and no two curves share one."""

import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import events
from tfevents import SummaryWriter


def sub_runs(directory) -> dict[str, list[tuple[str, int, float]]]:
    """The tag, step and value of each scalar, by run, for the runs below `directory` that have
    scalars.
    """
    runs: dict[str, list[tuple[str, int, float]]] = {}
    for path in events.event_files(directory):
        run = os.path.relpath(path.parent, directory)
        for point in events.points_of(events.parse_file(path)):
            runs.setdefault(run, []).append((point.tag, point.step, point.value))
    return runs


def test_a_key_is_a_sub_run_and_the_main_tag_its_tag(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalars("loss", {"train": 1.0, "test": 2.0}, 1)
        writer.add_scalars("loss", {"train": 3.0}, 2)
    assert sub_runs(tmp_path) == {
        "loss_train": [("loss", 1, 1.0), ("loss", 2, 3.0)],
        "loss_test": [("loss", 1, 2.0)],
    }


def test_a_slash_in_the_main_tag_becomes_an_underscore_of_the_directory_only(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalars("a/b", {"c": 1.0}, 1)
    assert sub_runs(tmp_path) == {"a_b_c": [("a/b", 1, 1.0)]}


@pytest.mark.parametrize(
    ("key", "run"),
    [
        ("b/c", "m_b/c"),
        ("", "m_"),
        ("..", "m_.."),
        ("%", "m_%"),
        ("/", "m_/%"),
        ("/etc", "m_/etc"),
        ("a//b", "m_a/%/b"),
        ("a/", "m_a/%"),
        ("a/.", "m_a/%."),
        ("a/../../b", "m_a/%../%../b"),
        ("a/%/b", "m_a/%%/b"),
        ("a/%../b", "m_a/%%../b"),
        ("a/.../b", "m_a/.../b"),
    ],
)
def test_parts_of_a_key_that_a_path_would_swallow_are_marked(tmp_path, key, run):
    with SummaryWriter(tmp_path / "log") as writer:
        writer.add_scalars("m", {key: 1.0}, 1)
    assert sub_runs(tmp_path) == {f"log/{run}": [("m", 1, 1.0)]}


def test_each_sub_run_has_one_file_and_a_writer(tmp_path):
    with SummaryWriter(tmp_path, filename_suffix=".x") as writer:
        for step in range(10):
            writer.add_scalars("m", {"a": 1.0, "b": 2.0}, step)
        assert set(writer.all_writers) == {
            str(tmp_path),
            str(tmp_path / "m_a"),
            str(tmp_path / "m_b"),
        }
    assert sorted(p.parent.name for p in events.event_files(tmp_path)) == sorted(
        ["m_a", "m_b", tmp_path.name]
    )
    assert all(p.name.endswith(".x") for p in events.event_files(tmp_path))


def test_flush_reaches_the_sub_runs(tmp_path):
    with SummaryWriter(tmp_path, flush_secs=3600) as writer:
        for step in range(1000):
            writer.add_scalars("m", {"a": 1.0}, step)
        writer.flush()
        assert events.steps(tmp_path) == list(range(1000))


def test_after_close_sub_runs_go_on_in_new_files(tmp_path):
    writer = SummaryWriter(tmp_path)
    for step in range(3):
        writer.add_scalars("m", {"a": 1.0}, step)
        writer.close()
    assert len(events.event_files(tmp_path / "m_a")) == 3
    assert events.steps(tmp_path) == [0, 1, 2]


def test_steps_wall_times_and_kinds_of_numbers(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalars("m", {"f": 0.1, "i": np.int8(3), "a": np.array([1.5])}, np.int64(4), 2.5)
    assert sorted(events.points(tmp_path)) == [
        ("m", 4, 2.5, float(np.float32(0.1))),
        ("m", 4, 2.5, 1.5),
        ("m", 4, 2.5, 3.0),
    ]


def test_purge_events_are_the_main_run_s_only(tmp_path):
    with SummaryWriter(tmp_path, purge_step=3) as writer:
        writer.add_scalars("m", {"a": 1.0}, 3)
    version, point = events.parse_file(events.only_file(tmp_path / "m_a"))
    assert (version.step, version.session_status, point.step) == (0, None, 3)


@pytest.mark.parametrize("wrong", [None, "1", 1j, np.ones(2), [1.0]], ids=repr)
def test_one_wrong_value_among_several_writes_nothing_at_all(tmp_path, wrong):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalars("m", {"a": 1.0}, 1)
        before = events.event_files(tmp_path)
        with pytest.raises((TypeError, ValueError), match="tag_scalar_dict"):
            writer.add_scalars("m", {"a": 2.0, "new": 3.0, "wrong": wrong, "b": 4.0}, 2)
        with pytest.raises((TypeError, ValueError), match="tag_scalar_dict"):
            writer.add_scalars("m", {"a": 2.0, "new": 3.0, 5: 4.0}, 2)
        with pytest.raises(TypeError, match="global_step"):
            writer.add_scalars("m", {"a": 2.0, "new": 3.0}, 1.5)
        with pytest.raises(TypeError, match="walltime"):
            writer.add_scalars("m", {"a": 2.0, "new": 3.0}, 2, "now")
        assert events.event_files(tmp_path) == before
        writer.add_scalars("m", {"a": 5.0}, 3)
    assert sub_runs(tmp_path) == {"m_a": [("m", 1, 1.0), ("m", 3, 5.0)]}


def test_threads_that_meet_at_new_sub_runs(tmp_path):
    # Every thread opens the same sub-runs at about the same time. Some flush and read meanwhile.
    def log(thread):
        start.wait()
        for step in range(30):
            writer.add_scalars("m", {f"run {step}": 1.0}, step)
            if thread % 2:
                writer.flush()
                assert str(tmp_path) in writer.all_writers

    start = threading.Barrier(8)
    with SummaryWriter(tmp_path) as writer, ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(log, thread) for thread in range(8)]:
            done.result()
    for step in range(30):
        assert events.steps(tmp_path / f"m_run {step}") == [step] * 8
        assert len(events.event_files(tmp_path / f"m_run {step}")) == 1


def test_a_key_that_no_file_system_takes_is_refused(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises((TypeError, ValueError), match="tag_scalar_dict"):
            writer.add_scalars("m", {"a": 1.0, "nul\0": 2.0}, 1)
        with pytest.raises(OSError):
            writer.add_scalars("m", {"x" * 300: 2.0}, 2)
            writer.flush()
        writer.add_scalar("after", 1.0, 3)
    assert 3 in events.steps(tmp_path)


# Many slashes, dots and marks, which could make names collide.
names = st.text(st.sampled_from("/._%ab"), max_size=8)


@pytest.mark.filterwarnings("ignore:tag is empty")
@given(st.dictionaries(st.tuples(names, names), st.integers(0, 1000), max_size=12))
def test_every_main_tag_and_key_is_a_series_of_its_own_inside_the_log_directory(series):
    with tempfile.TemporaryDirectory() as directory:
        log_dir = Path(directory) / "log"
        with SummaryWriter(log_dir) as writer:
            for (main_tag, key), step in series.items():
                writer.add_scalars(main_tag, {key: 1.0}, step)
        assert all(path.is_relative_to(log_dir) for path in events.event_files(directory))
        read = [(run, *point) for run, points in sub_runs(log_dir).items() for point in points]
    assert sorted((tag, step) for _, tag, step, _ in read) == sorted(
        (main_tag, step) for (main_tag, _), step in series.items()
    )
    assert len({(run, tag) for run, tag, _, _ in read}) == len(series)
    assert all(run != "." for run, *_ in read)


# In the same run.


def test_same_run(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalars(
            "a/b", {"train": 1.0, "..": np.float32(2), "\0": 3}, 7, 5.0, same_run=True
        )
        writer.add_scalars("a/b", {}, same_run=True)
    (event,) = events.parse_file(events.only_file(tmp_path))[1:]
    assert (event.step, event.wall_time) == (7, 5.0)
    assert [(v.tag, v.simple_value) for v in event.values] == [
        ("a/b/train", 1.0),
        ("a/b/..", 2.0),
        ("a/b/\0", 3.0),
    ]


@pytest.mark.parametrize(
    ("main_tag", "scalars", "argument"),
    [
        (3, {"a": 1.0}, "main_tag"),
        ("\ud800", {"a": 1.0}, "main_tag"),
        ("m", 3, "tag_scalar_dict"),
        ("m", {3: 1.0}, "tag_scalar_dict"),
        ("m", {"\ud800": 1.0}, "tag_scalar_dict"),
        ("m", {"a": 1.0, "b": "x"}, "tag_scalar_dict['b']"),
    ],
)
def test_wrong_arguments_in_the_same_run(tmp_path, main_tag, scalars, argument):
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises((TypeError, ValueError)) as raised:
            writer.add_scalars(main_tag, scalars, same_run=True)
        writer.add_scalar("after", 1.0)
    assert argument in str(raised.value)
    assert [p.tag for p in events.points(tmp_path)] == ["after"]
