"""Loads one large file on two cores, and compares with one core."""

from __future__ import annotations

import os
from collections.abc import Iterator

from harness import eventfiles, ours
from harness.bench import Bench
from harness.check import by_tag
from harness.measure import Row, interleave, ratio_row, skipped

PEER = "tfevents on one thread"


def rows(bench: Bench) -> Iterator[Row]:
    yield _row(bench, bench.points, 1.6)
    yield _row(bench, 10 * bench.points, 1.8)


def _row(bench: Bench, points: int, required: float) -> Row:
    figure = f"load one file of {points:,} points on two threads"
    if (os.cpu_count() or 1) < 2:
        return skipped(figure, PEER, "one core only")
    events = eventfiles.rotation(points)
    expected = {"run": by_tag(events)}
    with bench.directory() as directory:
        eventfiles.write(directory / "run" / "events.out.tfevents.1", events)
        loading = {
            "one": lambda: ours.load(directory, expected, 1) / points,
            "two": lambda: ours.load(directory, expected, 2) / points,
        }
        costs = interleave(bench.repetitions, loading)
    required_ratio = ("at least", required)
    return ratio_row(figure, PEER, costs["two"], costs["one"], required_ratio, unit="point")
