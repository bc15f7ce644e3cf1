"""Loads a thousand runs, and compares with one run of the same points, on one thread each."""

from __future__ import annotations

from collections.abc import Iterator

from harness import eventfiles, ours
from harness.bench import Bench
from harness.check import by_tag
from harness.measure import Row, interleave, ratio_row
from workloads.load import loading

POINTS = 1000  # of each run


def rows(bench: Bench) -> Iterator[Row]:
    events = eventfiles.rotation(bench.points)
    count = bench.points // POINTS
    runs = {f"run{n:04d}": events[n * POINTS : (n + 1) * POINTS] for n in range(count)}
    with bench.directory() as directory:
        eventfiles.write(directory / "one" / "events.out.tfevents.1", events)
        for name, part in runs.items():
            eventfiles.write(directory / "many" / name / "events.out.tfevents.1", part)
        expected = {name: by_tag(part) for name, part in runs.items()}
        costs = interleave(
            bench.repetitions,
            {
                "one": loading(directory / "one", events, 1),
                "many": lambda: ours.load(directory / "many", expected, 1) / bench.points,
            },
        )
    yield ratio_row(
        f"load {count:,} runs of {POINTS:,} points, 10 tags each, on one thread",
        "tfevents, one run of the same points",
        costs["many"],
        costs["one"],
        ("at most", 2.5),
        unit="point",
    )
