"""Loads through fsspec from memory, and compares with a local file and with TensorBoard's
reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness import eventfiles, ours, peers
from harness.bench import Bench
from harness.check import by_tag
from harness.measure import Row, interleave, ratio_row, skipped

FIGURE = "load 10 tags under a URI (memory://)"
PEER = "EventAccumulator, of the same URI"


def rows(bench: Bench) -> Iterator[Row]:
    if not bench.has("fsspec"):
        yield skipped(FIGURE, PEER, "fsspec is not here")
        return
    events, few = eventfiles.rotation(bench.points), eventfiles.rotation(bench.slow_points)
    expected, expected_few = {".": by_tag(events)}, by_tag(few)
    with bench.directory() as directory:
        path = directory / "events.out.tfevents.1"
        eventfiles.write(path, events)
        uri = in_memory(path, "bucket/run/events.out.tfevents.1")
        costs = interleave(
            bench.repetitions,
            {
                "local": lambda: ours.load(path, expected, 1) / len(events),
                "ours": lambda: ours.load(uri, expected, 1) / len(events),
            },
        )
        yield ratio_row(
            FIGURE,
            "tfevents, of the local file",
            costs["ours"],
            costs["local"],
            None,
            unit="point",
            faster=False,
        )
        if not bench.has("tensorboard"):
            yield skipped(FIGURE, PEER, "tensorboard is not here")
            return
        eventfiles.write(directory / "few.tfevents", few)
        fewer = in_memory(directory / "few.tfevents", "few/events.out.tfevents.1")
        costs = interleave(
            bench.slow_repetitions,
            {
                # TensorFlow does not know the scheme.
                PEER: lambda: peers.event_accumulator_alone(fewer, expected_few) / len(few),
                "ours": lambda: ours.load(uri, expected, 1) / len(events),
            },
        )
    note = f"{PEER}: a file of {len(few):,} points, TensorFlow left out"
    yield ratio_row(
        FIGURE, PEER, costs["ours"], costs[PEER], None, unit="point", faster=True, note=note
    )


def in_memory(path: Path, name: str) -> str:
    """Copies a file to the memory of this process. Returns its URI."""
    import fsspec

    uri = f"memory://{name}"
    fsspec.filesystem("memory").pipe_file(uri, path.read_bytes())
    return uri
