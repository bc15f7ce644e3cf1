"""`write_to_disk=False` checks everything and writes nothing."""

import os
import pickle

import numpy as np
import pytest

from tfevents import SummaryWriter

VERTICES = np.zeros((1, 3, 3))


class Message:
    def SerializeToString(self):
        return b""


CALLS = {
    "add_scalar": lambda w: w.add_scalar("a", 1.0, 1),
    "add_scalars": lambda w: w.add_scalars("a", {"b": 1.0}, 1),
    "add_scalars in the same run": lambda w: w.add_scalars("a", {"b": 1.0}, 1, same_run=True),
    "add_text": lambda w: w.add_text("a", "text"),
    "log": lambda w: w.log({"a": 1.0}, 1),
    "add_scalar_series": lambda w: w.add_scalar_series("a", range(10_000)),
    "add_hparams": lambda w: w.add_hparams({"a": 1}, {"b": 2}),
    "add_mesh": lambda w: w.add_mesh("a", VERTICES),
    "add_custom_scalars": lambda w: w.add_custom_scalars({"a": {"b": ["Multiline", ["c"]]}}),
    "add_histogram": lambda w: w.add_histogram("a", np.arange(10.0)),
    "add_pr_curve": lambda w: w.add_pr_curve("a", np.array([0, 1]), np.array([0.2, 0.8])),
    "add_tensor": lambda w: w.add_tensor("a", np.arange(10.0)),
    "add_image": lambda w: w.add_image("a", np.zeros((3, 4, 4))),
    "add_video": lambda w: w.add_video("a", np.zeros((1, 2, 3, 4, 4))),
    "add_audio": lambda w: w.add_audio("a", np.zeros(10)),
    "add_embedding": lambda w: w.add_embedding(np.zeros((3, 2)), metadata=["a", "b", "c"]),
    "add_event": lambda w: w.file_writer.add_event(Message()),
    "add_summary": lambda w: w.file_writer.add_summary(Message(), 1),
    "add_graph": lambda w: w.file_writer.add_graph((Message(), Message())),
    "reopen": lambda w: w.file_writer.reopen(),
    "flush": lambda w: w.flush(),
}


@pytest.fixture
def writer(tmp_path):
    with SummaryWriter(tmp_path / "a" / "run", purge_step=3, write_to_disk=False) as writer:
        yield writer
        assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_nothing_is_written(writer, call):
    call(writer)
    writer.close()
    assert writer.file_writer is None
    assert writer.dropped_events == 0


def test_nor_by_what_comes_after_close_or_is_unpickled(writer):
    writer.close()
    writer.close()
    writer.add_scalar("a", 1.0)
    assert writer.file_writer is not None
    copy = pickle.loads(pickle.dumps(writer))
    copy.add_scalar("a", 1.0)
    copy.add_hparams({"a": 1}, {})
    copy.close()


def test_nor_by_a_child(writer):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            writer.add_scalar("a", 1.0)
            writer.close()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_the_directory_is_known_all_the_same(writer, tmp_path):
    assert writer.get_logdir() == writer.logdir == tmp_path / "a" / "run"
    assert writer.file_writer.get_logdir() == str(tmp_path / "a" / "run")
    assert list(writer.all_writers) == [str(tmp_path / "a" / "run")]


def test_a_closed_file_writer_refuses_as_ever(writer):
    file_writer = writer.file_writer
    file_writer.close()
    with pytest.raises(OSError, match="closed"):
        file_writer.add_event(Message())
    file_writer.reopen()
    file_writer.add_event(Message())


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("scalar_value", lambda w: w.add_scalar("a", "b")),
        ("global_step", lambda w: w.add_scalar("a", 1.0, 1.5)),
        ("tag_scalar_dict", lambda w: w.add_scalars("a", {"b": None})),
        ("text_string", lambda w: w.add_text("a", 3)),
        ("values", lambda w: w.log({"a": "b"})),
        ("values", lambda w: w.add_scalar_series("a", ["b"])),
        ("hparam_dict", lambda w: w.add_hparams({3: 1.0}, {})),
        ("vertices", lambda w: w.add_mesh("a", [1, 2, 3])),
        ("layout", lambda w: w.add_custom_scalars(3)),
        ("event", lambda w: w.file_writer.add_event(3)),
        ("summary", lambda w: w.file_writer.add_summary(3)),
    ],
)
def test_arguments_are_checked(writer, argument, call):
    with pytest.raises((TypeError, ValueError), match=argument):
        call(writer)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("log_dir", "s3:/bucket/run"), ("on_error", "ignore"), ("flush_secs", float("nan"))],
)
def test_so_are_those_of_the_writer(argument, value):
    with pytest.raises((TypeError, ValueError), match=argument):
        SummaryWriter(**{"log_dir": "run", argument: value, "write_to_disk": False})


def test_write_to_disk_is_a_boolean(tmp_path):
    with pytest.raises(TypeError, match="write_to_disk"):
        SummaryWriter(tmp_path / "run", write_to_disk="no")
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow(writer):
    resource = pytest.importorskip("resource")
    for step in range(1000):
        writer.add_scalar("a", 1.0, step)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    text = "x" * 100_000
    for step in range(3000):
        writer.add_text("a", text, step)
        writer.add_mesh("a", np.zeros((1, 1000, 3)), global_step=step)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    # It would be 300 MB.
    assert grown < 50_000
