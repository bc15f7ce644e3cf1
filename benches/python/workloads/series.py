"""`add_scalar_series` with a million points, compared with writing the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter

import tfevents
from harness import eventfiles, peers
from harness.bench import Bench, event_file
from harness.measure import Row, interleave, ratio_row


def adding(bench: Bench, events: eventfiles.Events) -> Callable[[], float]:
    """Adds the series, flushes, and checks every byte of the file. Returns seconds a point."""
    columns = events.value[:, 0].astype(float), events.step, events.wall_time

    def run() -> float:
        with bench.directory() as directory:
            writer = tfevents.SummaryWriter(directory)
            start = perf_counter()
            writer.add_scalar_series(events.tags[0][0], *columns)
            writer.flush()
            seconds = perf_counter() - start
            writer.close()
            eventfiles.check_written(event_file(directory), events)
        return seconds / len(events)

    return run


def writing(bench: Bench, data: bytes, points: int) -> Callable[[], float]:
    def run() -> float:
        with bench.directory() as directory:
            return peers.plain_write(directory / "plain", data) / points

    return run


def rows(bench: Bench) -> Iterator[Row]:
    events = replace(eventfiles.rotation(bench.points, 1), tags=[("train/loss",)])
    with bench.directory() as directory:
        eventfiles.write(directory / "made.tfevents", events)
        data = (directory / "made.tfevents").read_bytes()
    costs = interleave(
        bench.repetitions,
        {"plain": writing(bench, data, bench.points), "ours": adding(bench, events)},
    )
    yield ratio_row(
        "`add_scalar_series`, until all is written",
        "writing the same bytes, 256 KiB at a time",
        costs["ours"],
        costs["plain"],
        ("at most", 4),
        unit="point",
    )
