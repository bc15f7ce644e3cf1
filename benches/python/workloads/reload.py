"""Reloads a thousand runs that did not change, and one run that grew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import tfevents
from harness import eventfiles, ours
from harness.bench import Bench
from harness.check import WrongResult, by_tag
from harness.measure import Row, interleave, ratio_row

RUNS = 1000
LIMIT = 20.0  # ms of CPU


def rows(bench: Bench) -> Iterator[Row]:
    yield unchanged(bench)
    yield grown(bench)


def unchanged(bench: Bench) -> Row:
    """The CPU time of all threads, with the kernel's share."""
    with bench.directory() as directory:
        for n in range(RUNS):
            path = directory / f"run{n:04d}" / "events.out.tfevents.1"
            eventfiles.write(path, eventfiles.rotation(10, seed=n))
        log = tfevents.read(directory)
        costs = []
        for _ in range(bench.repetitions):
            start = process_time()
            changed = log.reload()
            costs.append(process_time() - start)
            if changed:
                raise WrongResult(f"{len(changed)} runs changed, of runs that nobody wrote to")
    milliseconds = median(costs) * 1e3
    return Row(
        f"`reload` of {RUNS:,} unchanged runs, CPU",
        peer="",
        ours=f"{milliseconds:.1f} ms",
        required=f"< {LIMIT:g} ms",
        met=milliseconds < LIMIT,
        samples={"ours": costs},
    )


def grown(bench: Bench) -> Row:
    """A run that grew, at each reload, by as much as is read anew for comparison."""
    growth = bench.points // 10
    events = eventfiles.rotation(bench.points + (bench.repetitions + 1) * growth)
    with bench.directory() as directory:
        path = directory / "grown" / "events.out.tfevents.1"
        eventfiles.write(path, events[: bench.points])
        eventfiles.write(directory / "alone" / path.name, events[:growth])
        reload = reloading(path, events, bench.points, growth)
        costs = interleave(
            bench.repetitions,
            {
                "reload": lambda: reload() / growth,
                "alone": lambda: reading(directory / "alone") / growth,
            },
        )
    return ratio_row(
        f"`reload` of a run of {bench.points:,} points or more that grew by {growth:,}",
        "reading a file of as many as were appended",
        costs["reload"],
        costs["alone"],
        None,
        unit="appended point",
        faster=False,
    )


def reading(path: Path) -> float:
    start = perf_counter()
    tfevents.read(path, threads=1)
    return perf_counter() - start


def reloading(path: Path, events: eventfiles.Events, have: int, growth: int) -> Callable[[], float]:
    """A function that appends, and times a reload. The result is checked."""
    log = tfevents.read(path.parent, threads=1)

    def reload() -> float:
        nonlocal have
        with path.open("ab") as file:
            part = events[have : have + growth]
            file.write(eventfiles.encode(part, eventfiles.torch_value).tobytes())
        have += growth
        start = perf_counter()
        changed = log.reload()
        seconds = perf_counter() - start
        if changed != ["."]:
            raise WrongResult(f"these changed: {changed}")
        found = {name: ours.arrays(run) for name, run in log.items()}
        ours.same_runs({".": by_tag(events[:have])}, found)
        return seconds

    return reload
