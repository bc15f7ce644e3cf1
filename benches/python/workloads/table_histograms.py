"""Makes pandas and Arrow tables of histograms with 30 buckets and compares with tbparse: with the
threads that a user gets, which are as many as the processors, and on one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

import tfevents
from harness import mediafiles, peers
from harness.bench import Bench
from harness.check import WrongResult
from harness.measure import Row, interleave, ratio_row, skipped
from harness.ours import warm
from workloads.load_histograms import BUCKETS, Expected


def _read(view: Any) -> Any:
    """Makes nothing. Both tables begin with this work and can't be faster."""
    return view


# For each figure, the conversion of the table.
FIGURES: dict[str, Callable[[Any], Any]] = {
    "a DataFrame of {count:,} histograms of {buckets} buckets": lambda view: view.to_pandas(),
    "an Arrow table of these, against the DataFrame": lambda view: view.to_arrow(),
    "these read and no table made, against the DataFrame": _read,
}

THREADS = {"": None, ", on one thread": 1}


def rows(bench: Bench) -> Iterator[Row]:
    count = bench.points // 10
    figures = {
        figure.format(count=count, buckets=BUCKETS) + how: (make, threads)
        for (how, threads), (figure, make) in product(THREADS.items(), FIGURES.items())
    }
    if not bench.has("pandas", "pyarrow", "tbparse"):
        for figure in figures:
            yield skipped(figure, "tbparse", "pandas, pyarrow or tbparse is not here")
        return
    with bench.directory() as directory:
        path = directory / "events.out.tfevents.1"
        expected = mediafiles.write_histograms(path, count, BUCKETS)
        # All read the same file, since tbparse's time for each histogram grows with their number.
        contenders = {"tbparse": partial(tbparse, path, expected)} | {
            figure: partial(ours, path, expected, make, threads)
            for figure, (make, threads) in figures.items()
        }
        costs = interleave(
            bench.slow_repetitions,
            {name: lambda run=run: run() / count for name, run in contenders.items()},
        )
    for figure, (make, threads) in figures.items():
        bound = ("at least", 100) if threads is None and make is not _read else None
        yield ratio_row(
            *(figure, "tbparse", costs[figure], costs["tbparse"], bound),
            unit="histogram",
            faster=True,
        )


def ours(path: Path, expected: Expected, make: Callable[[Any], Any], threads: int | None) -> float:
    def load() -> Any:
        return make(tfevents.read(path, threads=threads).histograms)

    warm(load)
    # The peer takes seconds. What disturbs the machine for a moment is a part of that, and would be
    # all of one load of ours.
    times = []
    for _ in range(5):
        start = perf_counter()
        table = load()
        times.append(perf_counter() - start)
    if not hasattr(table, "groupby"):
        table = table.to_pandas()
    for tag, part in table.groupby("tag", observed=True):
        columns = expected[str(tag)]
        same(str(tag), part.step.to_numpy(), columns["step"])
        for name in ("min", "max", "num", "sum", "sum_squares"):
            same(str(tag), part[name].to_numpy(), columns[name])
        for row in (0, len(part) // 2, len(part) - 1):
            # Empty buckets at both ends are left out.
            counts = columns["counts"][row]
            filled = np.flatnonzero(counts)
            same(str(tag), part["counts"].iloc[row], counts[filled[0] : filled[-1] + 1])
            inner = columns["limits"][row][filled[0] : filled[-1]]
            same(str(tag), part["edges"].iloc[row][1:-1], inner)
    return median(times)


def tbparse(path: Path, expected: Expected) -> float:
    peers.quiet()
    from tbparse import SummaryReader

    start = perf_counter()
    table = SummaryReader(str(path), event_types={"histograms"}).histograms
    seconds = perf_counter() - start
    for tag, part in table.groupby("tag"):
        same(str(tag), part.step.to_numpy(), expected[str(tag)]["step"])
        same(str(tag), np.stack(part["counts"].to_list()), expected[str(tag)]["counts"])
    return seconds


def same(tag: str, found: object, expected: object) -> None:
    if not np.array_equal(found, expected):  # type: ignore[arg-type]
        raise WrongResult(f"{tag!r}: a column of the table differs")
