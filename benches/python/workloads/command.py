"""The command `tfevents`: `ls` of a thousand runs, compared with reading them; and its start."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import tfevents
from harness import eventfiles
from harness.bench import Bench, as_installed
from harness.check import WrongResult
from harness.measure import Row, interleave, ratio_row

POINTS = 1000  # of each run
LIMIT = 0.3  # seconds


def rows(bench: Bench) -> Iterator[Row]:
    if not bench.has("typer", "rich"):
        return
    yield listing(bench)
    yield starting(bench)


def listing(bench: Bench) -> Row:
    count = bench.points // POINTS
    with bench.directory() as directory:
        for n in range(count):
            path = directory / f"run{n:04d}" / "events.out.tfevents.1"
            eventfiles.write(path, eventfiles.rotation(POINTS, seed=n))
        costs = interleave(
            bench.repetitions,
            {"ls": lambda: ls(directory, count), "read": lambda: reading(directory)},
        )
    return ratio_row(
        f"`tfevents ls` of {count:,} runs of {POINTS:,} points",
        "tfevents.read of them",
        [cost / count for cost in costs["ls"]],
        [cost / count for cost in costs["read"]],
        ("at most", 1.5),
        unit="run",
    )


def ls(directory: Path, count: int) -> float:
    from tfevents.cli.app import main

    out = io.StringIO()
    start = perf_counter()
    with contextlib.redirect_stdout(out):
        main(["ls", str(directory)])
    seconds = perf_counter() - start
    lines = out.getvalue().splitlines()
    if len(lines) != count + 1 or lines[-1].split()[:3] != [f"run{count - 1:04d}", "10", "1000"]:
        raise WrongResult(f"ls says {lines[-1]!r}, in {len(lines)} lines")
    return seconds


def reading(directory: Path) -> float:
    start = perf_counter()
    tfevents.read(directory)
    return perf_counter() - start


def starting(bench: Bench) -> Row:
    """CPU time, since any process waits on a busy machine."""
    with bench.directory() as directory:
        log = directory / "log"
        eventfiles.write(log / "events.out.tfevents.1", eventfiles.rotation(10))
        # NumPy's idle threads make nobody wait.
        environment = as_installed(OPENBLAS_NUM_THREADS="1")
        command = ["-m", "tfevents", "ls", str(log)]
        process(command, environment)
        costs = [process(command, environment) for _ in range(7)]
    return Row(
        "start of `tfevents ls`, CPU",
        peer="",
        ours=f"{median(costs) * 1e3:.0f} ms",
        required=f"< {LIMIT * 1e3:g} ms",
        met=median(costs) < LIMIT,
        samples={"ours": costs},
    )


def process(arguments: list[str], environment: dict[str, str]) -> float:
    before = os.times()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
    after = os.times()
    user = after.children_user - before.children_user
    return user + after.children_system - before.children_system
