"""Readers with other interfaces: every scalar through `EventAccumulator`, and tbparse's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

from harness import eventfiles, peers
from harness.bench import Bench
from harness.check import by_tag, same
from harness.measure import Bound, Row, interleave, ratio_row, skipped
from workloads import tables

# A function that gives the seconds a point of a job on a file with these events.
Timed = Callable[[Path, eventfiles.Events], Callable[[], float]]


def rows(bench: Bench) -> Iterator[Row]:
    yield compared(
        bench,
        "every event of 10 tags, by EventAccumulator",
        "TensorBoard's",
        ["tensorboard"],
        accumulated(our_accumulator),
        accumulated(tensorboard_accumulator),
        ("at least", 8.0),
    )
    for pivot in (False, True):
        yield compared(
            bench,
            f"tbparse's table of 10 tags{', pivoted' if pivot else ''}",
            "tbparse",
            ["pandas", "tbparse"],
            lambda path, events, pivot=pivot: tables.timed(our_tbparse, path, events, pivot),
            lambda path, events, pivot=pivot: tables.timed(tables.tbparse, path, events, pivot),
        )


def compared(
    bench: Bench,
    figure: str,
    name: str,
    modules: list[str],
    ours: Timed,
    theirs: Timed,
    bound: Bound | None = None,
) -> Row:
    """A row for a peer that gets a file with fewer points."""
    if not bench.has(*modules):
        return skipped(figure, name, f"{' or '.join(modules)} is not here")
    events, few = eventfiles.rotation(bench.points), eventfiles.rotation(bench.slow_points)
    with bench.directory() as directory:
        path = directory / "events.out.tfevents.1"
        fewer = directory / "few" / "events.out.tfevents.1"
        eventfiles.write(path, events)
        eventfiles.write(fewer, few)
        costs = interleave(
            bench.slow_repetitions, {name: theirs(fewer, few), "ours": ours(path, events)}
        )
    note = f"{name}: a file of {len(few):,} points"
    return ratio_row(
        figure, name, costs["ours"], costs[name], bound, unit="point", faster=True, note=note
    )


def accumulated(accumulator: Callable[[Path], Any]) -> Timed:
    """The time until there is an event object for every point."""

    def timed(path: Path, events: eventfiles.Events) -> Callable[[], float]:
        expected = by_tag(events)

        def run() -> float:
            start = perf_counter()
            reader = accumulator(path)
            found = {tag: reader.Scalars(tag) for tag in reader.Tags()["scalars"]}
            seconds = perf_counter() - start
            same(expected, {tag: peers.columns(points) for tag, points in found.items()})
            return seconds / len(events)

        return run

    return timed


def our_accumulator(path: Path) -> Any:
    from tfevents.compat.event_accumulator import EventAccumulator

    return EventAccumulator(path, {"scalars": 0}).Reload()


def tensorboard_accumulator(path: Path) -> Any:
    peers.quiet()
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(path), {"scalars": 0}).Reload()


def our_tbparse(path: Path, pivot: bool) -> Any:
    from tfevents.compat.tbparse import SummaryReader

    extra = set() if pivot else {"wall_time"}
    table = SummaryReader(path, pivot=pivot, extra_columns=extra).scalars
    return table.set_index("step") if pivot else table
