"""Makes a pandas DataFrame of a file of scalars, long and wide, and compares with tbparse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import tfevents
from harness import eventfiles, peers
from harness.bench import Bench
from harness.check import COLUMNS, WrongResult, by_tag, same
from harness.measure import Row, interleave, ratio_row, skipped
from harness.ours import warm

FLOOR = 300
# A figure to whether the table is wide.
FIGURES = {"a DataFrame of 10 tags": False, "a DataFrame of 10 tags, pivoted": True}


def rows(bench: Bench) -> Iterator[Row]:
    for figure, pivot in FIGURES.items():
        if not bench.has("pandas", "tbparse"):
            yield skipped(figure, "tbparse", "pandas or tbparse is not here")
            continue
        events, few = eventfiles.rotation(bench.points), eventfiles.rotation(bench.slow_points)
        with bench.directory() as directory:
            path = directory / "events.out.tfevents.1"
            fewer = directory / "few" / "events.out.tfevents.1"
            eventfiles.write(path, events)
            eventfiles.write(fewer, few)
            costs = interleave(
                bench.slow_repetitions,
                {
                    "tbparse": timed(tbparse, fewer, few, pivot),
                    "ours": timed(ours, path, events, pivot),
                },
            )
        yield ratio_row(
            figure,
            "tbparse",
            costs["ours"],
            costs["tbparse"],
            ("at least", FLOOR),
            unit="point",
            note=f"tbparse: a file of {len(few):,} points",
        )


def ours(path: Path, pivot: bool) -> Any:
    (run,) = tfevents.read(path, threads=1).values()
    return run.scalars.to_pandas(pivot=pivot)


def tbparse(path: Path, pivot: bool) -> Any:
    peers.quiet()
    from tbparse import SummaryReader

    extra = set() if pivot else {"wall_time"}
    table = SummaryReader(str(path), pivot=pivot, extra_columns=extra).scalars
    return table.set_index("step") if pivot else table


def timed(
    load: Callable[[Path, bool], Any], path: Path, events: eventfiles.Events, pivot: bool
) -> Callable[[], float]:
    """Seconds a point until the table is there."""

    def run() -> float:
        if load is not tbparse:
            warm(lambda: load(path, pivot))
        start = perf_counter()
        table = load(path, pivot)
        seconds = perf_counter() - start
        (check_wide if pivot else check_long)(table, events)
        return seconds / len(events)

    return run


def check_long(table: Any, events: eventfiles.Events) -> None:
    groups = table.groupby("tag", observed=True)
    same(by_tag(events), {tag: [rows[name].to_numpy() for name in COLUMNS] for tag, rows in groups})


def check_wide(table: Any, events: eventfiles.Events) -> None:
    expected = by_tag(events)
    if set(table.columns) != set(expected):
        raise WrongResult(f"the columns are {list(table.columns)}")
    for tag, (step, _, value) in expected.items():
        column = table[tag].dropna()
        if not (np.array_equal(column.index, step) and np.array_equal(column, value)):
            raise WrongResult(f"{tag!r}: the column differs")
