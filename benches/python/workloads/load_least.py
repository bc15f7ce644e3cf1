"""Loads a file on one core, and compares this with the least work of any reader."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

from harness import eventfiles, ours
from harness.bench import Bench
from harness.check import by_tag
from harness.measure import Row, interleave, ratio_row, skipped

PEER = "its bytes, one CRC32C, 24 bytes a point"
# The size of the buffer for the bytes.
BLOCK = 256 << 10


def rows(bench: Bench) -> Iterator[Row]:
    figure = f"load {bench.points:,} points on one core"
    if not (bench.has("google_crc32c") and hasattr(os, "sched_setaffinity")):
        yield skipped(figure, PEER, "needs google_crc32c, and one core to keep to")
        return
    events = eventfiles.rotation(bench.points)
    expected = {"run": by_tag(events)}
    cores = os.sched_getaffinity(0)
    with bench.directory() as directory:
        path = directory / "run" / "events.out.tfevents.1"
        eventfiles.write(path, events)
        os.sched_setaffinity(0, {min(cores)})
        try:
            costs = interleave(
                bench.repetitions,
                {
                    "ours": lambda: ours.load(directory, expected, 1) / bench.points,
                    "least": lambda: least(path, bench.points) / bench.points,
                },
            )
        finally:
            os.sched_setaffinity(0, cores)
    yield ratio_row(figure, PEER, costs["ours"], costs["least"], ("at most", 1.7), unit="point")


def least(path: Path, points: int) -> float:
    """Seconds to read the bytes, to compute their checksum and to fill the same number of
    columns.
    """
    import google_crc32c

    start = perf_counter()
    checksum = 0
    with open(path, "rb", buffering=0) as file:
        while block := file.read(BLOCK):
            checksum = google_crc32c.extend(checksum, block)
    columns = [np.empty(points, kind) for kind in (np.int64, np.float64, np.float64)]
    for column in columns:
        column.fill(checksum)
    return perf_counter() - start
