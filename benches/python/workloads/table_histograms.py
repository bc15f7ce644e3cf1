"""Histograms of 30 buckets to a DataFrame of pandas, against tbparse, on one thread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

import tfevents
from harness import mediafiles, peers
from harness.bench import Bench
from harness.check import WrongResult
from harness.measure import Row, interleave, ratio_row, skipped
from workloads.load_histograms import BUCKETS, Expected


def rows(bench: Bench) -> Iterator[Row]:
    figure = f"a DataFrame of histograms of {BUCKETS} buckets"
    if not bench.has("pandas", "tbparse"):
        yield skipped(figure, "tbparse", "pandas or tbparse is not here")
        return
    count = bench.points // 10
    few = min(count, 5_000)
    with bench.directory() as directory:
        path, fewer = directory / "many.tfevents", directory / "few.tfevents"
        expected = mediafiles.write_histograms(path, count, BUCKETS)
        expected_few = mediafiles.write_histograms(fewer, few, BUCKETS)
        costs = interleave(
            bench.slow_repetitions,
            {
                "tbparse": lambda: tbparse(fewer, expected_few) / few,
                "ours": lambda: ours(path, expected) / count,
            },
        )
    yield ratio_row(
        figure,
        "tbparse",
        costs["ours"],
        costs["tbparse"],
        ("at least", 100),
        unit="histogram",
        note=f"tbparse: a file of {few:,} histograms",
    )


def ours(path: Path, expected: Expected) -> float:
    start = perf_counter()
    table = tfevents.read(path, threads=1).histograms.to_pandas()
    seconds = perf_counter() - start
    for tag, part in table.groupby("tag", observed=True):
        columns = expected[str(tag)]
        same(str(tag), part.step.to_numpy(), columns["step"])
        for name in ("min", "max", "num", "sum", "sum_squares"):
            same(str(tag), part[name].to_numpy(), columns[name])
        for row in (0, len(part) // 2, len(part) - 1):
            # Without the empty buckets at both ends.
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
