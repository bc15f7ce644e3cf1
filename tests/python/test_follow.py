"""`follow`: events as they are written."""

import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

import scripts
import tfevents
from events import event_files, only_file, put_in_order, split_records
from tfevents import SummaryWriter, follow


def write(path, steps, tag="loss"):
    with SummaryWriter(path) as writer:
        for step in steps:
            writer.add_scalar(tag, step, step)
    put_in_order(path)


def steps(follower):
    """The runs and steps of the events before the timeout."""
    return [(run, event.step) for run, event in follower if event.what == "summary"]


def at_once(path, **options):
    return follow(path, timeout=0, interval=0, **options)


def test_it_gives_what_iter_events_gives(tmp_path):
    write(tmp_path / "b", range(3))
    write(tmp_path / "a" / "c", range(3))
    write(tmp_path / "a" / "c", range(3, 5))
    followed = list(at_once(tmp_path))
    assert [event.raw for _, event in followed] == [
        event.raw for event in tfevents.iter_events(tmp_path)
    ]
    assert [run for run, _ in followed] == ["a/c"] * 7 + ["b"] * 4


def test_new_events_files_and_runs(tmp_path):
    follower = at_once(tmp_path)
    assert steps(follower) == []
    with SummaryWriter(tmp_path / "a") as first:
        for step in range(3):
            first.add_scalar("loss", step, step)
            first.flush()
            assert steps(follower) == [("a", step)]
            assert steps(follower) == []
        with SummaryWriter(tmp_path / "a", filename_suffix=".2") as second:
            second.add_scalar("loss", 3, 3)
            second.flush()
            assert steps(follower) == [("a", 3)]
            # TensorBoard never returns to a file after the next one was found.
            first.add_scalar("loss", 4, 4)
            first.flush()
            assert steps(follower) == [("a", 4)]
    write(tmp_path / "b" / "c", [5])
    assert steps(follower) == [("b/c", 5)]


def test_it_waits_for_what_comes(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        follower = follow(tmp_path, interval=0.01)
        assert next(follower)[1].what == "file_version"
        for step in range(3):
            timer = threading.Timer(0.05, writer.add_scalar, ("loss", 0, step))
            timer.start()
            assert next(follower)[1].step == step
            timer.join()


def test_it_ends_after_the_timeout_and_goes_on_later(tmp_path):
    write(tmp_path, range(2))
    follower = follow(tmp_path, timeout=0.1, interval=60)
    begin = time.monotonic()
    assert len(list(follower)) == 3
    assert time.monotonic() - begin >= 0.1
    write(tmp_path / "late", [7])
    assert steps(follower) == [("late", 7)]


def test_from_the_end(tmp_path):
    write(tmp_path / "a", range(3))
    data = only_file(tmp_path / "a").read_bytes()
    cut = tmp_path / "b" / "events.out.tfevents.1"
    cut.parent.mkdir()
    cut.write_bytes(data[:-3])
    follower = at_once(tmp_path, start="end")
    assert steps(follower) == []
    cut.write_bytes(data)
    write(tmp_path / "c", [8, 9])
    assert steps(follower) == [("b", 2), ("c", 8), ("c", 9)]


def test_from_a_state(tmp_path):
    write(tmp_path / "a", range(3))
    state = tfevents.read(tmp_path).state()
    write(tmp_path / "a", [3])
    write(tmp_path / "b", [4])
    assert steps(at_once(tmp_path, state=state)) == [("a", 3), ("b", 4)]
    # Files that the state does not have are read from their beginning.
    state = tfevents.read(tmp_path, runs="b").state()
    assert [run for run, _ in steps(at_once(tmp_path, state=state))] == ["a"] * 4


def test_runs_are_selected(tmp_path):
    for run in "ab":
        write(tmp_path / run, [1])
    assert steps(at_once(tmp_path, runs="b*")) == [("b", 1)]
    write(tmp_path / "c", [1])
    assert steps(at_once(tmp_path, runs=["b", "c"])) == [("b", 1), ("c", 1)]


def test_a_file_and_several_paths(tmp_path):
    write(tmp_path / "a", [1])
    write(tmp_path / "b", [2])
    file = only_file(tmp_path / "b")
    assert steps(at_once(file)) == [(".", 2)]
    paths = [tmp_path / "a", file]
    assert steps(at_once(paths)) == [(str(tmp_path / "a"), 1), (str(tmp_path / "b"), 2)]


def test_a_file_that_was_replaced_or_cut_comes_again(tmp_path):
    write(tmp_path / "run", range(5))
    file = only_file(tmp_path / "run")
    follower = at_once(tmp_path / "run")
    assert len(steps(follower)) == 5
    os.truncate(file, file.stat().st_size - 10)
    assert steps(follower) == [(".", step) for step in range(4)]
    write(tmp_path / "other", range(100, 120))
    os.replace(only_file(tmp_path / "other"), file)
    assert steps(follower) == [(".", step) for step in range(100, 120)]
    file.unlink()
    assert steps(follower) == []
    write(tmp_path / "run", range(2))
    assert steps(follower) == [(".", 0), (".", 1)]


def test_a_file_that_was_cut_and_written_on_between_two_looks(tmp_path):
    write(tmp_path / "run", range(5))
    file = only_file(tmp_path / "run")
    log, follower = tfevents.read(tmp_path / "run"), at_once(tmp_path / "run")
    assert len(steps(follower)) == 5
    data = file.read_bytes()
    size = len(split_records(data)[0][-1]) + 16
    write(tmp_path / "other", range(10, 12))
    file.write_bytes(data[:-size] + only_file(tmp_path / "other").read_bytes()[-2 * size :])
    assert steps(follower) == [(".", step) for step in (0, 1, 2, 3, 10, 11)]
    assert log.reload() == ["."]
    assert log["."].scalars["loss"].step.tolist() == [0, 1, 2, 3, 10, 11]


def test_a_file_that_grows_faster_than_it_is_read_does_not_keep_others_waiting(tmp_path):
    write(tmp_path / "b", [7])
    with SummaryWriter(tmp_path / "a") as writer:
        writer.add_scalar("loss", 0, 0)
        writer.flush()
        follower = follow(tmp_path, interval=0)
        for _ in range(100):
            run, _ = next(follower)
            if run == "b":
                break
            writer.add_scalar("loss", 0, 0)
            writer.flush()
        else:
            pytest.fail("b never came")


def test_many_files_need_few_descriptors(tmp_path):
    write(tmp_path / "0", range(2))
    for run in range(1, 300):
        shutil.copytree(tmp_path / "0", tmp_path / str(run))
    scripts.check(
        """
        import os, resource, sys, tfevents
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
        before = os.listdir("/proc/self/fd")
        with tfevents.follow(sys.argv[1], timeout=0) as follower:
            assert len(list(follower)) == 900
            # While it waits it holds no file open.
            assert os.listdir("/proc/self/fd") == before
            follower = tfevents.follow(sys.argv[1])
            next(follower)
            assert len(os.listdir("/proc/self/fd")) == len(before) + 1
            follower.close()
            assert os.listdir("/proc/self/fd") == before
            assert list(follower) == []
        """,
        tmp_path,
    )


# Damage.


def damaged(path):
    """A file with ten scalars, the place of its last record, and the same file with that record
    damaged.
    """
    write(path, range(10))
    data = only_file(path).read_bytes()
    at = len(data) - len(split_records(data)[0][-1]) - 16
    bad = bytearray(data)
    bad[at + 14] ^= 1
    return data, at, bytes(bad)


def test_damage_is_an_error_until_it_is_mended(tmp_path):
    data, at, bad = damaged(tmp_path)
    file = only_file(tmp_path)
    file.write_bytes(bad)
    follower = at_once(tmp_path)
    seen = []
    for _ in range(2):
        with pytest.raises(tfevents.CorruptFileError) as error:
            for _, event in follower:
                seen.append(event.step)
        assert (error.value.offset, error.value.record) == (at, 10)
    assert seen == [0, *range(9)]
    file.write_bytes(data)
    assert steps(follower) == [(".", 9)]


def test_damage_that_is_stepped_over_is_warned_of(tmp_path):
    _, at, bad = damaged(tmp_path)
    file = only_file(tmp_path)
    file.write_bytes(bad)
    follower = follow(tmp_path, timeout=60, interval=0, on_corrupt="skip")
    for _ in range(10):
        next(follower)
    # At the end of the file, the rest of a record is awaited.
    size = len(bad) - at
    with open(file, "ab") as out:
        out.write(bad[at - size : at])
    assert next(follower)[1].step == 8
    message = f"{size} damaged bytes at offset {at} .data_checksum."
    follower._timeout = 0
    with pytest.warns(RuntimeWarning, match=message):
        assert list(follower) == []
    assert [(it.path, it.offset, it.length) for it in follower.damage] == [(str(file), at, size)]
    assert list(follower) == []


def test_damage_at_the_end_is_warned_of_in_the_end(tmp_path):
    data, at, bad = damaged(tmp_path)
    only_file(tmp_path).write_bytes(bad)
    follower = at_once(tmp_path, on_corrupt="skip")
    with pytest.warns(RuntimeWarning, match=f"at offset {at}"):
        assert len(steps(follower)) == 9
    assert len(follower.damage) == 1
    only_file(tmp_path).write_bytes(data)
    assert steps(follower) == [(".", 9)]
    assert follower.damage == []


def test_no_event_file(tmp_path):
    path = tmp_path / "events.out.tfevents.1"
    path.write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(tfevents.CorruptFileError) as error:
        list(at_once(path))
    assert error.value.kind == "not_an_event_file"
    follower = at_once(path, on_corrupt="skip")
    with pytest.warns(RuntimeWarning, match="not_an_event_file"):
        assert list(follower) == []
    for on_corrupt in ("raise", "skip"):
        follower = at_once(tmp_path, on_corrupt=on_corrupt)
        assert list(follower) == []
        assert follower.skipped == [(str(path), "not_an_event_file")]


# Ends.


def test_a_directory_that_goes_and_comes_back(tmp_path):
    write(tmp_path / "run", [1])
    follower = at_once(tmp_path / "run")
    assert len(list(follower)) == 2
    shutil.rmtree(tmp_path / "run")
    with pytest.raises(FileNotFoundError):
        list(follower)
    write(tmp_path / "run", [2])
    assert steps(follower) == [(".", 2)]


def test_another_thread_can_end_it(tmp_path):
    follower = follow(tmp_path, interval=1000)
    timer = threading.Timer(0.05, follower.close)
    timer.start()
    assert list(follower) == []
    timer.join()


INTERRUPTED = """
    import os, sys, time
    from tfevents import follow
    threads = len(os.listdir("/proc/self/task"))
    files = os.listdir("/proc/self/fd")
    try:
        with follow(sys.argv[1], interval=float(sys.argv[2])) as follower:
            print("ready", flush=True)
            for run, event in follower:
                pass
    except KeyboardInterrupt:
        assert os.listdir("/proc/self/fd") == files
        deadline = time.monotonic() + 5
        while len(os.listdir("/proc/self/task")) > threads:
            assert time.monotonic() < deadline
        print("interrupted")
"""


@pytest.mark.parametrize("busy", [False, True], ids=["waiting", "reading"])
def test_ctrl_c_ends_it(tmp_path, busy):
    with SummaryWriter(tmp_path) as writer:
        if busy:
            # Following takes much longer than the signal.
            writer.add_scalar_series("a", [0.0] * 1_000_000)
            for copy in range(20):
                writer.flush()
                os.link(event_files(tmp_path)[0], tmp_path / f"tfevents.{copy}")
    process = subprocess.Popen(
        scripts.command(INTERRUPTED, tmp_path, 1000), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=scripts.HANGS_AFTER)
    assert (process.returncode, out) == (0, "interrupted\n")


# Arguments.


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"timeout": -1}, ValueError, "timeout"),
        ({"timeout": "1"}, TypeError, "timeout"),
        ({"timeout": float("nan")}, ValueError, "timeout"),
        ({"interval": -0.5}, ValueError, "interval"),
        ({"interval": None}, TypeError, "interval"),
        ({"interval": float("inf")}, ValueError, "interval"),
        ({"start": "now"}, ValueError, "start"),
        ({"start": "end", "state": {}}, ValueError, "start"),
        ({"state": {}}, ValueError, "state"),
        ({"state": "x"}, TypeError, "state"),
        ({"verify": "all"}, ValueError, "verify"),
        ({"on_corrupt": "warn"}, ValueError, "on_corrupt"),
        ({"runs": 3}, TypeError, "runs"),
    ],
)
def test_arguments_that_cannot_be_used(tmp_path, options, error, match):
    with pytest.raises(error, match=match):
        follow(tmp_path, **options)


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        follow(tmp_path / "nothing")
    with pytest.raises(TypeError, match="path"):
        follow(3)
