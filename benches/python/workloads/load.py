"""Loads a run of a million points as torch writes them, on one thread, and compares with every
peer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from harness import eventfiles, ours, peers
from harness.bench import Bench
from harness.check import by_tag
from harness.measure import Bound, Row, interleave, ratio_row, skipped

FIGURE = "load 10 tags, torch's encoding"
# For each peer: what it needs, how it loads `points` points from a file, and the goal.
SLOW_PEERS: list[tuple[str, list[str], Callable[[Path, eventfiles.Events], float], float]] = [
    (
        "tf.compat.v1.train.summary_iterator",
        ["tensorflow"],
        lambda path, events: peers.summary_iterator(path, by_tag(events)),
        80,
    ),
    (
        "EventAccumulator",
        ["tensorboard"],
        lambda path, events: peers.event_accumulator(path, by_tag(events)),
        700,
    ),
    (
        "tbparse",
        ["tbparse"],
        lambda path, events: peers.tbparse(path, by_tag(events)),
        700,
    ),
]


def loading(path: Path, events: eventfiles.Events, threads: int | None) -> Callable[[], float]:
    """Seconds a point to load a file or a directory of one run."""
    expected = {".": by_tag(events)}
    return lambda: ours.load(path, expected, threads) / len(events)


def rows(bench: Bench) -> Iterator[Row]:
    events = eventfiles.rotation(bench.points)
    with bench.directory() as directory:
        path = directory / "events.out.tfevents.1"
        eventfiles.write(path, events)
        load = loading(directory, events, 1)
        yield against_plain_read(bench, path, load)
        yield against_rustboard(bench, FIGURE, directory, events, 30)
        for name, modules, peer, floor in SLOW_PEERS:
            if bench.has(*modules):
                yield against_slow(bench, name, peer, load, floor)
            else:
                yield skipped(FIGURE, name, f"{name} is not here")


def against_plain_read(bench: Bench, path: Path, load: Callable[[], float]) -> Row:
    buffer = bytearray(peers.PIECE)
    costs = interleave(
        bench.repetitions,
        {"plain": lambda: peers.plain_read(path, buffer) / bench.points, "ours": load},
    )
    return ratio_row(
        FIGURE,
        "reading the bytes into one 256 KiB buffer",
        costs["ours"],
        costs["plain"],
        ("at most", 2.5),
        unit="point",
    )


def against_rustboard(
    bench: Bench, figure: str, directory: Path, events: eventfiles.Events, floor: float
) -> Row:
    """A row for the load cycle of TensorBoard's data server. Once, it is asked for the loaded
    points.
    """
    name = "RustBoard's load cycle"
    if not bench.has("tensorboard_data_server"):
        return skipped(figure, name, "tensorboard-data-server is not here")
    if bench.has("tensorboard", "grpc"):
        peers.rustboard(directory, by_tag(events))
    costs = interleave(
        bench.slow_repetitions,
        {
            name: lambda: peers.rustboard(directory) / len(events),
            "ours": loading(directory, events, 1),
        },
    )
    bound: Bound = ("at least", floor)
    return ratio_row(figure, name, costs["ours"], costs[name], bound, unit="point")


def against_slow(
    bench: Bench,
    name: str,
    peer: Callable[[Path, eventfiles.Events], float],
    load: Callable[[], float],
    floor: float,
) -> Row:
    """A row for a peer that gets a file with fewer points, and once a file with three times as
    many.
    """
    few = eventfiles.rotation(bench.slow_points)
    more = eventfiles.rotation(3 * bench.slow_points)
    with bench.directory() as directory:
        eventfiles.write(directory / "few.tfevents", few)
        eventfiles.write(directory / "more.tfevents", more)
        costs = interleave(
            bench.slow_repetitions,
            {name: lambda: peer(directory / "few.tfevents", few) / len(few), "ours": load},
        )
        growth = peer(directory / "more.tfevents", more) / len(more) / median(costs[name])
    return ratio_row(
        FIGURE,
        name,
        costs["ours"],
        costs[name],
        ("at least", floor),
        unit="point",
        note=f"{name}: a file of {len(few):,} points; "
        f"one of {len(more):,} costs {growth:.2f} times as much a point",
    )
