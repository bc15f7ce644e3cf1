"""Loads histograms of 30 buckets on one thread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

import tfevents
from harness import mediafiles, peers
from harness.bench import Bench
from harness.check import WrongResult
from harness.measure import Row, interleave, ratio_row, skipped

BUCKETS = 30
Expected = dict[str, dict[str, mediafiles.Bytes]]


def rows(bench: Bench) -> Iterator[Row]:
    count = bench.points // 10
    figure = f"load {count:,} histograms of {BUCKETS} buckets"
    with bench.directory() as directory:
        path = directory / "events.out.tfevents.1"
        expected = mediafiles.write_histograms(path, count, BUCKETS)
        buffer = bytearray(peers.PIECE)
        plain = "reading the bytes into one 256 KiB buffer"
        costs = interleave(
            bench.repetitions,
            {
                plain: lambda: peers.plain_read(path, buffer) / count,
                "ours": lambda: load(path, expected) / count,
            },
        )
        yield ratio_row(
            figure, plain, costs["ours"], costs[plain], None, unit="histogram", faster=False
        )
        name = "EventAccumulator"
        if not bench.has("tensorboard"):
            yield skipped(figure, name, f"{name} is not here")
            return
        few = min(count, 10_000)
        expected_few = mediafiles.write_histograms(directory / "few.tfevents", few, BUCKETS)
        costs = interleave(
            bench.slow_repetitions,
            {
                name: lambda: event_accumulator(directory / "few.tfevents", expected_few) / few,
                "ours": lambda: load(path, expected) / count,
            },
        )
        bound = "at least", 100
        yield ratio_row(
            figure,
            name,
            costs["ours"],
            costs[name],
            bound,
            unit="histogram",
            note=f"{name}: a file of {few:,} histograms",
        )


def load(path: Path, expected: Expected) -> float:
    """Seconds until all columns are there, with the buckets."""
    start = perf_counter()
    found = tfevents.read(path, threads=1)["."].histograms
    columns = {
        tag: {name: getattr(h, name) for name in ["step", "wall_time", *mediafiles.COLUMNS]}
        | {"limits": h.bucket_limit, "counts": h.bucket}
        for tag, h in found.items()
    }
    seconds = perf_counter() - start
    check(expected, columns)
    return seconds


def event_accumulator(path: Path, expected: Expected) -> float:
    """Seconds until EventAccumulator has every histogram."""
    peers.quiet()
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    start = perf_counter()
    sizes = {"histograms": 0, "compressedHistograms": 1}
    accumulator = EventAccumulator(str(path), size_guidance=sizes).Reload()
    seconds = perf_counter() - start
    columns = {}
    for tag in accumulator.Tags()["histograms"]:
        events = accumulator.Histograms(tag)
        values = [event.histogram_value for event in events]
        columns[tag] = {
            "step": np.array([event.step for event in events]),
            "wall_time": np.array([event.wall_time for event in events]),
            **{n: np.array([getattr(v, n) for v in values]) for n in mediafiles.COLUMNS},
            "limits": np.array([v.bucket_limit for v in values]),
            "counts": np.array([v.bucket for v in values]),
        }
    check(expected, columns)
    return seconds


def check(expected: Expected, found: Expected) -> None:
    if set(expected) != set(found):
        raise WrongResult(f"tags differ: {sorted(set(expected) ^ set(found))[:5]}")
    for tag, columns in expected.items():
        for name, column in columns.items():
            if not np.array_equal(column.ravel(), np.ravel(found[tag][name])):
                raise WrongResult(f"{tag!r}: the {name} column differs")
