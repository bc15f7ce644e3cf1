"""`log` with twenty values an event, compared with a call of an empty method for each value."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import numpy as np

import tfevents
from harness import eventfiles
from harness.bench import Bench, event_file
from harness.measure import Row, interleave, ratio_row
from workloads.add_scalar import calling, training

VALUES = {f"layer{i:02d}/norm": 0.25 + i for i in range(20)}


def training_with_log(writer: Any, events: int, values: dict[str, float]) -> None:
    for step in range(events):
        writer.log(values, step)


def logging(bench: Bench, events: int) -> Callable[[], float]:
    """Logs in a loop, and checks every byte of the file; seconds a value."""

    def run() -> float:
        with bench.directory() as directory:
            writer = tfevents.SummaryWriter(directory)
            since = time.time()
            start = perf_counter()
            training_with_log(writer, events, VALUES)
            seconds = perf_counter() - start
            writer.close()
            called = since, time.time()
            eventfiles.check_written(event_file(directory), logged(events), called)
        return seconds / (events * len(VALUES))

    return run


def logged(events: int) -> eventfiles.Events:
    return eventfiles.Events(
        tags=[tuple(VALUES)],
        kind=np.zeros(events, np.intp),
        step=np.arange(events),
        wall_time=np.zeros(events),
        value=np.tile(np.array(list(VALUES.values()), np.float32), (events, 1)),
    )


def rows(bench: Bench) -> Iterator[Row]:
    costs = interleave(
        bench.repetitions,
        {
            "empty": calling(training, bench.points),
            "ours": logging(bench, bench.points // len(VALUES)),
        },
    )
    yield ratio_row(
        "`log` of 20 values, cost to the caller",
        "an empty method called in a loop",
        costs["ours"],
        costs["empty"],
        ("at most", 1),
        unit="value",
        note="the dict that is logged is made once, outside the loop",
    )
