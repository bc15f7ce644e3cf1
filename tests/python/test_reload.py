"""`Log.reload`: new values, and nothing twice."""

import os
import pickle
import threading

import numpy as np
import pytest

import events
import tfevents


def write(path, tag, steps, name=None):
    with tfevents.SummaryWriter(path, filename_suffix=name or "") as writer:
        for step in steps:
            writer.add_scalar(tag, step, step)
    events.put_in_order(path)


def steps(log, run=".", tag="loss"):
    return log[run].scalars[tag].step.tolist()


def test_a_log_grows_with_its_files(tmp_path):
    log = tfevents.read(tmp_path)
    assert log.reload() == []
    with tfevents.SummaryWriter(tmp_path / "a") as writer:
        for step in range(3):
            writer.add_scalar("loss", step, step)
            writer.flush()
            assert log.reload() == ["a"]
            assert steps(log, "a") == list(range(step + 1))
            assert log.reload() == []
        writer.add_text("note", "hello", 7)
        writer.flush()
    assert log.reload() == ["a"]
    assert log["a"].texts["note/text_summary"].value[0] == "hello"
    write(tmp_path / "b" / "c", "loss", [5])
    assert log.reload() == ["b/c"]
    assert log.runs == ["a", "b/c"]


def test_what_was_taken_before_stays_what_it_was(tmp_path):
    write(tmp_path, "loss", range(10))
    log = tfevents.read(tmp_path)
    run, loss, scalars = log["."], log["."].scalars["loss"], log.scalars
    write(tmp_path, "loss", range(10, 20), ".later")
    log.reload()
    assert loss.step.tolist() == run.scalars["loss"].step.tolist() == list(range(10))
    assert steps(log) == list(range(20))
    assert scalars["."]["loss"].step.tolist() == list(range(20))


def test_runs_that_did_not_change_are_the_same_objects(tmp_path):
    write(tmp_path / "a", "loss", [1])
    write(tmp_path / "b", "loss", [1])
    log = tfevents.read(tmp_path)
    a, b = log["a"], log["b"]
    write(tmp_path / "b", "loss", [2], ".later")
    assert log.reload() == ["b"]
    assert log["a"] is a
    assert log["b"] is not b


def test_a_file_that_tensorboard_gave_up_on(tmp_path):
    """The reader never returns to a file that is followed by another one."""
    with (
        tfevents.SummaryWriter(tmp_path, filename_suffix=".1") as first,
        tfevents.SummaryWriter(tmp_path, filename_suffix=".2") as second,
    ):
        first.add_scalar("loss", 1, 1)
        second.add_scalar("loss", 3, 3)
        first.flush()
        second.flush()
        log = tfevents.read(tmp_path)
        first.add_scalar("loss", 2, 2)
        first.flush()
        assert log.reload() == ["."]
        # The one that comes first by its name.
        assert sorted(steps(log)) == [1, 2, 3]


def test_files_are_in_the_order_of_their_names(tmp_path):
    with tfevents.SummaryWriter(tmp_path, filename_suffix=".2") as writer:
        writer.add_scalar("loss", 2, 2)
    log = tfevents.read(tmp_path)
    (second,) = log["."].files
    os.rename(second, tmp_path / "events.out.tfevents.2")
    with tfevents.SummaryWriter(tmp_path, filename_suffix=".1") as writer:
        writer.add_scalar("loss", 1, 1)
        path = writer.path
    os.rename(path, tmp_path / "events.out.tfevents.1")
    log.reload()
    for one in (log, pickle.loads(pickle.dumps(log))):
        assert one["."].files == tfevents.read(tmp_path)["."].files


def test_a_file_that_was_replaced_cut_or_removed(tmp_path):
    write(tmp_path, "loss", range(10))
    (file,) = events.event_files(tmp_path)
    log = tfevents.read(tmp_path)
    os.truncate(file, os.path.getsize(file) - 10)
    assert log.reload() == ["."]
    assert steps(log) == list(range(9))
    other = tmp_path / "other"
    write(other, "loss", range(100, 200))
    (new,) = events.event_files(other)
    os.replace(new, file)
    other.rmdir()
    assert log.reload() == ["."]
    assert steps(log) == list(range(100, 200))
    file.unlink()
    log.reload()
    assert log.runs == []


def test_selection_holds_for_what_comes(tmp_path):
    write(tmp_path / "a", "loss", range(5))
    log = tfevents.read(tmp_path, runs="a", tags="l*", steps=(2, 7))
    write(tmp_path / "a", "loss", range(5, 10), ".later")
    write(tmp_path / "a", "accuracy", range(5, 10), ".last")
    write(tmp_path / "b", "loss", range(5))
    assert log.reload() == ["a"]
    assert log.runs == ["a"]
    assert steps(log, "a") == [2, 3, 4, 5, 6]
    assert log["a"].tags == ["loss"]


def test_damage_leaves_the_log_as_it_was(tmp_path):
    write(tmp_path, "loss", range(3))
    (file,) = events.event_files(tmp_path)
    log, tolerant = tfevents.read(tmp_path), tfevents.read(tmp_path, on_corrupt="skip")
    good = file.read_bytes()
    write(tmp_path / "other", "loss", [3])
    (other,) = events.event_files(tmp_path / "other")
    length = len(events.read_records(other)[-1]) + 16
    record = other.read_bytes()[-length:]
    file.write_bytes(good + record[:-1] + bytes([record[-1] ^ 1]))
    other.unlink()
    with pytest.raises(tfevents.CorruptFileError) as error:
        log.reload()
    assert error.value.offset == len(good)
    assert steps(log) == [0, 1, 2]
    tolerant.reload()
    assert [(it.offset, it.kind) for it in tolerant.damage] == [(len(good), "data_checksum")]
    file.write_bytes(good + record)
    for it in (log, tolerant):
        it.reload()
        assert steps(it) == [0, 1, 2, 3]
        assert it.damage == []


def test_a_restart_purges_what_was_read_before(tmp_path):
    write(tmp_path, "loss", range(10))
    log = tfevents.read(tmp_path, restarts="tensorboard")
    with tfevents.SummaryWriter(tmp_path, purge_step=5, filename_suffix=".later") as writer:
        writer.add_scalar("loss", -5, 5)
    events.put_in_order(tmp_path)
    log.reload()
    assert log["."].scalars["loss"].value.tolist() == [0, 1, 2, 3, 4, -5]


def test_many_threads_reload_at_once(tmp_path):
    failures = []
    log = tfevents.read(tmp_path)
    stop = threading.Event()

    def reload():
        try:
            while not stop.is_set():
                log.reload()
                for run in log.values():
                    step = run.scalars["loss"].step
                    assert (step == np.arange(len(step))).all()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=reload) for _ in range(3)]
    with tfevents.SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 0, 0)
        writer.flush()
        for thread in threads:
            thread.start()
        for step in range(1, 2000):
            writer.add_scalar("loss", step, step)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    log.reload()
    assert steps(log) == list(range(2000))


def test_a_policy_that_does_not_exist(tmp_path):
    with pytest.raises(ValueError, match="restarts"):
        tfevents.read(tmp_path, restarts="first_wins")
