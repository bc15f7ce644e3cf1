"""The reports of `verify`, and the records that `repair` saves."""

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tfevents
from events import _masked_crc32c, event_files, only_file, read_records
from tfevents import SummaryWriter, repair, verify


def framed(payload: bytes) -> bytes:
    header = len(payload).to_bytes(8, "little")
    parts = [header, _masked_crc32c(header).to_bytes(4, "little"), payload]
    return b"".join([*parts, _masked_crc32c(payload).to_bytes(4, "little")])


def written(path: Path, count: int = 12) -> list[bytes]:
    """Logs records of different sizes. Returns the records."""
    with SummaryWriter(path) as writer:
        for step in range(count):
            writer.add_text("t" * (step % 3 + 1), "x" * (7 * step % 60), step, walltime=step + 1.0)
    return [framed(payload) for payload in read_records(only_file(path))]


def test_whole_files(tmp_path: Path) -> None:
    for run in ("a", "b/c"):
        written(tmp_path / "runs" / run)
    report = verify(tmp_path / "runs")
    assert report.ok
    assert report.damage == []
    assert report.records == 26
    for file, path in zip(report, event_files(tmp_path / "runs"), strict=True):
        assert file.path == str(path)
        assert (file.records, file.size, file.truncated) == (13, path.stat().st_size, 0)
        assert file.output is None
    assert repr(report) == "2 files, 26 good records"

    copies = repair(tmp_path / "runs", tmp_path / "new" / "copies")
    assert [file.output for file in copies] == [
        str(path) for path in event_files(tmp_path / "new" / "copies")
    ]
    for file in copies:
        assert Path(file.path).read_bytes() == Path(file.output).read_bytes()
        relative = Path(file.path).relative_to(tmp_path / "runs")
        assert Path(file.output) == tmp_path / "new" / "copies" / relative


# Its limit lets the first file be written, and not the second.
FULL = """
import errno, os, resource, sys
import tfevents
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for call, names in [(tfevents.repair, "deep/copies"), (tfevents.rewrite, "copies")]:
    try:
        call("runs", names)
    except OSError as error:
        assert error.errno == errno.EFBIG, error
        assert error.filename.startswith(names) and ".part" not in error.filename, error
    else:
        raise AssertionError(call)
    assert os.listdir() == ["runs"], os.listdir()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_copy_that_fails_leaves_nothing(tmp_path: Path) -> None:
    written(tmp_path / "runs" / "a")
    written(tmp_path / "runs" / "b", 3000)
    subprocess.run([sys.executable, "-c", FULL], cwd=tmp_path, check=True, timeout=100)


KILLED = """
import os
from tfevents.damage import repair_found
from tfevents.reader.finding import finder
repair_found(finder(["runs"], False, skip=True)(), "runs", "copies", lambda file: os._exit(3))
"""


def test_a_copy_that_is_killed_leaves_no_half_of_a_tree(tmp_path: Path) -> None:
    for run in "ab":
        written(tmp_path / "runs" / run)
    process = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, timeout=100)
    assert process.returncode == 3
    assert tfevents.read(tmp_path).runs == ["runs/a", "runs/b"]
    assert not event_files(tmp_path / "copies")
    assert len(repair(tmp_path / "runs", tmp_path / "copies")) == 2


def test_a_copy_of_one_file_makes_no_other_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "run")
    path = only_file(tmp_path / "run")
    made = []
    monkeypatch.setattr(tempfile, "mkdtemp", lambda *_, **options: made.append(options))
    repair(path, tmp_path / "new" / "copy")
    assert made == []
    assert (tmp_path / "new" / "copy").read_bytes() == path.read_bytes()


def test_a_copy_in_a_directory_that_is_there(tmp_path: Path) -> None:
    for run in "ab":
        written(tmp_path / "runs" / run)
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / "b").write_text("mine")
    with pytest.raises(FileExistsError):
        repair(tmp_path / "runs", tmp_path / "copies")
    assert event_files(tmp_path / "copies") == []
    (tmp_path / "copies" / "b").unlink()
    (tmp_path / "copies" / "mine").touch()
    assert len(repair(tmp_path / "runs", tmp_path / "copies")) == 2
    assert sorted(os.listdir(tmp_path / "copies")) == ["a", "b", "mine"]


def test_a_damaged_record_is_left_out(tmp_path: Path) -> None:
    records = written(tmp_path / "run")
    path = only_file(tmp_path / "run")
    data = bytearray(path.read_bytes())
    at = sum(map(len, records[:5]))
    data[at + 14] ^= 0x10
    path.write_bytes(data)
    report = verify(tmp_path / "run")
    (damage,) = report.damage
    assert damage == (str(path), at, len(records[5]), "data_checksum")
    assert not report.ok
    assert f"{len(records[5])} bytes at {at} (data_checksum)" in repr(report)
    copy = tmp_path / "copy"
    found = repair(path, copy)
    assert found.damage == [damage]
    assert copy.read_bytes() == b"".join(records[:5] + records[6:])
    assert path.read_bytes() == data
    assert verify(copy).ok


def test_a_well_framed_record_that_is_no_event_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "tfevents"
    good = framed(b"\x10\x07")
    path.write_bytes(good + framed(b"\xff") + good)
    assert [it.kind for it in repair(path, tmp_path / "copy").damage] == ["message"]
    assert (tmp_path / "copy").read_bytes() == good * 2


def test_a_truncated_record_is_no_damage(tmp_path: Path) -> None:
    records = written(tmp_path / "run")
    path = only_file(tmp_path / "run")
    whole = path.read_bytes()
    for cut in range(1, len(records[-1])):
        path.write_bytes(whole[:-cut])
        (file,) = verify(path)
        assert file.ok
        assert (file.records, file.truncated) == (len(records) - 1, len(records[-1]) - cut)
    assert "truncated 1 bytes into the last record" in repr(verify(path))
    repair(path, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"".join(records[:-1])


def test_records_behind_one_that_lost_more_bytes_than_follow(tmp_path: Path) -> None:
    path = tmp_path / "tfevents"
    small = framed(b"\x10\x07")
    large = framed(b"\x1a\xc8\x01" + b"x" * 200)
    path.write_bytes(small + large[:30] + small + small)
    (file,) = repair(path, tmp_path / "copy")
    assert file.damage == [(str(path), len(small), 30, "data_checksum")]
    assert (tmp_path / "copy").read_bytes() == small * 3


def test_a_lost_first_record_is_replaced(tmp_path: Path) -> None:
    records = written(tmp_path / "run")
    path = only_file(tmp_path / "run")
    data = bytearray(path.read_bytes())
    data[3] ^= 1
    path.write_bytes(data)
    repair(path, tmp_path / "copy")
    first, *rest = tfevents.iter_events(tmp_path / "copy")
    assert (first.content, first.wall_time) == ("brain.Event:2", rest[0].wall_time)
    assert [framed(event.raw) for event in rest] == records[1:]


def test_a_first_record_behind_other_bytes_is_not_replaced(tmp_path: Path) -> None:
    records = written(tmp_path / "run")
    path = only_file(tmp_path / "run")
    path.write_bytes(bytes(range(11)) + path.read_bytes())
    (file,) = repair(path, tmp_path / "copy")
    assert [(it.offset, it.length) for it in file.damage] == [(0, 11)]
    assert (tmp_path / "copy").read_bytes() == b"".join(records)


def test_files_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "tfevents"
    path.write_bytes(bytes(range(256)) * 20)
    (file,) = report = verify(path)
    assert (file.records, file.damage[0].kind, report.ok) == (0, "not_an_event_file", False)
    with pytest.raises(tfevents.CorruptFileError) as caught:
        repair(path, tmp_path / "copy")
    assert (caught.value.path, caught.value.kind) == (str(path), "not_an_event_file")
    assert not (tmp_path / "copy").exists()
    path.write_bytes(b"")
    assert verify(path).ok


@pytest.mark.parametrize(
    "payload",
    [
        b"\x0a\x07\x0a\x05\x0a\x01x\x12\x00",  # an Example
        b"\x0a\x00\x12\x00",  # a SequenceExample
        b"\x08\x01\x12\x04\x12\x02\x08\x01\x22\x04\x00\x00\x80\x3f",  # a TensorProto
        b"\x0a\x03\x0a\x01n\x22\x02\x08\x7b",  # a GraphDef
    ],
)
def test_data_sets_are_no_event_files(tmp_path: Path, payload: bytes) -> None:
    path = tmp_path / "train.tfevents.tfrecord"
    path.write_bytes(framed(payload) * 5)
    with pytest.raises(tfevents.CorruptFileError) as caught:
        tfevents.read(path)
    assert caught.value.kind == "not_an_event_file"
    log = tfevents.read(tmp_path)
    assert (list(log), log.skipped) == ([], [(str(path), "not_an_event_file")])
    assert not verify(path).ok


def test_wrong_headers_between_good_records_take_linear_time(tmp_path: Path) -> None:
    good = b"".join(written(tmp_path / "run", 1)[1:])
    length = (4_000_000).to_bytes(8, "little")
    header = length + _masked_crc32c(length).to_bytes(4, "little")
    count = 8_000_000 // len(header + good)
    path = only_file(tmp_path / "run")
    path.write_bytes(path.read_bytes() + (header + good) * count)
    before = time.process_time()
    events = tfevents.iter_events(path, verify="none", on_corrupt="skip")
    assert sum(1 for _ in events) > count / 2
    # Where each header's bytes are summed up, this is a minute.
    assert time.process_time() - before < 10


def test_nothing_is_overwritten_or_mixed_up(tmp_path: Path) -> None:
    written(tmp_path / "runs" / "a")
    written(tmp_path / "runs" / "b")
    copies = tmp_path / "copies"
    b = only_file(tmp_path / "runs" / "b")
    (copies / "b").mkdir(parents=True)
    (copies / "b" / b.name).write_bytes(b"mine")
    with pytest.raises(FileExistsError) as error:
        repair(tmp_path / "runs", copies)
    assert error.value.filename == str(copies / "b" / b.name)
    assert (copies / "b" / b.name).read_bytes() == b"mine"
    assert not (copies / "a").exists()
    with pytest.raises(FileExistsError):
        repair(b, b)
    with pytest.raises(FileExistsError):
        repair(b, copies)
    with pytest.raises(ValueError, match="output must not lie in path"):
        repair(tmp_path / "runs", tmp_path / "runs" / "repaired")
    with pytest.raises(FileNotFoundError):
        repair(tmp_path / "nothing", tmp_path / "copy")
    with pytest.raises(FileNotFoundError):
        verify(tmp_path / "nothing")
    with pytest.raises(TypeError, match="output"):
        repair(b, 3)


def test_globs(tmp_path: Path) -> None:
    for name in ("exp1", "exp2", "other"):
        written(tmp_path / "runs" / name)
    glob = f"{tmp_path}/runs/exp*"
    assert len(verify(glob)) == 2
    assert len(list(tfevents.iter_events(glob))) == 26
    repair(glob, tmp_path / "copies")
    assert sorted(tfevents.read(tmp_path / "copies")) == ["exp1", "exp2"]
    with pytest.raises(ValueError, match="output must not lie in path"):
        repair(glob, tmp_path / "runs/exp1/copies")
    # A directory of that name is meant.
    written(tmp_path / "runs" / "a[1]")
    assert len(verify(tmp_path / "runs" / "a[1]")) == 1
    for call in (verify, tfevents.iter_events):
        with pytest.raises(FileNotFoundError):
            call(f"{tmp_path}/none*")


@st.composite
def mutations(draw: st.DrawFn) -> tuple[bytes, list[range]]:
    """A file that is damaged in one place, and the records that the damage does not touch."""
    # A payload of 8 bytes would not do: if it is lost with its checksum, the length of the next
    # record and its checksum are in their places, and hold.
    sizes = st.integers(0, 40).filter(lambda size: size != 4)
    payloads = [b"v" * size for size in draw(st.lists(sizes, min_size=1, max_size=8))]
    records = [framed(b"\x10\x07\x1a" + bytes([len(p)]) + p) for p in payloads]
    whole = b"".join(records)
    start = draw(st.integers(0, len(whole) - 1))
    end = min(len(whole), start + draw(st.integers(0, 60)))
    new = draw(st.binary(max_size=30))
    untouched, at = [], 0
    for record in records:
        if at + len(record) <= start:
            untouched.append(range(at, at + len(record)))
        elif at >= end:
            moved = at + len(new) - (end - start)
            untouched.append(range(moved, moved + len(record)))
        at += len(record)
    return whole[:start] + new + whole[end:], untouched


@given(mutations())
def test_every_record_that_is_untouched_survives(
    tmp_path_factory: pytest.TempPathFactory, mutation: tuple[bytes, list[range]]
) -> None:
    data, untouched = mutation
    directory = tmp_path_factory.mktemp("run")
    path, copy = directory / "tfevents", directory / "copy"
    path.write_bytes(data)
    try:
        (file,) = repair(path, copy)
    except tfevents.CorruptFileError as error:
        # Nothing is left that would make it an event file.
        assert (error.kind, untouched, copy.exists()) == ("not_an_event_file", [], False)
        return
    assert path.read_bytes() == data
    lost = [range(it.offset, it.offset + it.length) for it in file.damage]
    ends = len(data) - file.truncated
    for record in untouched:
        assert record.stop <= ends
        for part in lost:
            if record.start < part.stop and part.start < record.stop:
                # Frames show no more: this part is one record, and the next one begins after it.
                assert framed_length(data[part.start : part.start + 12]) == len(part)
                assert part.stop == ends or framed_length(data[part.stop : part.stop + 12])
    good, at = b"", 0
    for part in [*lost, range(ends, ends)]:
        good, at = good + data[at : part.start], part.stop
    copied = copy.read_bytes()
    if lost and lost[0].start == 0 and good:
        copied = copied[16 + int.from_bytes(copied[:8], "little") :]  # the new first record
    assert copied == good
    assert file.size == len(good)
    assert verify(copy).ok
    assert tfevents.read(copy).damage == []


def framed_length(header: bytes) -> int | None:
    """The size of the record with this header, or None."""
    is_one = header[8:] == _masked_crc32c(header[:8]).to_bytes(4, "little")
    return 16 + int.from_bytes(header[:8], "little") if is_one else None


def test_a_file_that_is_made_to_waste_time(tmp_path: Path) -> None:
    """A header of a record of 4 MB begins every 12 bytes. Computing the checksum of each would be
    slow.
    """
    length = (4_000_000).to_bytes(8, "little")
    header = length + _masked_crc32c(length).to_bytes(4, "little")
    path = tmp_path / "tfevents"
    path.write_bytes(header * 700_000)
    (file,) = verify(path)
    assert file.records == 0
    assert sum(damage.length for damage in file.damage) + file.truncated == 8_400_000


def test_random_bytes_are_safe(tmp_path: Path) -> None:
    rng = random.Random(0)
    for i in range(50):
        path = tmp_path / f"tfevents{i}"
        path.write_bytes(rng.randbytes(rng.randrange(3000)))
    report = verify(tmp_path)
    assert report.records == 0
    assert len(report) == 50
