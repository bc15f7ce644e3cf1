"""Makes pandas and Arrow tables of histograms with 30 buckets, on one thread, and compares with
tbparse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import tfevents
from harness import mediafiles, peers
from harness.bench import Bench
from harness.check import WrongResult
from harness.measure import Row, interleave, ratio_row, skipped
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


def rows(bench: Bench) -> Iterator[Row]:
    count = bench.points // 10
    for figure, make in FIGURES.items():
        figure = figure.format(count=count, buckets=BUCKETS)
        if not bench.has("pandas", "pyarrow", "tbparse"):
            yield skipped(figure, "tbparse", "pandas, pyarrow or tbparse is not here")
            continue
        with bench.directory() as directory:
            path = directory / "events.out.tfevents.1"
            expected = mediafiles.write_histograms(path, count, BUCKETS)
            # Both read the same file, since tbparse's time for each histogram grows with their
            # number.
            contenders = {
                "tbparse": partial(tbparse, path, expected),
                "ours": partial(ours, path, expected, make),
            }
            costs = interleave(
                bench.slow_repetitions,
                {name: lambda run=run: run() / count for name, run in contenders.items()},
            )
        bound = None if make is _read else ("at least", 100)
        yield ratio_row(
            *(figure, "tbparse", costs["ours"], costs["tbparse"], bound),
            unit="histogram",
            faster=True,
        )


def ours(path: Path, expected: Expected, make: Callable[[Any], Any]) -> float:
    start = perf_counter()
    table = make(tfevents.read(path, threads=1).histograms)
    seconds = perf_counter() - start
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
    return seconds


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
