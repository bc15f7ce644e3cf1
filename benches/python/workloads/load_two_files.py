"""Loads two runs of a million points each on two cores, and compares with one after the other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from harness import eventfiles, ours
from harness.bench import Bench
from harness.check import by_tag
from harness.measure import Row, interleave, ratio_row, skipped

FIGURE = "load two files on two threads"
PEER = "tfevents on one thread"


def rows(bench: Bench) -> Iterator[Row]:
    if (os.cpu_count() or 1) < 2:
        yield skipped(FIGURE, PEER, "one core only")
        return
    runs = {name: eventfiles.rotation(bench.points, seed=n) for n, name in enumerate("ab")}
    expected = {name: by_tag(events) for name, events in runs.items()}
    with bench.directory() as directory:
        for name, events in runs.items():
            eventfiles.write(directory / name / "events.out.tfevents.1", events)

        def loading(threads: int) -> Callable[[], float]:
            return lambda: ours.load(directory, expected, threads) / (2 * bench.points)

        costs = interleave(bench.repetitions, {"one": loading(1), "two": loading(2)})
    yield ratio_row(FIGURE, PEER, costs["two"], costs["one"], ("at least", 1.5), unit="point")
