"""Growing files are read without loss or repetition, wherever records are cut."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tfevents
from events import only_file, record, split_records
from growing import Readers, follow_a_copy, follow_a_writer

GOLDEN = sorted(Path(__file__).parents[1].glob("golden/*/*tfevents*"))


def prefix(points, count):
    """Records with one value each, and one without values before them."""
    return {key: kept for key, values in points.items() if (kept := values[: max(count - 1, 0)])}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a file, the ends of its records, and its points."""
    path = tmp_path_factory.mktemp("whole")
    with tfevents.SummaryWriter(path) as writer:
        for step in range(6):
            writer.add_scalar("loss", step, step)
    data = only_file(path).read_bytes()
    sizes = [len(record) + 16 for record in split_records(data)[0]]
    return (
        data,
        np.cumsum(sizes).tolist(),
        {(".", "loss"): [(step, f"{step}.0") for step in range(6)]},
    )


def grow(path, whole, pieces):
    data, ends, points = whole
    file = path / "events.out.tfevents.1"
    file.write_bytes(b"")
    readers = Readers(path)
    at = 0
    for piece in pieces:
        with open(file, "ab") as out:
            at += out.write(data[at : at + piece])
        readers.look()
        expected = prefix(points, sum(end <= at for end in ends))
        assert list(readers.all()) == [expected] * 4
    readers.close()
    return at


def test_records_split_at_every_byte(tmp_path, whole):
    assert grow(tmp_path, whole, [1] * len(whole[0])) == len(whole[0])


@given(pieces=st.lists(st.integers(1, 120), max_size=12))
def test_records_split_anywhere(tmp_path_factory, whole, pieces):
    grow(tmp_path_factory.mktemp("run"), whole, pieces)


def test_a_writer_at_work(tmp_path):
    follow_a_writer(tmp_path / "run", "tfevents")


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.parent.name)
def test_files_of_others_that_come_in_pieces(tmp_path, file):
    follow_a_copy(file, tmp_path / "run")


def test_a_large_file_that_comes_in_pieces(tmp_path):
    with tfevents.SummaryWriter(tmp_path / "whole") as writer:
        writer.add_scalar_series("a", np.arange(2000.0))
        writer.add_scalar_series("b", np.arange(2000.0))
        writer.add_text("note", "x" * 100_000)
        writer.add_scalar_series("a", np.arange(2000.0))
    follow_a_copy(only_file(tmp_path / "whole"), tmp_path / "run")


@pytest.mark.filterwarnings("ignore:.*damaged bytes")
def test_a_record_that_begins_behind_damage_is_not_lost(tmp_path):
    """A header promises more bytes than there are, so records after it may prove not to be records.
    They are returned meanwhile, and so are those that follow.
    """
    with tfevents.SummaryWriter(tmp_path / "whole") as writer:
        for step in range(5):
            writer.add_scalar("loss", step, step)
    payloads, _ = split_records(only_file(tmp_path / "whole").read_bytes())
    records = [record(payload) for payload in payloads]
    records[2] = record(bytes(50_000))[:12] + records[2][12:]
    begin = b"".join(records[:4]) + b"\1\2"
    data = begin + b"".join(records[4:])
    expected = [0, 2, 3, 4]
    for cut in range(len(begin) - 2, len(data)):
        run = tmp_path / str(cut)
        run.mkdir()
        path = run / "events.out.tfevents.1"
        path.write_bytes(data[:cut])
        log = tfevents.read(run, on_corrupt="skip")
        with tfevents.follow(run, on_corrupt="skip", timeout=0, interval=0) as follower:
            steps = [event.step for _, event in follower if event.what == "summary"]
            path.write_bytes(data)
            steps += [event.step for _, event in follower if event.what == "summary"]
        assert steps == expected, cut
        before = log["."].scalars["loss"].step.tolist()
        part = tfevents.read(run, on_corrupt="skip", state=log.state())["."]
        assert part.continued
        assert before + part.scalars["loss"].step.tolist() == expected, cut
        log.reload()
        assert log["."].scalars["loss"].step.tolist() == expected, cut
