"""Loads ten thousand files on one thread with few descriptors, and compares with one file of all
points.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from harness import eventfiles, ours
from harness.bench import Bench
from harness.check import by_tag
from harness.measure import Row, interleave, ratio_row

POINTS = 100  # of each file
DESCRIPTORS = 64


def rows(bench: Bench) -> Iterator[Row]:
    count = bench.points // POINTS
    events = eventfiles.rotation(bench.points)
    runs = {f"run{n:05d}": events[n * POINTS : (n + 1) * POINTS] for n in range(count)}
    with bench.directory() as directory, few_descriptors():
        eventfiles.write(directory / "one" / "events.out.tfevents.1", events)
        for name, part in runs.items():
            eventfiles.write(directory / "many" / name / "events.out.tfevents.1", part)
        expected = {name: by_tag(part) for name, part in runs.items()}
        whole = {".": by_tag(events)}
        costs = interleave(
            bench.slow_repetitions,
            {
                "one": lambda: ours.load(directory / "one", whole, 1) / count,
                "many": lambda: ours.load(directory / "many", expected, 1) / count,
            },
        )
    yield ratio_row(
        f"load {count:,} files of {POINTS} points on one thread, with {DESCRIPTORS} descriptors",
        "tfevents, one file of the same points",
        costs["many"],
        costs["one"],
        None,
        unit="file",
        faster=False,
    )


@contextmanager
def few_descriptors() -> Iterator[None]:
    if sys.platform == "win32":  # which has no such limit
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
