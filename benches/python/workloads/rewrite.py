"""Rewrites a run, and compares with reading it with both checksums. The copy is checked.

The copy is synced to the disk. A plain copy with a sync shows how much of the time the disk takes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import tfevents
from harness import eventfiles, ours
from harness.bench import Bench, event_file
from harness.check import WrongResult, by_tag
from harness.measure import Row, interleave, ratio_row

# The arguments, and whether the file is then the same.
WAYS: dict[str, tuple[dict[str, Any], bool]] = {
    "copied": ({}, True),
    "with its tags renamed": ({"rename": ("^", "new/")}, False),
    "one value of ten kept": ({"every": 10}, False),
    "with scalars cast to tensors": ({"cast": "tensor"}, False),
    "without what a restart took back": ({"restarts": "last_wins"}, True),
}


def rows(bench: Bench) -> Iterator[Row]:
    events = eventfiles.rotation(bench.points)
    with bench.directory() as directory:
        source = directory / "source" / "events.out.tfevents.1"
        eventfiles.write(source, events)
        costs = interleave(
            bench.repetitions,
            {
                "read": lambda: reading(source, bench),
                "copy": lambda: copying(source, bench),
                **{way: rewriting(source, way, events, bench) for way in WAYS},
            },
        )
    yield ratio_row(
        "copy the file of 10 tags onto the disk, by `write` and `fsync`",
        "tfevents, read with both checksums",
        costs["copy"],
        costs["read"],
        None,
        unit="point",
        faster=False,
    )
    for way in WAYS:
        yield ratio_row(
            f"rewrite 10 tags, {way}",
            "tfevents, read with both checksums",
            costs[way],
            costs["read"],
            ("at most", 2),
            unit="point",
        )


def reading(source: Path, bench: Bench) -> float:
    start = perf_counter()
    tfevents.read(source, threads=1)
    return (perf_counter() - start) / bench.points


def copying(source: Path, bench: Bench) -> float:
    with bench.directory() as directory:
        start = perf_counter()
        with source.open("rb") as file, (directory / "copy").open("xb", buffering=0) as copy:
            while piece := file.read(1 << 20):
                copy.write(piece)
            os.fsync(copy.fileno())
        return (perf_counter() - start) / bench.points


def rewriting(
    source: Path, way: str, events: eventfiles.Events, bench: Bench
) -> Callable[[], float]:
    options, is_same = WAYS[way]
    expected = by_tag(events)
    if way == "with its tags renamed":
        expected = by_tag(replace(events, tags=[(f"new/{tag}",) for (tag,) in events.tags]))
    if way == "one value of ten kept":
        expected = {
            tag: tuple(column[::10] for column in columns) for tag, columns in expected.items()
        }

    def rewrite() -> float:
        with bench.directory() as directory:
            start = perf_counter()
            tfevents.rewrite(source.parent, directory / "out", **options)
            seconds = perf_counter() - start
            path = event_file(directory / "out")
            if is_same and path.read_bytes() != source.read_bytes():
                raise WrongResult(f"{way}: the file is not the same")
            found = {name: ours.arrays(run) for name, run in tfevents.read(path.parent).items()}
            ours.same_runs({".": expected}, found)
        return seconds / bench.points

    return rewrite
