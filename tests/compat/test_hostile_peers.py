"""Hostile messages: code that needs other packages fails only in documented ways."""

from pathlib import Path

import pytest
from hypothesis import given

import hostile
import tfevents
from peers import peer


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "events.out.tfevents.1"


@given(file=hostile.files())
def test_to_proto(path: Path, file: bytes) -> None:
    message = peer("google.protobuf.message")
    path.write_bytes(file)
    for event in tfevents.iter_events(path, on_corrupt="skip"):
        try:
            event.to_proto()
        except message.DecodeError:
            # Values that are decoded lazily, such as graphs.
            assert event.what is not None


@given(file=hostile.files())
def test_tables(path: Path, file: bytes) -> None:
    peer("pandas"), peer("polars"), peer("pyarrow")
    path.write_bytes(file)
    log = tfevents.read(path, on_corrupt="skip")
    for table in (log.scalars, log["."].scalars):
        rows = sum(len(series) for series in log["."].scalars.values())
        assert len(table.to_pandas()) == table.to_polars().height == rows
        assert table.to_arrow().num_rows == rows
        wide = table.to_pandas(pivot=True)
        assert len(wide) == table.to_arrow(pivot=True).num_rows <= rows
