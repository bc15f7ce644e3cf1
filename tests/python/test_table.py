"""Scalars as Arrow streams. ctypes reads them, so that no Arrow library is needed.

tests/compat/test_table_peers.py checks them with pandas, Polars, pyarrow and DuckDB.
"""

import ctypes
from collections.abc import Iterator
from ctypes import POINTER, byref, c_char_p, c_int, c_int64, c_void_p
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfevents
from tfevents import SummaryWriter


class Schema(ctypes.Structure):
    pass


Schema._fields_ = [
    ("format", c_char_p),
    ("name", c_char_p),
    ("metadata", c_char_p),
    ("flags", c_int64),
    ("n_children", c_int64),
    ("children", POINTER(POINTER(Schema))),
    ("dictionary", POINTER(Schema)),
    ("release", ctypes.CFUNCTYPE(None, POINTER(Schema))),
    ("private_data", c_void_p),
]


class Array(ctypes.Structure):
    pass


Array._fields_ = [
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(Array))),
    ("dictionary", POINTER(Array)),
    ("release", ctypes.CFUNCTYPE(None, POINTER(Array))),
    ("private_data", c_void_p),
]


class Stream(ctypes.Structure):
    pass


Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(c_int, POINTER(Stream), POINTER(Schema))),
    ("get_next", ctypes.CFUNCTYPE(c_int, POINTER(Stream), POINTER(Array))),
    ("get_last_error", ctypes.CFUNCTYPE(c_char_p, POINTER(Stream))),
    ("release", ctypes.CFUNCTYPE(None, POINTER(Stream))),
    ("private_data", c_void_p),
]

_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = c_void_p, [ctypes.py_object, c_char_p]


def _taken(capsule: Any, name: bytes, kind: Any) -> Any:
    """The struct of a capsule."""
    return ctypes.cast(_pointer(capsule, name), POINTER(kind)).contents


def _numbers(address: int | None, count: int, dtype: Any) -> np.ndarray:
    size = count * np.dtype(dtype).itemsize
    return np.frombuffer(ctypes.string_at(address, size) if size else b"", dtype).copy()


def _column(array: Array, form: bytes) -> Any:
    """The values of a column; None if one is missing."""
    assert array.offset == 0
    assert array.n_children == 0
    dtype = {b"l": np.int64, b"g": np.float64, b"i": np.int32}[form]
    values = _numbers(array.buffers[1], array.length, dtype)
    if array.dictionary:
        strings = array.dictionary.contents
        ends = _numbers(strings.buffers[1], strings.length + 1, np.int32)
        text = ctypes.string_at(strings.buffers[2], int(ends[-1])) if ends[-1] else b""
        names = [text[a:b].decode() for a, b in pairwise(ends)]
        return [names[code] for code in values]
    if array.buffers[0]:
        bits = _numbers(array.buffers[0], -(-array.length // 8), np.uint8)
        there = np.unpackbits(bits, bitorder="little", count=array.length)
        return [v if bit else None for v, bit in zip(values.tolist(), there, strict=True)]
    assert array.null_count == 0
    return values.tolist()


def _batches(exporter: Any) -> Iterator[dict[str, list[Any]]]:
    capsule = exporter.__arrow_c_stream__()
    stream, schema = _taken(capsule, b"arrow_array_stream", Stream), Schema()
    assert stream.get_schema(byref(stream), byref(schema)) == 0
    assert schema.format == b"+s"
    fields = [schema.children[i].contents for i in range(schema.n_children)]
    while True:
        batch = Array()
        assert stream.get_next(byref(stream), byref(batch)) == 0
        if not batch.release:
            break
        columns = [batch.children[i].contents for i in range(batch.n_children)]
        assert all(column.length == batch.length for column in columns)
        yield {
            field.name.decode(): _column(column, field.format)
            for field, column in zip(fields, columns, strict=True)
        }
        batch.release(byref(batch))
        assert not batch.release
    schema.release(byref(schema))
    assert not schema.release


def _rows(exporter: Any) -> list[tuple[Any, ...]]:
    return [row for batch in _batches(exporter) for row in zip(*batch.values(), strict=True)]


@pytest.fixture
def log(tmp_path: Path) -> tfevents.Log:
    for run, tags in {"a": ["loss", "µ"], "b": ["acc", "loss"]}.items():
        with SummaryWriter(tmp_path / run) as writer:
            for step in (1, 2, 2, 5):
                for i, tag in enumerate(tags):
                    if (step + i) % 3:
                        writer.add_scalar(tag, step + i, step, walltime=step / 2)
    return tfevents.read(tmp_path)


def test_a_row_for_each_point_run_after_run(log: tfevents.Log) -> None:
    expected = [
        (name, tag, step, wall_time, value)
        for name, run in log.items()
        for tag, scalars in run.scalars.items()
        for step, wall_time, value in zip(
            scalars.step, scalars.wall_time, scalars.value, strict=True
        )
    ]
    assert len(expected) == 10
    assert _rows(log.scalars.table()) == expected
    assert _rows(log["b"].scalars.table()) == [row for row in expected if row[0] == "b"]
    (batch,) = _batches(log.scalars.table())
    assert list(batch) == ["run", "tag", "step", "wall_time", "value"]


def test_a_wide_table_has_nulls_where_a_tag_has_no_point(log: tfevents.Log) -> None:
    (batch,) = _batches(log.scalars.table().wide())
    assert batch == {
        "run": ["a", "a", "a", "b", "b", "b"],
        "step": [1, 2, 5, 1, 2, 5],
        "loss": [1.0, 2.0, 5.0, 2.0, None, None],
        "µ": [2.0, None, None, None, None, None],
        "acc": [None, None, None, 1.0, 2.0, 5.0],
    }


def test_a_large_table_comes_in_batches(tmp_path: Path) -> None:
    count = (1 << 20) + 10
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("a", np.arange(5), np.arange(5))
        writer.add_scalar_series("b", np.arange(count), np.arange(count))
    log = tfevents.read(tmp_path)
    batches = list(_batches(log.scalars.table()))
    assert [len(batch["step"]) for batch in batches] == [1 << 20, 15]
    steps = np.concatenate([batch["step"] for batch in batches])
    assert np.array_equal(steps, np.r_[:5, :count])
    assert batches[1]["tag"] == ["b"] * 15


def test_tables_of_nothing(tmp_path: Path) -> None:
    assert _rows(tfevents.read(tmp_path).scalars.table()) == []
    assert _rows(tfevents.read(tmp_path).scalars.table().wide()) == []
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "tfevents").touch()
    log = tfevents.read(tmp_path)
    assert list(log.scalars) == ["run"]
    assert _rows(log["run"].scalars.table()) == []


def test_schemas_and_streams_that_nobody_takes_are_released(log: tfevents.Log) -> None:
    for exporter in (log.scalars.table(), log["a"].scalars.table(), log.scalars.table().wide()):
        schema = _taken(capsule := exporter.__arrow_c_schema__(), b"arrow_schema", Schema)
        assert schema.children[0].contents.name == b"run"
        assert schema.children[0].contents.dictionary.contents.format == b"u"
        assert capsule is not None
        exporter.__arrow_c_stream__(requested_schema=capsule)
        stream = iter(_batches(exporter))
        next(stream)
        stream.close()


def test_a_batch_outlives_its_stream_and_its_log(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("x", np.arange(1000), np.arange(1000))
    capsule = tfevents.read(tmp_path).scalars.table().__arrow_c_stream__()
    stream, batch = _taken(capsule, b"arrow_array_stream", Stream), Array()
    assert stream.get_next(byref(stream), byref(batch)) == 0
    stream.release(byref(stream))
    del capsule
    assert _column(batch.children[4].contents, b"g") == list(range(1000))
    batch.release(byref(batch))


@pytest.mark.filterwarnings("ignore:tag is empty")
def test_tags_of_any_kind(tmp_path: Path) -> None:
    tags = ["run", "run_", "step", "nul\0l", ""]
    with SummaryWriter(tmp_path) as writer:
        for i, tag in enumerate(tags):
            writer.add_scalar(tag, i, 7)
    log = tfevents.read(tmp_path)
    assert [row[1] for row in _rows(log.scalars.table())] == tags
    (wide,) = _batches(log.scalars.table().wide())
    assert wide == {
        "run": ["."],
        "step": [7],
        "run_": [0.0],
        "run__": [1.0],
        "step_": [2.0],
        "nul\ufffdl": [3.0],
        "": [4.0],
    }


def test_a_wide_table_too_large_for_any_memory_is_an_error(tmp_path: Path) -> None:
    count = 2_000_000
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("steps", np.zeros(count), np.arange(count))
        for i in range(100_000):
            writer.add_scalar(str(i), 0.0, 0)
    scalars = tfevents.read(tmp_path).scalars
    with pytest.raises(MemoryError):
        scalars.table().wide()


def test_names_of_columns_come_in_any_form(log: tfevents.Log) -> None:
    for view in (log.scalars, log.texts):
        assert view.table(columns=iter(["step", "run"])).columns == ["step", "run"]  # type: ignore[arg-type]
        for wrong in ("step", 5):
            with pytest.raises(TypeError, match="columns: expected names"):
                view.table(columns=wrong)  # type: ignore[arg-type]


def test_log_scalars_is_a_mapping(log: tfevents.Log) -> None:
    assert list(log.scalars) == ["a", "b"]
    assert log.scalars["a"] is log["a"].scalars
    assert "2 runs" in repr(log.scalars)
    with pytest.raises(KeyError, match="close: 'a'"):
        log.scalars["aa"]
