"""The benchmarks run, and reject a wrong result. Their figures are not checked."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BENCHES = Path(__file__).parents[2] / "benches" / "python"


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCHES)
    importlib.import_module("harness.eventfiles")
    return importlib.import_module("harness")


def test_every_workload_runs_and_checks_what_it_did(tmp_path: Path) -> None:
    options = ["--points", "2000", "--repetitions", "1", "--without-peers", "--json"]
    table = tmp_path / "table.json"
    run = subprocess.run(
        [sys.executable, BENCHES / "run.py", *options, table], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    measured = [row["figure"] for row in json.loads(table.read_text())["rows"] if row["samples"]]
    assert len(measured) >= 10
    assert all(figure in run.stdout for figure in measured)


def test_generated_checksums_are_right(harness: ModuleType) -> None:
    google_crc32c = pytest.importorskip("google_crc32c")
    rows = np.random.default_rng(0).integers(0, 256, (100, 37), dtype=np.uint8)
    unmasked = [google_crc32c.value(row.tobytes()) for row in rows]
    masked = [((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32 for crc in unmasked]
    assert harness.eventfiles.masked_crc32c(rows).tolist() == masked


@pytest.mark.parametrize("place", [0, 10, 13, 30, -1])
def test_a_wrong_byte_is_noticed(harness: ModuleType, tmp_path: Path, place: int) -> None:
    path, events = tmp_path / "tfevents", harness.eventfiles.rotation(100)
    harness.eventfiles.write(path, events)
    harness.eventfiles.check_written(path, events)
    data = bytearray(path.read_bytes())
    first = 16 + int.from_bytes(data[:8], "little")
    data[place if place < 0 else first + place] ^= 1
    path.write_bytes(data)
    with pytest.raises(harness.check.WrongResult):
        harness.eventfiles.check_written(path, events)


def test_wrong_columns_are_noticed(harness: ModuleType) -> None:
    columns = harness.check.by_tag(harness.eventfiles.rotation(100))
    harness.check.same(columns, columns)
    step, wall_time, value = columns["loss/000"]
    for wrong in ({}, columns | {"loss/000": (step, wall_time, value + 1)}):
        with pytest.raises(harness.check.WrongResult):
            harness.check.same(columns, wrong)
