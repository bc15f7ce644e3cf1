"""tfevents.read, as users see it, without any other package."""

import errno
import gc
import os
import pickle
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tfevents
from events import crc32c


def varint(value: int) -> bytes:
    value &= 2**64 - 1
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def bytes_field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(payload: bytes) -> bytes:
    length = struct.pack("<Q", len(payload))
    return length + masked(length) + payload + masked(payload)


def event(step: int, wall_time: float, value: bytes) -> bytes:
    head = b"\x09" + struct.pack("<d", wall_time) + (b"\x10" + varint(step) if step else b"")
    return record(head + bytes_field(5, bytes_field(1, value)))


def scalar(tag: str, value: float) -> bytes:
    return bytes_field(1, tag.encode()) + b"\x15" + struct.pack("<f", value)


def text(tag: str, strings: list[bytes], *dims: int) -> bytes:
    shape = b"".join(bytes_field(2, b"\x08" + varint(dim)) for dim in dims)
    tensor = b"\x08\x07" + bytes_field(2, shape) + b"".join(bytes_field(8, s) for s in strings)
    metadata = bytes_field(1, bytes_field(1, b"text"))
    return bytes_field(1, tag.encode()) + bytes_field(8, tensor) + bytes_field(9, metadata)


VERSION = record(b"\x09" + struct.pack("<d", 1.5e9) + bytes_field(3, b"brain.Event:2"))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A file with three points of `loss`."""
    path = tmp_path / "run" / "events.out.tfevents.1"
    path.parent.mkdir()
    path.write_bytes(VERSION + b"".join(event(i, 10.0 + i, scalar("loss", i)) for i in range(3)))
    return path


POINTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "loss/train", "loss/val"]) | st.text(max_size=30),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(width=64),
        st.floats(width=32),
    ),
    max_size=40,
)


def rows(run: tfevents.Run) -> dict[str, list[tuple[int, bytes, bytes]]]:
    """Points by tag. Floats are compared by their bytes, so that NaNs are equal."""
    return {
        tag: [
            (int(step), struct.pack("<d", wall_time), struct.pack("<d", value))
            for step, wall_time, value in zip(s.step, s.wall_time, s.value, strict=True)
        ]
        for tag, s in run.scalars.items()
    }


def expected(points: list[tuple[str, int, float, float]]) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = {}
    for tag, step, wall_time, value in points:
        row = (step, struct.pack("<d", wall_time), struct.pack("<d", value))
        out.setdefault(tag, []).append(row)
    return out


def encode(points: list[tuple[str, int, float, float]]) -> list[bytes]:
    return [VERSION] + [event(step, time, scalar(tag, v)) for tag, step, time, v in points]


@given(points=POINTS)
def test_points_are_read_back(tmp_path_factory: pytest.TempPathFactory, points: Any) -> None:
    path = tmp_path_factory.mktemp("log") / "tfevents"
    path.write_bytes(b"".join(encode(points)))
    assert rows(tfevents.read(path)["."]) == expected(points)


@given(points=POINTS, data=st.data())
def test_a_cut_file_gives_a_prefix(
    tmp_path_factory: pytest.TempPathFactory, points: Any, data: st.DataObject
) -> None:
    records = encode(points)
    content = b"".join(records)
    cut = data.draw(st.integers(0, len(content)))
    ends = np.cumsum([len(one) for one in records])
    path = tmp_path_factory.mktemp("log") / "tfevents"
    path.write_bytes(content[:cut])
    whole = max(int((ends <= cut).sum()) - 1, 0)
    assert rows(tfevents.read(path)["."]) == expected(points[:whole])


@given(points=POINTS, data=st.data(), flip=st.integers(1, 255))
def test_a_flipped_byte_costs_one_record(
    tmp_path_factory: pytest.TempPathFactory, points: Any, data: st.DataObject, flip: int
) -> None:
    records = encode(points)
    content = bytearray(b"".join(records))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= flip
    starts = np.cumsum([0] + [len(one) for one in records])
    hit = int((starts <= at).sum()) - 1
    path = tmp_path_factory.mktemp("log") / "tfevents"
    path.write_bytes(content)
    log = tfevents.read(path, on_corrupt="skip")
    left = points if hit == 0 else points[: hit - 1] + points[hit:]
    assert rows(log["."]) == expected(left)
    (damage,) = log.damage
    assert (damage.path, damage.offset, damage.length) == (
        str(path),
        starts[hit],
        len(records[hit]),
    )
    with pytest.raises(tfevents.CorruptFileError) as caught:
        tfevents.read(path)
    assert (caught.value.offset, caught.value.record) == (starts[hit], hit)
    # Without another record, nothing shows that it is an event file.
    alone = "not_an_event_file" if not points and at < 12 else damage.kind
    assert caught.value.kind == alone


@given(content=st.binary(max_size=300))
def test_any_bytes_are_data_or_a_clean_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("log") / "tfevents"
    for data in (content, VERSION + content, VERSION + record(content)):
        path.write_bytes(data)
        lost = sum(damage.length for damage in tfevents.read(path, on_corrupt="skip").damage)
        assert lost <= len(data)
        try:
            tfevents.read(path)
        except tfevents.CorruptFileError as error:
            assert error.path == str(path)
        else:
            assert lost == 0


def test_columns(run: Path) -> None:
    loss = tfevents.read(run)["."].scalars["loss"]
    assert len(loss) == 3
    for column, dtype, values in [
        (loss.step, np.int64, [0, 1, 2]),
        (loss.wall_time, np.float64, [10, 11, 12]),
        (loss.value, np.float64, [0, 1, 2]),
    ]:
        assert column.dtype == dtype
        assert column.tolist() == values
        flags = column.flags
        assert flags.c_contiguous
        assert flags.aligned
        assert not flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            column[:] = 0
        with pytest.raises(ValueError, match="WRITEABLE"):
            column.flags.writeable = True
        assert column.copy().flags.writeable


def test_columns_outlive_what_they_came_from(tmp_path: Path) -> None:
    path = tmp_path / "tfevents"
    # The file is so large that its columns share one piece of memory.
    path.write_bytes(
        VERSION + b"".join(event(i, i, scalar(f"tag/{i % 3}", i)) for i in range(150_000))
    )
    log = tfevents.read(tmp_path)
    column = log["."].scalars["tag/1"].value
    del log
    gc.collect()
    assert column.tolist() == list(range(1, 150_000, 3))


def test_every_number_is_read_whatever_the_step(tmp_path: Path) -> None:
    # Steps that are negative or absent, an absent wall time, NaN and infinities.
    events = [
        event(-5, 1.0, scalar("x", float("nan"))),
        event(-(2**63), 1.0, scalar("x", float("inf"))),
        record(bytes_field(5, bytes_field(1, scalar("x", 0.1)))),
    ]
    (tmp_path / "tfevents").write_bytes(b"".join(events))
    x = tfevents.read(tmp_path)["."].scalars["x"]
    assert x.step.tolist() == [-5, -(2**63), 0]
    assert x.wall_time.tolist() == [1, 1, 0]
    np.testing.assert_equal(x.value, [np.nan, np.inf, np.float64(np.float32(0.1))])


def test_texts(tmp_path: Path) -> None:
    events = [
        event(0, 1.0, text("note/text_summary", ["grüße".encode()])),
        event(1, 2.0, text("note/text_summary", [b"one"], 1)),
        event(2, 3.0, text("note/text_summary", [b"a", b"b", b"c", b"d"], 2, 2)),
        event(3, 4.0, text("note/text_summary", [], 0, 2)),
        event(4, 5.0, text("note/text_summary", [b"\xff!"])),
    ]
    (tmp_path / "tfevents").write_bytes(b"".join(events))
    run = tfevents.read(tmp_path)["."]
    assert (run.tags, list(run.scalars)) == (["note/text_summary"], [])
    note = run.texts["note/text_summary"]
    assert len(note) == 5
    assert note.step.tolist() == [0, 1, 2, 3, 4]
    assert note.wall_time.tolist() == [1, 2, 3, 4, 5]
    assert note.value.dtype == object
    assert note.value[:2].tolist() == ["grüße", "one"]
    assert note.value[2].tolist() == [["a", "b"], ["c", "d"]]
    assert note.value[3].shape == (0, 2)
    assert note.value[4] == "\ufffd!"


def test_the_log_and_its_views_are_mappings(run: Path) -> None:
    (run.parent.parent / "tfevents").write_bytes(VERSION + event(1, 1.0, scalar("acc", 1)))
    log = tfevents.read(run.parent.parent)
    assert isinstance(log, Mapping)
    assert log.runs == list(log) == [".", "run"]
    assert len(log) == 2
    assert "run" in log
    assert "x" not in log
    assert log["run"] is log["run"]
    assert {name: one.tags for name, one in log.items()} == {".": ["acc"], "run": ["loss"]}
    scalars = log["run"].scalars
    assert isinstance(scalars, Mapping)
    assert scalars["loss"] is scalars["loss"]
    assert dict(scalars) == {"loss": scalars["loss"]}
    assert len(log["run"].texts) == 0


def test_a_missing_name_is_named_with_what_is_close(run: Path) -> None:
    log = tfevents.read(run.parent.parent)
    with pytest.raises(KeyError, match=r"no run 'runn'; close: 'run'"):
        log["runn"]
    with pytest.raises(KeyError, match=r"no tag 'los' .* run 'run'; close: 'loss'"):
        log["run"].scalars["los"]
    with pytest.raises(KeyError, match="it is among its scalars"):
        log["run"].texts["loss"]
    assert log.get("other") is None


def test_reprs_say_what_is_there(run: Path) -> None:
    log = tfevents.read(run.parent.parent)
    assert repr(log) == "Log of 1 run:\n  run  1 tag, 3 points"
    assert repr(log["run"]) == "Run 'run', 1 tag:\n  loss  scalar, 3"
    assert "3 points, steps 0 to 2, last value 2" in repr(log["run"].scalars)
    assert repr(tfevents.read([])) == "Log of no runs: no event files were found"
    many = run.parent.parent / "many"
    for i in range(100):
        (many / f"{i}").mkdir(parents=True)
        (many / f"{i}" / "tfevents").touch()
    assert len(repr(tfevents.read(many)).splitlines()) <= 21


def test_a_list_of_paths_keeps_equal_names_apart(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "run"
    other.mkdir(parents=True)
    (other / "tfevents").write_bytes(run.read_bytes())
    roots = [str(tmp_path / "other"), run.parent]
    log = tfevents.read(roots)
    assert log.runs == [str(other), str(run.parent)]
    assert tfevents.read(iter(roots)).runs == log.runs
    # A file belongs to the run of its directory, and nothing is read twice.
    log = tfevents.read([run, run.parent, tmp_path / "run"])
    assert log.runs == [str(run.parent)]
    assert len(log[str(run.parent)].scalars["loss"]) == 3


def test_nothing_to_read(tmp_path: Path) -> None:
    assert len(tfevents.read(tmp_path)) == 0
    (tmp_path / "empty.tfevents").touch()
    log = tfevents.read(tmp_path)
    assert (log.runs, log["."].tags) == (["."], [])
    with pytest.raises(FileNotFoundError) as caught:
        tfevents.read(tmp_path / "gone")
    assert caught.value.errno == errno.ENOENT
    assert caught.value.filename == str(tmp_path / "gone")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(run: Path) -> None:
    run.chmod(0)
    with pytest.raises(PermissionError) as caught:
        tfevents.read(run.parent)
    assert caught.value.filename == str(run)


def damaged(content: bytes, kind: str) -> tuple[bytes, int]:
    """The content with one damage of that kind, and its place."""
    second = len(VERSION)
    flipped = bytearray(content)
    if kind == "length_checksum":
        flipped[second + 2] ^= 1
        return bytes(flipped), second
    if kind == "data_checksum":
        flipped[second + 15] ^= 1
        return bytes(flipped), second
    if kind == "message":
        # A tag that is not UTF-8.
        return content + event(9, 1.0, b"\x0a\x01\xff\x15\0\0\0\0"), len(content)
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100), 0


KINDS = ["length_checksum", "data_checksum", "message", "not_an_event_file"]


@pytest.mark.parametrize("kind", KINDS)
def test_damage_by_kind(run: Path, kind: str) -> None:
    content, offset = damaged(run.read_bytes(), kind)
    run.write_bytes(content)
    with pytest.raises(tfevents.CorruptFileError) as caught:
        tfevents.read(run)
    error = caught.value
    assert (error.path, error.offset, error.kind) == (str(run), offset, kind)
    assert str(run) in str(error)
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.path, copy.offset, copy.kind) == (error.path, error.offset, error.kind)

    log = tfevents.read(run, on_corrupt="skip")
    (damage,) = log.damage
    assert (damage.path, damage.offset, damage.kind) == (str(run), offset, kind)
    points = 0 if kind == "not_an_event_file" else 3 if kind == "message" else 2
    assert sum(map(len, log["."].scalars.values())) == points
    if kind == "not_an_event_file":
        assert damage.length == len(content)
    assert "damaged" in repr(log)


def test_checksums_can_be_left_unverified(run: Path) -> None:
    content, _ = damaged(run.read_bytes(), "data_checksum")
    run.write_bytes(content)
    assert len(tfevents.read(run, verify="none")["."].scalars["loss"]) == 3
    content, _ = damaged(content, "length_checksum")
    run.write_bytes(content)
    with pytest.raises(tfevents.CorruptFileError):
        tfevents.read(run, verify="none")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"path": 3}, TypeError, "path"),
        ({"path": b"x"}, TypeError, "path"),
        ({"path": ["x", 3]}, TypeError, "path"),
        ({"path": np.array("x")}, TypeError, "path"),
        ({"path": ""}, ValueError, "path"),
        ({"path": "a\0b"}, ValueError, "path"),
        ({"verify": "md5"}, ValueError, "verify"),
        ({"verify": True}, ValueError, "verify"),
        ({"on_corrupt": []}, ValueError, "on_corrupt"),
        ({"threads": 0}, ValueError, "threads"),
        ({"threads": -1}, ValueError, "threads"),
        ({"threads": 1.5}, TypeError, "threads"),
    ],
)
def test_wrong_arguments_are_named(
    tmp_path: Path, arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    arguments = {"path": tmp_path} | arguments
    with pytest.raises(error, match=words):
        tfevents.read(arguments.pop("path"), **arguments)


def test_threads_do_not_change_the_answer(tmp_path: Path) -> None:
    for name in range(20):
        (tmp_path / f"{name:02}").mkdir()
        for part in range(3):
            points = [("x", 100 * part + i, 1.0, float(i)) for i in range(50)]
            (tmp_path / f"{name:02}" / f"tfevents.{part}").write_bytes(b"".join(encode(points)))
    one, many = tfevents.read(tmp_path, threads=1), tfevents.read(tmp_path, threads=np.int64(8))
    assert one.runs == many.runs == [f"{name:02}" for name in range(20)]
    for name in one:
        assert rows(one[name]) == rows(many[name])
        assert one[name].scalars["x"].step.tolist() == [
            100 * part + i for part in range(3) for i in range(50)
        ]


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"r\xff")
    try:
        (tmp_path / name).mkdir()
    except OSError:
        pytest.skip("this file system takes no such name")
    (tmp_path / name / "tfevents").write_bytes(VERSION)
    assert tfevents.read(tmp_path).runs == [name]


def test_what_our_writer_wrote(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path) as writer:
        for i in range(100):
            writer.add_scalar("single", i / 3, i)
            writer.add_scalar("tensor", i / 3, i, new_style=True)
            writer.add_scalar("double", i / 3, i, double_precision=True)
            writer.log({"many/a": i, "many/b": -i}, i)
        writer.add_scalar_series("series", np.arange(100) / 3)
        writer.add_text("note", "hello", 7, walltime=1.25)
    run = tfevents.read(tmp_path)["."]
    third = np.arange(100) / 3
    for tag, value in [
        ("single", third.astype(np.float32)),
        ("tensor", third.astype(np.float32)),
        ("double", third),
        ("many/a", np.arange(100)),
        ("many/b", -np.arange(100)),
    ]:
        np.testing.assert_array_equal(run.scalars[tag].value, value)
        np.testing.assert_array_equal(run.scalars[tag].step, np.arange(100))
    assert len(run.scalars["series"]) == 100
    note = run.texts["note/text_summary"]
    assert (note.step.tolist(), note.wall_time.tolist(), note.value.tolist()) == (
        [7],
        [1.25],
        ["hello"],
    )
