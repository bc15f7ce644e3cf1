"""The costs of remote directories in requests and bytes, which are the same on every machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import tfevents
from harness import eventfiles, mediafiles
from harness.bench import Bench
from harness.check import WrongResult
from harness.measure import Row, skipped

RUNS = 1000
SCALARS = 2_000_000
# The bytes of a flush of the long log, the number of flushes, and the size of its pictures.
PIECE = 7_500_000
FLUSHES = 40
PICTURE = 2_000_000
PICTURES = 50
# Pictures that are worth a request each, so that they are not read.
LARGE_PICTURE = 5_000_000
LARGE_PICTURES = 20
# The bytes of a request of a file that is read from its beginning to its end.
BLOCK = 4 << 20
# A bucket far away: the seconds until an answer comes, and those for each byte of it.
FAR = 40e-3, 1 / 80e6


def rows(bench: Bench) -> Iterator[Row]:
    if not bench.has("fsspec"):
        yield skipped("requests of remote directories", "", "fsspec is not here")
        return
    from harness import counted

    with bench.directory() as spools:
        os.environ["TFEVENTS_SPOOL"] = str(spools)
        try:
            yield from _rows(counted, spools)
        finally:
            counted.Counted.store.clear()
            del os.environ["TFEVENTS_SPOOL"]


def _rows(counted: ModuleType, spools: Path) -> Iterator[Row]:
    uri, text = "counted://bucket/long", "x" * (PIECE // 10)
    with counted.counting() as cost, tfevents.SummaryWriter(uri, flush_secs=1e9) as writer:
        for step in range(10 * FLUSHES):
            writer.add_text("text", text, step)
            if step % 10 == 9:
                writer.flush()
    logged = PIECE * FLUSHES
    yield _row(
        f"uploads of {logged / 1e6:,.0f} MB logged with {FLUSHES} flushes",
        cost,
        "≤ 2× the bytes",
        cost.written <= 2 * logged + (1 << 20),
    )
    with counted.counting() as cost:
        log = tfevents.read(uri)
    _check(len(log["."].texts["text/text_summary"]) == 10 * FLUSHES, "a step is missing")
    yield _row("`read` of that log", cost, "", None)

    for n in range(RUNS):
        data = eventfiles.encode(eventfiles.rotation(10, seed=n), eventfiles.torch_value).tobytes()
        counted.Counted.put(f"counted://bucket/runs/{n:04}/events.out.tfevents.1", data)
    with counted.counting() as cost:
        log = tfevents.read("counted://bucket/runs")
    _check(len(log) == RUNS, "a run is missing")
    most = RUNS + 1
    yield _row(f"`read` of {RUNS:,} runs", cost, f"≤ {most:,} requests", cost.requests <= most)
    with counted.counting() as cost:
        changed = log.reload()
    _check(not changed, "runs changed")
    yield _row(f"`reload` of {RUNS:,} unchanged runs", cost, "1 request", cost.requests == 1)

    events = eventfiles.rotation(200_100)
    path = "counted://bucket/grown/events.out.tfevents.1"
    head = eventfiles.encode(events[:200_000], eventfiles.torch_value).tobytes()
    tail = eventfiles.encode(events[200_000:], eventfiles.torch_value).tobytes()
    counted.Counted.put(path, head)
    log = tfevents.read("counted://bucket/grown")
    counted.Counted.put(path, head + tail)
    with counted.counting() as cost:
        changed = log.reload()
    _check(changed == ["."], "nothing changed")
    yield _row(
        f"`reload` of an object of {len(head) / 1e6:.1f} MB that grew by {len(tail) / 1e3:.0f} kB",
        cost,
        "≤ 0.5 MB",
        cost.read <= 500_000,
    )

    data = eventfiles.encode(eventfiles.rotation(SCALARS), eventfiles.torch_value).tobytes()
    counted.Counted.put("counted://bucket/scalars/events.out.tfevents.1", data)
    counted.Counted.distance = FAR
    with counted.counting() as cost:
        begin = time.perf_counter()
        log = tfevents.read("counted://bucket/scalars")
        seconds = time.perf_counter() - begin
    counted.Counted.distance = 0.0, 0.0
    _check(sum(map(len, log["."].scalars.values())) == SCALARS, "a step is missing")
    most = -(-len(data) // BLOCK) + 1
    in_turn = cost.requests * FAR[0] + cost.read * FAR[1]
    yield Row(
        f"`read` of an object of {len(data) / 1e6:.0f} MB from a bucket that takes "
        f"{FAR[0] * 1e3:.0f} ms for each request and {FAR[1] * 1e9:.1f} ns for each byte",
        peer="",
        ours=f"{cost}, in {seconds:.2f} s; one after the other {in_turn:.2f} s",
        required=f"≤ {most} requests, each byte once, 1/3 of the time",
        met=cost.requests <= most and cost.read <= len(data) and seconds <= in_turn / 3,
    )

    # What lies between is read where that makes fewer requests, and only then.
    most = LARGE_PICTURES * 6 // 5
    yield _scalars_between(counted, spools, LARGE_PICTURES, LARGE_PICTURE, most, 0.1)
    yield _scalars_between(counted, spools, PICTURES, PICTURE, PICTURES * 2 // 3, 1)

    log = tfevents.read("counted://bucket/pictures", kinds="images")
    pictures = log["."].images[mediafiles.IMAGE_TAG]
    with counted.counting() as cost:
        for picture in pictures:
            _check(len(picture.data) == PICTURE, "it is cut")
    yield _row(
        f"{PICTURES} pictures, one by one", cost, "1 request each", cost.requests == PICTURES
    )


def _scalars_between(
    counted: ModuleType, spools: Path, pictures: int, size: int, most: int, part: float
) -> Row:
    """The cost of the scalars between pictures of this size: at most so many requests, for so large
    a part of the bytes.
    """
    path = spools / "events.out.tfevents.1"
    scalars = mediafiles.write_images(path, pictures, size)
    data = path.read_bytes()
    counted.Counted.put("counted://bucket/pictures/events.out.tfevents.1", data)
    with counted.counting() as cost:
        log = tfevents.read("counted://bucket/pictures", kinds="scalars", verify="none")
    _check(sum(map(len, log["."].scalars.values())) == len(scalars), "a step is missing")
    return _row(
        f"scalars between {pictures} pictures of {size / 1e6:.0f} MB, {len(data) / 1e6:.0f} MB in "
        'all, with `verify="none"`',
        cost,
        f"≤ {most} requests, ≤ {part * len(data) / 1e6:.0f} MB",
        cost.requests <= most and cost.read <= part * len(data),
    )


def _row(figure: str, cost: Any, required: str, met: bool | None) -> Row:
    return Row(figure, peer="", ours=str(cost), required=required, met=met)


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise WrongResult(what)
