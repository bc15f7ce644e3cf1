"""The life of a writer: names and places, flush, close, re-open, copies, and the end of the
process.
"""

import copy
import gc
import os
import pathlib
import pickle
import re
import socket
import sys
import time

import pytest

import events
import scripts
import tfevents
from tfevents import FileWriter, SummaryWriter

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

FILE_NAME = re.compile(
    rf"events\.out\.tfevents\.(?P<secs>\d{{10}})\.{re.escape(socket.gethostname())}"
    r"\.(?P<pid>\d+)\.(?P<uid>\d+)(?P<suffix>.*)"
)


def eventually(condition) -> bool:
    """Whether `condition()` becomes true before this counts as hanging."""
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class OnesSummary:
    """A Summary message: the value 1.0 of tag "a"."""

    def SerializeToString(self):
        return b"\x0a\x08\x0a\x01a\x15\x00\x00\x80\x3f"


# Names and places.


def test_the_file_s_name_tells_time_host_and_process(tmp_path):
    before = int(time.time())
    SummaryWriter(tmp_path / "plain").close()
    SummaryWriter(tmp_path / "suffix", filename_suffix=".v2-ü").close()
    for run, suffix in ("plain", ""), ("suffix", ".v2-ü"):
        name = FILE_NAME.fullmatch(events.only_file(tmp_path / run).name)
        assert before - 1 <= int(name["secs"]) <= time.time() + 1
        assert int(name["pid"]) == os.getpid()
        assert name["suffix"] == suffix


def test_the_default_directory_tells_time_and_host(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments in {}, {"log_dir": ""}, {"comment": "_lr 0.1"}:
        with SummaryWriter(**arguments) as writer:
            parent, name = os.path.split(writer.get_logdir())
            assert parent == "runs"
            stamp, rest = name[:14], name[14:]
            # The year is given, since without it the day may not exist.
            time.strptime(f"2024 {stamp}", "%Y %b%d_%H-%M-%S")
            assert rest == f"_{socket.gethostname()}{arguments.get('comment', '')}"
            assert events.event_files(tmp_path / "runs" / name)


def test_the_comment_is_for_the_default_directory_only(tmp_path):
    SummaryWriter(tmp_path / "run", comment="ignored").close()
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("kind", [str, pathlib.Path])
def test_log_dir_is_where_it_was_asked_for(tmp_path, kind):
    directory = tmp_path / "deep" / "er" / "ünïcode run"
    with SummaryWriter(kind(directory)) as writer:
        assert os.fspath(writer.log_dir) == str(directory)
        assert os.fspath(writer.get_logdir()) == str(directory)
        assert writer.file_writer.get_logdir() == str(directory)
    assert events.only_file(tmp_path).parent == directory


def test_a_relative_directory_stays_where_it_was_when_the_process_moves(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with SummaryWriter("run") as writer:
        writer.add_scalar("a", 1.0, 1)
        monkeypatch.chdir(tmp_path / "elsewhere")
        writer.add_scalar("a", 1.0, 2)
    assert events.steps(tmp_path) == [1, 2]


def test_two_writers_on_one_directory_have_a_file_each(tmp_path):
    with SummaryWriter(tmp_path) as one, SummaryWriter(tmp_path) as two:
        one.add_scalar("a", 1.0, 1)
        two.add_scalar("a", 1.0, 2)
    assert len(events.event_files(tmp_path)) == 2
    assert events.steps(tmp_path) == [1, 2]


def test_a_file_that_already_has_the_next_name_is_never_touched(tmp_path):
    SummaryWriter(tmp_path / "probe").close()
    probe = FILE_NAME.fullmatch(events.only_file(tmp_path / "probe").name)
    directory = tmp_path / "run"
    directory.mkdir()
    now, uid = int(time.time()), int(probe["uid"])
    for secs in range(now, now + 10):
        for taken in range(uid, uid + 20):
            name = f"events.out.tfevents.{secs}.{socket.gethostname()}.{os.getpid()}.{taken:05}"
            (directory / name).write_text("somebody else's")
    others = set(directory.iterdir())
    with SummaryWriter(directory) as writer:
        writer.add_scalar("a", 1.0, 1)
    assert {path.read_text() for path in others} == {"somebody else's"}
    (ours,) = set(directory.iterdir()) - others
    assert [p.step for p in events.points_of(events.parse_file(ours))] == [1]


def test_many_files_of_one_second_sort_in_the_order_in_which_they_were_made(tmp_path):
    made = []
    for step in range(25):
        with SummaryWriter(tmp_path, filename_suffix=".x") as writer:
            writer.add_scalar("a", 1.0, step)
        made += sorted(path.name for path in tmp_path.iterdir() if path.name not in made)
    assert made == sorted(made)
    run = tfevents.read(tmp_path)["."]
    assert run.scalars["a"].step.tolist() == list(range(25))


# Flush, close, and use after close.


def test_flush_brings_everything_to_the_file(tmp_path):
    with SummaryWriter(tmp_path, max_queue=1_000_000, flush_secs=3600) as writer:
        for step in range(10_000):
            writer.add_scalar("a", 1.0, step)
        writer.flush()
        assert events.steps(tmp_path) == list(range(10_000))
        writer.add_scalar("a", 1.0, 10_000)
        writer.flush()
        assert events.steps(tmp_path) == list(range(10_001))


def test_events_reach_the_file_without_flush(tmp_path):
    with SummaryWriter(tmp_path, max_queue=1_000_000, flush_secs=3600) as writer:
        writer.add_scalar("a", 1.0, 1)
        assert eventually(lambda: events.steps_so_far(tmp_path) == [1])
        time.sleep(0.5)  # the writer has come to rest
        writer.add_scalar("a", 1.0, 2)
        assert eventually(lambda: events.steps_so_far(tmp_path) == [1, 2])


def test_close_writes_everything_and_leaves_no_writer(tmp_path):
    writer = SummaryWriter(tmp_path)
    assert list(writer.all_writers) == [str(tmp_path)]
    writer.add_scalar("a", 1.0, 1)
    for step, same in enumerate(
        [writer.file_writer, writer.all_writers[str(tmp_path)], writer._get_file_writer()], 2
    ):
        same.add_summary(OnesSummary(), step)
    writer.close()
    assert (writer.file_writer, writer.all_writers) == (None, None)
    assert os.fspath(writer.get_logdir()) == str(tmp_path)
    assert [p.step for p in events.points_of(events.parse_file(events.only_file(tmp_path)))] == [
        1,
        2,
        3,
        4,
    ]


def test_closing_and_flushing_again_does_nothing(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.close()
    writer.close()
    writer.flush()
    assert (writer.file_writer, writer.all_writers) == (None, None)
    assert len(events.event_files(tmp_path)) == 1


def test_use_after_close_opens_a_new_file_and_does_not_purge_again(tmp_path):
    writer = SummaryWriter(tmp_path, purge_step=5, filename_suffix=".x")
    writer.add_scalar("a", 1.0, 5)
    writer.close()
    first = events.only_file(tmp_path)
    whole = first.read_bytes()
    for step, use in enumerate(
        [
            lambda step: writer.add_scalar("a", 1.0, step),
            lambda step: writer.log({"a": 1.0}, step),
            lambda step: writer.add_scalar_series("a", [1.0], [step]),
            lambda step: writer._get_file_writer() and writer.add_scalar("a", 1.0, step),
        ]
    ):
        known = set(events.event_files(tmp_path))
        use(step)
        assert writer.file_writer is not None
        writer.close()
        (new,) = set(events.event_files(tmp_path)) - known
        version, point = events.parse_file(new)
        assert (version.step, version.session_status, point.step) == (0, None, step)
        assert new.name.endswith(".x")
    assert first.read_bytes() == whole


def test_purge_step_hides_what_follows_it(tmp_path):
    for purge_step in 0, 7:
        SummaryWriter(tmp_path / str(purge_step), purge_step=purge_step).close()
        version, purge, start = events.parse_file(events.only_file(tmp_path / str(purge_step)))
        assert (version.step, version.session_status) == (0, None)
        assert (purge.step, purge.file_version) == (purge_step, "brain.Event:2")
        assert (start.step, start.session_status) == (purge_step, 1)


def test_the_context_manager_closes_whatever_happens(tmp_path):
    writer = SummaryWriter(tmp_path)
    with pytest.raises(KeyError, match="training failed"), writer as entered:
        assert entered is writer
        entered.add_scalar("a", 1.0, 1)
        raise KeyError("training failed")
    assert writer.file_writer is None
    assert events.steps(tmp_path) == [1]


@pytest.mark.parametrize("max_queue", [0, -1])
def test_a_queue_without_room_works_or_is_refused(tmp_path, max_queue):
    try:
        writer = SummaryWriter(tmp_path, max_queue=max_queue)
    except ValueError as error:
        assert "max_queue" in str(error)
        return
    with writer:
        for step in range(100):
            writer.add_scalar("a", 1.0, step)
    assert events.steps(tmp_path) == list(range(100))


@pytest.mark.parametrize("flush_secs", [0, 0.001, 1, 1e9])
@pytest.mark.parametrize("max_queue", [1, 10])
def test_small_and_large_intervals_and_queues(tmp_path, flush_secs, max_queue):
    with SummaryWriter(tmp_path, max_queue=max_queue, flush_secs=flush_secs) as writer:
        for step in range(100):
            writer.add_scalar("a", 1.0, step)
        assert eventually(lambda: events.steps_so_far(tmp_path) == list(range(100)))


def test_a_file_writer_reopens_into_a_new_file(tmp_path):
    writer = SummaryWriter(tmp_path).file_writer
    writer.close()
    writer.close()
    writer.reopen()
    writer.reopen()  # open already: does nothing
    writer.add_summary(OnesSummary(), 3)
    writer.flush()
    assert len(events.event_files(tmp_path)) == 2
    assert events.steps(tmp_path) == [3]
    writer.close()


def test_an_event_of_no_bytes_is_a_record_like_any_other(tmp_path):
    class Nothing:
        def SerializeToString(self):
            return b""

    with SummaryWriter(tmp_path) as writer:
        writer.file_writer.add_event(Nothing(), walltime=0.0)
        writer.flush()
        writer.add_scalar("a", 1.0, 1)
    assert [(e.wall_time, e.step) for e in events.parse_file(events.only_file(tmp_path))][1] == (
        0.0,
        0,
    )
    assert events.steps(tmp_path) == [1]


def test_a_file_writer_alone(tmp_path):
    writer = FileWriter(tmp_path / "run", filename_suffix=".alone")
    writer.add_summary(OnesSummary(), 3, 4.5)
    writer.flush()
    assert events.points(tmp_path) == [("a", 3, 4.5, 1.0)]
    assert writer.get_logdir() == str(tmp_path / "run")
    writer.close()
    assert events.only_file(tmp_path).name.endswith(".alone")


# Descriptors, threads and memory.


def open_files(directory) -> list[str]:
    found = []
    for entry in os.scandir("/proc/self/fd"):
        try:
            target = os.readlink(entry.path)
        except FileNotFoundError:  # the descriptor that lists
            continue
        if target.startswith(str(directory)):
            found.append(target)
    return found


@linux_only
def test_one_descriptor_a_file_and_none_after_close(tmp_path):
    SummaryWriter(tmp_path / "what is made once only").close()
    before = len(os.listdir("/proc/self/fd"))
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("a", 1.0, 1)
    writer.flush()
    assert len(open_files(tmp_path)) == 1
    assert len(os.listdir("/proc/self/fd")) == before + 1
    writer.add_scalars("m", {"x": 1.0, "y": 2.0}, 1)
    writer.flush()
    assert len(open_files(tmp_path)) == 3
    writer.close()
    assert open_files(tmp_path) == []
    assert len(os.listdir("/proc/self/fd")) == before


@linux_only
def test_no_thread_stays_behind(tmp_path):
    SummaryWriter(tmp_path / "what is made once only").close()
    gc.collect()
    before = len(os.listdir("/proc/self/task"))
    for number in range(20):
        with SummaryWriter(tmp_path / str(number)) as writer:
            writer.add_scalars("m", {"x": 1.0, "y": 2.0}, 1)
    assert eventually(lambda: len(os.listdir("/proc/self/task")) <= before)


@linux_only
def test_garbage_collection_writes_and_closes(tmp_path):
    writer = SummaryWriter(tmp_path / "reference")
    writer.add_scalar("a", 1.0, 1)
    del writer
    gc.collect()
    cycle = SubclassWithItself(tmp_path / "cycle")
    cycle.add_scalar("a", 1.0, 2)
    del cycle
    gc.collect()
    assert eventually(lambda: open_files(tmp_path) == [])
    assert events.steps(tmp_path) == [1, 2]


class SubclassWithItself(SummaryWriter):
    def __init__(self, directory):
        super().__init__(directory)
        self.myself = self


@linux_only
def test_memory_is_bounded_however_fast_the_caller_is(tmp_path):
    scripts.check(
        """
        import resource, sys
        from tfevents import SummaryWriter

        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10

        text = "x" * (1 << 20)
        with SummaryWriter(sys.argv[1]) as writer:
            writer.add_text("t", text, 0)
            writer.flush()
            before = peak()
            for step in range(400):
                writer.add_text("t", text, step)
        grown = peak() - before
        assert grown < 200, f"{grown} MiB for 400 MiB of text"
        """,
        tmp_path,
    )
    assert events.only_file(tmp_path).stat().st_size > 400 << 20


# Copies and subclasses.


@pytest.mark.parametrize(
    "duplicate",
    [lambda w: pickle.loads(pickle.dumps(w)), copy.copy, copy.deepcopy],
    ids=["pickle", "copy", "deepcopy"],
)
@pytest.mark.parametrize("closed", [False, True])
def test_a_copy_writes_to_a_file_of_its_own(tmp_path, duplicate, closed):
    original = SummaryWriter(tmp_path, purge_step=3, filename_suffix=".x")
    original.add_scalar("a", 1.0, 5)
    if closed:
        original.close()
    with duplicate(original) as twin:
        assert type(twin) is SummaryWriter
        assert os.fspath(twin.log_dir) == str(tmp_path)
        twin.add_scalar("a", 1.0, 6)
    original.add_scalar("a", 1.0, 7)
    original.close()
    files = events.event_files(tmp_path)
    assert all(path.name.endswith(".x") for path in files)
    assert events.steps(tmp_path) == [5, 6, 7]
    # Another purge would hide what the original writer wrote.
    assert sum(e.session_status == 1 for p in files for e in events.parse_file(p)) == 1


class Configured(SummaryWriter):
    def __init__(self, config, *, note):
        super().__init__(config["dir"], flush_secs=30)
        self.note = note
        self.seen = []

    def add_scalar(self, tag, value, step, **options):
        self.seen.append(tag)
        super().add_scalar(f"{self.note}/{tag}", value, step, **options)


def test_a_subclass_with_arguments_of_its_own(tmp_path):
    with Configured({"dir": tmp_path}, note="mine") as writer:
        writer.add_scalar("a", 1.0, step=1)
        writer.log({"b": 2.0}, 2)
    assert writer.seen == ["a"]
    assert [(p.tag, p.step) for p in events.points(tmp_path)] == [("mine/a", 1), ("b", 2)]


def test_a_subclass_survives_pickling(tmp_path):
    with Configured({"dir": tmp_path}, note="mine") as writer:
        twin = pickle.loads(pickle.dumps(writer))
    with twin:
        assert (type(twin), twin.note) == (Configured, "mine")
        twin.add_scalar("a", 1.0, 1)
    assert [(p.tag, p.step) for p in events.points(tmp_path)] == [("mine/a", 1)]


# The end of the process.

LOG_1000 = """
import sys, atexit, builtins
from tfevents import SummaryWriter
writer = SummaryWriter(sys.argv[1], max_queue=100_000, flush_secs=3600)
for step in range(1000):
    writer.add_scalar("a", 1.0, step)
    writer.add_scalars("m", {"x": 1.0}, step)
"""


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("", 0),
        ("del writer", 0),
        ("sys.exit(3)", 3),
        ("raise RuntimeError('uncaught')", 1),
        ("builtins.leaked = writer", 0),
        ("sys.leaked = [writer, lambda: writer]", 0),
        ("import ctypes; ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))", 0),
        ("import threading; threading.Thread(target=lambda: writer.flush()).start()", 0),
    ],
)
def test_everything_is_written_when_the_interpreter_ends(tmp_path, ending, status):
    done = scripts.run(LOG_1000 + ending, tmp_path)
    assert done.returncode == status, done.stderr
    assert events.steps(tmp_path) == sorted([*range(1000), *range(1000)])


def test_a_thread_that_still_logs_does_not_tear_the_file_at_the_end(tmp_path):
    scripts.check(
        """
        import sys, threading, time
        from tfevents import SummaryWriter
        writer = SummaryWriter(sys.argv[1])
        def log():
            step = 0
            while True:
                writer.add_scalar("a", 1.0, step)
                step += 1
        threading.Thread(target=log, daemon=True).start()
        time.sleep(0.02)
        """,
        tmp_path,
    )
    written = [p.step for p in events.points(tmp_path)]
    assert written
    assert written == list(range(len(written)))


def test_what_is_logged_while_the_interpreter_ends_is_written_or_refused_aloud(tmp_path):
    # This is registered before tfevents is imported, so it is called after tfevents's own
    # functions.
    done = scripts.run(
        """
        import atexit, sys
        atexit.register(lambda: writer.add_scalar("last", 1.0, 7))
        from tfevents import SummaryWriter
        writer = SummaryWriter(sys.argv[1])
        writer.add_scalar("a", 1.0, 1)
        """,
        tmp_path,
    )
    assert events.steps(tmp_path) == [1, 7] or (events.steps(tmp_path) == [1] and done.stderr)
