"""Loads the scalars of a file with large images on one thread."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter

import tfevents
from harness import mediafiles, peers
from harness.bench import Bench
from harness.check import WrongResult, by_tag
from harness.measure import Bound, Row, interleave, ratio_row, skipped
from harness.ours import arrays, same_runs

SIZE = 100_000


def rows(bench: Bench) -> Iterator[Row]:
    images = bench.points // 200
    figure = f"scalars of a file of {images:,} images of 100 kB"
    with bench.directory() as directory:
        path = directory / "events.out.tfevents.1"
        scalars = by_tag(mediafiles.write_images(path, images, SIZE))

        def load(verify: str = "crc", kinds: str | None = "scalars") -> float:
            start = perf_counter()
            log = tfevents.read(path, kinds=kinds, verify=verify, threads=1)
            found = {name: arrays(run) for name, run in log.items()}
            seconds = perf_counter() - start
            same_runs({".": scalars}, found)
            if kinds is None:
                check_images(log["."], images)
            return seconds / images

        buffer = bytearray(peers.PIECE)
        costs = interleave(
            bench.repetitions,
            {
                "plain": lambda: peers.plain_read(path, buffer) / images,
                "ours": load,
                "all": lambda: load(kinds=None),
                "unread": lambda: load("none"),
            },
        )
        plain = "reading the bytes into one 256 KiB buffer"
        bound: Bound = ("at most", 2.5)
        yield ratio_row(figure, plain, costs["ours"], costs["plain"], bound, unit="image")
        yield ratio_row(
            f"{figure}, and where the images are",
            plain,
            costs["all"],
            costs["plain"],
            None,
            unit="image",
            faster=False,
        )
        yield from against_rustboard(bench, figure, directory, scalars, load, images)
        yield from against_event_accumulator(bench, figure, path, scalars, load, images)


def check_images(run: tfevents.Run, images: int) -> None:
    """Checks that every image is listed, and that a few are the images that were written."""
    found = run.images[mediafiles.IMAGE_TAG]
    if len(found) != images:
        raise WrongResult(f"{len(found)} images, not {images}")
    for row in (0, images // 2, images - 1):
        if found[row].data != mediafiles.image_bytes([row], SIZE).tobytes():  # type: ignore[arg-type]
            raise WrongResult(f"image {row} differs")


def against_rustboard(bench, figure, directory, scalars, load, images):  # type: ignore[no-untyped-def]
    for verify, checksum, floor in ("crc", True, 8), ("none", False, 4):
        name = "RustBoard's load cycle" + ("" if checksum else " without --checksum")
        ours = figure if checksum else f'{figure}, verify="none"'
        if not bench.has("tensorboard_data_server"):
            yield skipped(ours, name, "tensorboard-data-server is not here")
            continue
        if bench.has("tensorboard", "grpc"):
            peers.rustboard(directory, scalars, checksum=checksum)
        costs = interleave(
            bench.slow_repetitions,
            {
                name: lambda checksum=checksum: (
                    peers.rustboard(directory, checksum=checksum) / images
                ),
                "ours": lambda verify=verify: load(verify),
            },
        )
        bound: Bound = ("at least", floor)
        yield ratio_row(ours, name, costs["ours"], costs[name], bound, unit="image")


def against_event_accumulator(bench, figure, path, scalars, load, images):  # type: ignore[no-untyped-def]
    """Rows for EventAccumulator, with TensorFlow's reader if it is installed, and with its own."""
    name = "EventAccumulator"
    if not bench.has("tensorboard"):
        yield skipped(figure, name, f"{name} is not here")
        return
    if bench.has("tensorflow"):
        costs = interleave(
            max(bench.slow_repetitions // 2, 1),
            {name: lambda: peers.event_accumulator(path, scalars) / images, "ours": load},
        )
        with_tensorflow = f"{name}, with TensorFlow to read records"
        yield ratio_row(
            figure, with_tensorflow, costs["ours"], costs[name], None, unit="image", faster=True
        )
    few = max(images // 50, 10)
    with bench.directory() as directory, ProcessPoolExecutor(1, get_context("spawn")) as process:
        few_path = directory / "events.out.tfevents.1"
        few_scalars = by_tag(mediafiles.write_images(few_path, few, SIZE))
        alone = peers.event_accumulator_alone
        costs = interleave(
            max(bench.slow_repetitions // 2, 1),
            {
                name: lambda: process.submit(alone, few_path, few_scalars).result() / few,
                "ours": load,
            },
        )
    note = f"{name} without TensorFlow, as next to PyTorch: a file of {few:,} images"
    bound: Bound = ("at least", 300)
    yield ratio_row(figure, name, costs["ours"], costs[name], bound, unit="image", note=note)
