"""Events one after the other."""

import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tfevents
from events import only_file, put_in_order, read_records
from tfevents import SummaryWriter, iter_events

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_text("note", "hello", 1, walltime=1.5)
        writer.add_scalar("loss", 0.5, 2, walltime=2.5)
        writer.log({"a": 1, "b": 2}, 3, walltime=3.5)
    return tmp_path / "run"


def test_events_and_their_values(run: Path) -> None:
    first, text, scalar, both = iter_events(run)
    assert (first.what, first.content, first.values) == ("file_version", "brain.Event:2", [])
    assert first.writer == "tfevents"
    assert (scalar.step, scalar.wall_time, scalar.what, scalar.writer) == (2, 2.5, "summary", None)
    (loss,) = scalar.values
    assert (loss.tag, loss.what, loss.value, loss.metadata) == ("loss", "simple_value", 0.5, None)
    (note,) = text.values
    assert note.what == "tensor"
    assert note.value.tolist() == [b"hello"]
    assert note.metadata.plugin_name == "text"
    assert [(value.tag, value.value) for value in both.values] == [("a", 1.0), ("b", 2.0)]
    assert [value.tag for value in both.content] == ["a", "b"]
    assert repr(scalar) == "Event(summary, step 2, wall_time 2.5)"
    assert repr(loss) == 'Value("loss", simple_value)'


def test_raw_is_the_records_payload(run: Path) -> None:
    events = list(iter_events(run))
    assert [event.raw for event in events] == read_records(only_file(run))
    assert all(event.SerializeToString() == event.raw for event in events)


def test_a_value_outlives_its_event_and_iterator(run: Path) -> None:
    values = [value for event in iter_events(run) for value in event.values]
    gc.collect()
    assert [value.tag for value in values] == ["note/text_summary", "loss", "a", "b"]


def test_events_and_values_can_be_pickled_and_copied(run: Path) -> None:
    for event in iter_events(run):
        for other in (pickle.loads(pickle.dumps(event)), copy.deepcopy(event)):
            assert other.raw == event.raw
            assert (other.step, other.wall_time) == (event.step, event.wall_time)
            assert other.what == event.what
        values = pickle.loads(pickle.dumps(event.values))
        for value, copied in zip(event.values, values, strict=True):
            assert (copied.tag, copied.what, copied.raw) == (value.tag, value.what, value.raw)
            assert copied.metadata == value.metadata
            assert np.array_equal(copied.value, value.value)
            renamed = pickle.loads(pickle.dumps(value.replace("other")))
            assert (renamed.tag, renamed.kind) == ("other", value.kind)


def test_every_other_kind_of_event(tmp_path: Path) -> None:
    def message(field: int, payload: bytes) -> bytes:
        return bytes([field << 3 | 2, len(payload)]) + payload

    class Raw(bytes):
        def SerializeToString(self) -> bytes:
            return bytes(self)

    with SummaryWriter(tmp_path) as writer:
        for payload in [
            message(4, b"graph"),
            message(9, b"meta"),
            message(6, b"\x08\x1e" + message(2, b"careful")),
            message(7, b"\x08\x03" + message(2, b"/ckpt") + message(3, b"saved")),
            message(8, message(1, b"step 1") + message(2, b"trace")),
            message(5, message(1, message(1, b"old") + message(3, b"x"))),
            message(5, message(1, message(1, b"empty"))),
            b"",
            # Summaries that come twice are merged.
            message(5, message(1, message(1, b"one"))) + message(5, message(1, message(1, b"two"))),
        ]:
            writer.file_writer.add_event(Raw(payload), step=7, walltime=1.5)
    found = list(iter_events(tmp_path))[1:]
    assert [(event.what, event.content) for event in found[:5]] == [
        ("graph_def", b"graph"),
        ("meta_graph_def", b"meta"),
        ("log_message", (30, "careful")),
        ("session_log", (7, 1.5, "checkpoint", "/ckpt", "saved")),
        ("tagged_run_metadata", ("step 1", b"trace")),
    ]
    old, empty = found[5].values[0], found[6].values[0]
    assert (old.what, old.value) == ("obsolete_old_style_histogram", None)
    assert (empty.tag, empty.what, empty.value) == ("empty", None, None)
    assert (found[7].what, found[7].content, found[7].values) == (None, None, [])
    assert [value.tag for value in found[8].values] == ["one", "two"]


def test_histograms_and_pictures(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_histogram("h", np.arange(100.0), 1)
        writer.add_image("i", np.zeros((3, 4, 5)), 2)
    events = {v.tag: v for event in iter_events(tmp_path) for v in event.values}
    histogram, image = events["h"].value, events["i"].value
    run = tfevents.read(tmp_path)["."]
    assert (histogram.step, histogram.num, histogram.max) == (1, 100.0, 99.0)
    assert np.array_equal(histogram.counts, run.histograms["h"][0].counts)
    assert np.array_equal(histogram.edges, run.histograms["h"][0].edges)
    assert (image.width, image.height, image.data) == (5, 4, run.images["i"][0].data)


def test_scalars_are_those_that_read_gives() -> None:
    for file in sorted(GOLDEN.glob("*/events.*")):
        scalars = tfevents.read(file)["."].scalars
        found: dict[str, list[tuple[int, float, float]]] = {tag: [] for tag in scalars}
        for event in iter_events(file):
            for value in event.values:
                if value.tag in found:
                    point = event.step, event.wall_time, float(np.asarray(value.value).item())
                    found[value.tag].append(point)
        assert found
        for tag, points in found.items():
            s = scalars[tag]
            columns = np.array([s.step, s.wall_time, s.value]).T
            assert np.array_equal(np.array(points), columns, equal_nan=True)


def test_a_tree_run_after_run_and_file_after_file(tmp_path: Path) -> None:
    for i, run in enumerate(["b", "a", "a"]):
        with SummaryWriter(tmp_path / run, filename_suffix=str(i)) as writer:
            writer.add_scalar("x", i)
    put_in_order(tmp_path / "a")
    steps = [v.value for event in iter_events(tmp_path) for v in event.values]
    assert steps == [1.0, 2.0, 0.0]
    both = [tmp_path / "b", tmp_path / "a"]
    assert [v.value for event in iter_events(both) for v in event.values] == [0.0, 1.0, 2.0]


def test_a_file_is_opened_when_the_iteration_comes_to_it(run: Path) -> None:
    events = iter_events(run)
    path = only_file(run)
    by_its_path = iter_events(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        next(by_its_path)
    assert list(by_its_path) == []
    assert list(events) == []
    with pytest.raises(FileNotFoundError):
        iter_events(run / "nothing")


def test_the_end_cuts_the_last_record_short(run: Path) -> None:
    path = only_file(run)
    whole = path.read_bytes()
    events = [event.raw for event in iter_events(path)]
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        found = [event.raw for event in iter_events(path)]
        assert found == events[: len(found)]
        assert len(found) < len(events)


def test_damage(run: Path) -> None:
    path = only_file(run)
    data = bytearray(path.read_bytes())
    size = 16 + int.from_bytes(data[:8], "little")
    data[size + 20] ^= 1
    path.write_bytes(data)
    events = iter_events(path)
    assert next(events).what == "file_version"
    with pytest.raises(tfevents.CorruptFileError) as error:
        next(events)
    assert (error.value.offset, error.value.record) == (size, 1)
    assert next(events, None) is None
    events = iter_events(path, on_corrupt="skip")
    assert [event.step for event in events] == [0, 2, 3]
    assert events.damage == tfevents.read(path, on_corrupt="skip").damage
    assert [event.step for event in iter_events(path, verify="none")][2:] == [2, 3]


def test_close(run: Path) -> None:
    with iter_events(run) as events:
        next(events)
    assert list(events) == []
    if Path("/proc/self/fd").exists():
        links = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
        assert str(only_file(run).resolve()) not in links


def test_threads_share_an_iterator(tmp_path: Path) -> None:
    count = 20_000
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("x", np.arange(count), np.arange(count))
    events, found = iter_events(tmp_path), []
    threads = [
        threading.Thread(target=lambda: found.extend([e.step for e in events])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([0, *range(count)])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"path": 3}, TypeError),
        ({"path": ""}, ValueError),
        # Its names would be lost.
        ({"path": {"run": "directory"}}, TypeError),
        ({"verify": "all"}, ValueError),
        ({"on_corrupt": None}, ValueError),
    ],
)
def test_wrong_arguments(run: Path, arguments: dict[str, object], error: type) -> None:
    with pytest.raises(error, match=next(iter(arguments))):
        iter_events(**{"path": run, **arguments})


@given(st.binary(max_size=300), st.booleans())
def test_any_payload_is_an_event_or_damage(
    tmp_path_factory: pytest.TempPathFactory, payload: bytes, in_summary: bool
) -> None:
    from events import _masked_crc32c

    if in_summary:
        payload = b"\x2a" + bytes([len(payload) & 0x7F]) + payload[:127]
    header = len(payload).to_bytes(8, "little")
    path = tmp_path_factory.mktemp("run") / "tfevents"
    checksums = [_masked_crc32c(part).to_bytes(4, "little") for part in (header, payload)]
    path.write_bytes(header + checksums[0] + payload + checksums[1])
    events = iter_events(path, on_corrupt="skip")
    for event in events:
        assert event.raw == payload
        try:
            repr(event.content)
            [(value.tag, value.metadata, repr(value.value)) for value in event.values]
        except (ValueError, ImportError):
            pass  # a tensor that is no array
    damage = tfevents.read(path, on_corrupt="skip").damage
    assert events.damage == damage


MEMORY = """
import sys, tfevents
from tfevents import iter_events
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
before = peak()
count = sum(1 for _ in tfevents.iter_events(sys.argv[1]))
print(count, peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system has no /proc")
def test_memory_is_bounded(tmp_path: Path) -> None:
    count = 1_000_000
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("x", np.arange(count), np.arange(count))
    run = subprocess.run(
        [sys.executable, "-c", MEMORY, tmp_path], capture_output=True, text=True, check=True
    )
    events, kilobytes = map(int, run.stdout.split())
    assert events == count + 1
    assert kilobytes < 8 << 10
