"""Cuts a tree of runs into pieces, and compares with listing it. Workers read the pieces."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from time import perf_counter
from typing import Any

import tfevents
from harness import eventfiles
from harness.bench import Bench
from harness.check import WrongResult
from harness.measure import Row, interleave, ratio_row, skipped
from tfevents import _native

RUNS = 10_000
# The size of each run that workers read.
POINTS = 50_000
# There are four pieces for each of two workers, of about 50 MB. This is a fifth of a piece's
# default size. With two processors, the time of Dask's scheduler is taken from the workers.
PIECES = 8


def rows(bench: Bench) -> Iterator[Row]:
    yield listing(bench)
    yield workers(bench)


def listing(bench: Bench) -> Row:
    count = min(RUNS, bench.points)
    with bench.directory() as directory:
        for number in range(count):
            run = directory / f"exp{number % 100}" / f"run{number}"
            run.mkdir(parents=True)
            (run / "events.out.tfevents.1").write_bytes(bytes(1000))
        total = 1000 * count

        def cut() -> float:
            start = perf_counter()
            pieces = tfevents.partitions(directory, bytes=max(total // 10, 1))
            seconds = perf_counter() - start
            files = sum(len(piece.files) for piece in pieces)
            if files != count or sum(piece.size for piece in pieces) != total:
                raise WrongResult(f"the pieces have {files} files")
            # A piece takes a few hundred bytes, and a few more for each file.
            if len(pickle.dumps(pieces[0])) > 1000 + 8 * len(pieces[0].files):
                raise WrongResult("a piece is large when it is pickled")
            return seconds / count

        def find() -> float:
            start = perf_counter()
            found, _ = _native.find([str(directory)], False)
            seconds = perf_counter() - start
            if len(found) != count:
                raise WrongResult(f"{len(found)} runs were found")
            return seconds / count

        costs = interleave(bench.repetitions, {"find": find, "cut": cut})
    figure = f"partitions of {count:,} runs"
    return ratio_row(
        figure,
        "tfevents, listing them without sizes",
        costs["cut"],
        costs["find"],
        ("at most", 2),
        unit="run",
    )


def workers(bench: Bench) -> Row:
    figure, peer = "pieces read by two workers of Dask", "by one"
    if not bench.has("dask", "distributed", "pandas"):
        return skipped(figure, peer, "Dask is not here")
    from dask.distributed import Client, LocalCluster

    count = max(8, 8 * bench.points // POINTS)
    with bench.directory() as directory, ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        events = eventfiles.rotation(min(POINTS, bench.points))
        for number in range(count):
            eventfiles.write(directory / f"run{number}" / "events.out.tfevents.1", events)
        size = sum(path.stat().st_size for path in directory.rglob("events*"))
        points = count * len(events)

        def cluster(number: int) -> Any:
            workers = LocalCluster(
                n_workers=number, threads_per_worker=1, dashboard_address=None, silence_logs=50
            )
            return stack.enter_context(Client(stack.enter_context(workers)))

        clients = {"one": cluster(1), "two": cluster(2)}

        def read(client: Any) -> float:
            pieces = tfevents.partitions(directory, bytes=size // PIECES)
            start = perf_counter()
            futures = client.map(_sums, pieces, pure=False)
            found = client.gather(futures)
            seconds = perf_counter() - start
            if sum(number for number, _ in found) != points:
                raise WrongResult("workers read other points")
            return seconds / points

        costs = interleave(
            bench.slow_repetitions,
            {name: (lambda client=client: read(client)) for name, client in clients.items()},  # type: ignore[misc]
        )
    return ratio_row(figure, peer, costs["two"], costs["one"], ("at least", 1.7), unit="point")


def _sums(piece: Any) -> tuple[int, float]:
    """Reads a piece, and computes something from it, as a query would."""
    table = piece.table().to_pandas()
    best = table.groupby(["run", "tag"], observed=True).value.max()
    return len(table), float(best.sum())
