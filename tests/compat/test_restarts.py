"""Restarts are dropped as TensorBoard's `EventAccumulator` drops them."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard_reader import our_rows

import tfevents
from events import put_in_order
from peers import peer

event_pb2 = peer("tensorboard.compat.proto.event_pb2")
summary_pb2 = peer("tensorboard.compat.proto.summary_pb2")
event_accumulator = peer("tensorboard.backend.event_processing.event_accumulator")
record_writer = peer("tensorboard.summary.writer.record_writer")
torch_tensorboard = peer("torch.utils.tensorboard")

Session = tuple[int, list[tuple[str, tuple[str, ...], int]]]


def tensorboards_scalars(path: Path) -> dict[str, list[tuple[int, float, float]]]:
    everything = {event_accumulator.SCALARS: 0}
    accumulator = event_accumulator.EventAccumulator(str(path), size_guidance=everything).Reload()
    return {
        tag: [(event.step, event.wall_time, event.value) for event in accumulator.Scalars(tag)]
        for tag in accumulator.Tags()["scalars"]
    }


def ours(path: Path, restarts: str) -> dict[str, list[tuple[int, float, float]]]:
    (run,) = tfevents.read(path, restarts=restarts).values()
    scalars, _ = our_rows(run)
    return scalars


def write(path: Path, sessions: list[Session]) -> None:
    """A file for each session: its version, and its events, which start sessions or log scalars."""
    clock = 0.0
    for number, (version, events) in enumerate(sessions):
        with open(path / f"events.out.tfevents.{number}", "wb") as file:
            writer = record_writer.RecordWriter(file)

            def put(event):
                nonlocal clock
                clock += 1
                event.wall_time = clock
                writer.write(event.SerializeToString())  # noqa: B023

            put(event_pb2.Event(file_version=f"brain.Event:{version}"))
            for what, tags, step in events:
                if what == "start":
                    status = event_pb2.SessionLog.START
                    session = event_pb2.SessionLog(status=status)
                    put(event_pb2.Event(step=step, session_log=session))
                else:
                    values = [
                        summary_pb2.Summary.Value(tag=tag, simple_value=clock) for tag in tags
                    ]
                    put(event_pb2.Event(step=step, summary=summary_pb2.Summary(value=values)))
            writer.flush()


TAGS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True).map(tuple)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["start", *["scalars"] * 5]), TAGS, st.integers(-2, 9)), max_size=25
)


@pytest.mark.parametrize("version", [1, 2])
@given(sessions=st.lists(EVENTS, min_size=1, max_size=4))
def test_what_tensorboard_purges_goes(version, sessions):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        write(path, [(version, events) for events in sessions])
        theirs = tensorboards_scalars(path)
        mine = ours(path, "tensorboard")
        assert {tag: rows for tag, rows in mine.items() if rows} == {
            tag: rows for tag, rows in theirs.items() if rows
        }


@given(sessions=st.lists(EVENTS, min_size=1, max_size=4))
def test_many_starts_in_one_file(sessions):
    """More than are noted for every tag."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        more = [("start", ("a",), 50 - n) for n in range(20)]
        write(path, [(2, [*more, *events, *more, *events]) for events in sessions])
        theirs = tensorboards_scalars(path)
        mine = ours(path, "tensorboard")
        assert {tag: rows for tag, rows in mine.items() if rows} == {
            tag: rows for tag, rows in theirs.items() if rows
        }


@given(sessions=st.lists(EVENTS, min_size=1, max_size=4))
def test_the_last_of_each_step_stays(sessions):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        write(path, [(2, events) for events in sessions])
        raw = ours(path, "raw")
        # A dict keeps the last value of a key.
        last = {tag: {step: row for step, *row in rows} for tag, rows in raw.items()}
        expected = {
            tag: [(step, *row) for step, row in sorted(rows.items())] for tag, rows in last.items()
        }
        assert ours(path, "last_wins") == expected


def test_a_run_that_torch_resumes(tmp_path):
    with torch_tensorboard.SummaryWriter(tmp_path) as writer:
        for step in range(100):
            writer.add_scalar("loss", step, step)
    with torch_tensorboard.SummaryWriter(tmp_path, purge_step=60, filename_suffix=".z") as writer:
        for step in range(60, 80):
            writer.add_scalar("loss", -step, step)
    put_in_order(tmp_path)
    (run,) = tfevents.read(tmp_path, restarts="tensorboard").values()
    assert run.scalars["loss"].value.tolist() == [*range(60), *range(-60, -80, -1)]
    assert ours(tmp_path, "tensorboard") == tensorboards_scalars(tmp_path)
    (run,) = tfevents.read(tmp_path, restarts="last_wins").values()
    assert run.scalars["loss"].value.tolist() == [
        *range(60),
        *range(-60, -80, -1),
        *range(80, 100),
    ]
    assert len(tfevents.read(tmp_path)["."].scalars["loss"]) == 120
