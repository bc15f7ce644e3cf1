"""Loads with tfevents, takes the time until every array is there, and checks the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import tfevents
from harness.check import Columns, same


def load(path: Path | str, expected: Mapping[str, Columns], threads: int | None) -> float:
    """Seconds to read a path and touch every array. `expected` maps the names of runs to their
    columns.
    """
    start = perf_counter()
    log = tfevents.read(path, threads=threads)
    found = {name: arrays(run) for name, run in log.items()}
    seconds = perf_counter() - start
    same_runs(expected, found)
    return seconds


def warm(load: Callable[[], object]) -> None:
    """Loads once before the time is taken, where the peer takes seconds.

    A virtual machine gives back to its host what is free for some seconds, as long as the peer
    takes. Taking it again costs more than all of our work. The peer takes most of its memory from
    what it freed just before, and so do we after a run that is not measured.
    """
    load()


def arrays(run: Any) -> Columns:
    return {tag: (s.step, s.wall_time, s.value) for tag, s in run.scalars.items()}


def same_runs(expected: Mapping[str, Columns], found: Mapping[str, Columns]) -> None:
    same(by_run_and_tag(expected), by_run_and_tag(found))


def by_run_and_tag(runs: Mapping[str, Columns]) -> Columns:
    return {f"{run} {tag}": columns for run, tags in runs.items() for tag, columns in tags.items()}
