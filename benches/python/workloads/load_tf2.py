"""Loads the same points as TensorFlow 2 writes them, with a tensor and metadata in every event."""

from __future__ import annotations

from collections.abc import Iterator

from harness import eventfiles
from harness.bench import Bench
from harness.measure import Row
from workloads.load import against_rustboard


def rows(bench: Bench) -> Iterator[Row]:
    events = eventfiles.rotation(bench.points)
    with bench.directory() as directory:
        eventfiles.write(directory / "events.out.tfevents.1", events, eventfiles.tf2_value)
        yield against_rustboard(bench, "load 10 tags, TF2's encoding", directory, events, 20)
