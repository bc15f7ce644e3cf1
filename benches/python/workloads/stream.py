"""Iterates over the events of a file and their values, and compares with TensorBoard's
iterators.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

import tfevents
from harness import eventfiles, peers
from harness.bench import Bench
from harness.check import Columns, by_tag, same
from harness.measure import Bound, Row, interleave, ratio_row, skipped

FIGURE = "iterate over events, 10 tags"
# For each peer: what it needs, and how it iterates.
PEERS: dict[str, tuple[str, Callable[[Path, Columns], float]]] = {
    "tf.compat.v1.train.summary_iterator": ("tensorflow", peers.summary_iterator),
    "TensorBoard's EventFileLoader": ("tensorboard", peers.event_file_loader),
}
BOUNDS: dict[str, Bound] = {"tf.compat.v1.train.summary_iterator": ("at least", 6.0)}


def rows(bench: Bench) -> Iterator[Row]:
    events = eventfiles.rotation(bench.slow_points)
    expected = by_tag(events)
    with bench.directory() as directory:
        path = directory / "events.out.tfevents.1"
        eventfiles.write(path, events)
        contenders = {"ours": lambda: ours(path, expected) / len(events)}
        for name, (module, peer) in PEERS.items():
            if bench.has(module):
                contenders[name] = lambda peer=peer: peer(path, expected) / len(events)
        costs = interleave(bench.slow_repetitions, contenders)
    for name in PEERS:
        if name in costs:
            bound = BOUNDS.get(name)
            yield ratio_row(
                FIGURE, name, costs["ours"], costs[name], bound, unit="event", faster=True
            )
        else:
            yield skipped(FIGURE, name, f"{name} is not here")


def ours(path: Path, expected: Columns) -> float:
    """Seconds until the values of all events are collected by tag."""
    points = defaultdict(list)
    start = perf_counter()
    for event in tfevents.iter_events(path):
        for value in event.values:
            points[value.tag].append((event.step, event.wall_time, value.value))
    seconds = perf_counter() - start
    same(
        expected,
        {tag: [np.array(c) for c in zip(*rows, strict=True)] for tag, rows in points.items()},
    )
    return seconds
