"""Loads files in which the next tag can't be predicted: a random order, and many tags."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from harness import eventfiles
from harness.bench import Bench
from harness.measure import Bound, Row, interleave, ratio_row
from workloads.load import loading

# For each figure: the number of tags, whether they are shuffled, and the goal.
OTHERS: dict[str, tuple[int, bool, Bound | None]] = {
    "load 10 tags in random order": (10, True, ("at most", 3)),
    "load 1,000 tags in rotation": (1000, False, ("at most", 3)),
    "load 1,000 tags in random order": (1000, True, None),
}


def rows(bench: Bench) -> Iterator[Row]:
    with bench.directory() as directory:
        contenders = {"10": written(directory / "10", eventfiles.rotation(bench.points))}
        for figure, (tags, shuffle, _) in OTHERS.items():
            events = eventfiles.rotation(bench.points, tags, shuffle=shuffle)
            contenders[figure] = written(directory / figure, events)
        costs = interleave(bench.repetitions, contenders)
    for figure, (_, _, bound) in OTHERS.items():
        yield ratio_row(
            figure,
            "tfevents, 10 tags in rotation",
            costs[figure],
            costs["10"],
            bound,
            faster=False,
            unit="point",
        )


def written(directory: Path, events: eventfiles.Events) -> Callable[[], float]:
    eventfiles.write(directory / "events.out.tfevents.1", events)
    return loading(directory, events, 1)
