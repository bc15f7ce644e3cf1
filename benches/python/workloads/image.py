"""Images of 3×256×256 float32, noise and a photograph: the costs, and the size of the PNG."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import tfevents
from harness.bench import Bench, event_file
from harness.check import WrongResult
from harness.measure import Row, skipped, times
from harness.methods import compared, fields, values

LARGER = 1.25

Picture = NDArray[np.float32]  # [3, 256, 256]


def log(picture: Picture, writer: Any, step: int) -> None:
    writer.add_image("picture", picture, step)


def check(pixels: NDArray[np.uint8], directory: Path, steps: int) -> None:
    found = values(directory)
    if [(v.step, v.tag) for v in found] != [(step, "picture") for step in range(steps)]:
        raise WrongResult("the images' steps or tags differ from those that were logged")
    # The pictures are the same. Decoding each would take longer than everything else.
    messages = {bytes(v.message[4][0]) for v in found}
    if len(messages) != 1 or not np.array_equal(decoded(messages.pop()), pixels):
        raise WrongResult("the pixels differ from those that were logged")


def png(message: bytes) -> bytes:
    return bytes(fields(message)[4][0])


def decoded(message: bytes) -> NDArray[np.uint8]:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(png(message))))


def pictures(bench: Bench) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    yield "noise", np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    if bench.has("matplotlib"):
        from matplotlib.cbook import get_sample_data
        from PIL import Image

        with get_sample_data("grace_hopper.jpg") as file:
            yield "a photograph", np.asarray(Image.open(file))[50:306, 130:386]


def rows(bench: Bench) -> Iterator[Row]:
    figure = "`add_image` of 3×256×256 float32"
    if find_spec("PIL") is None:
        yield skipped(figure, "", "no decoder is here")
        return
    steps = max(bench.points // 20_000, 10)
    for name, pixels in pictures(bench):
        picture = (pixels.transpose(2, 0, 1) / np.float32(255)).copy()
        yield from compared(
            bench,
            f"{figure}, {name}",
            partial(log, picture),
            partial(check, pixels),
            steps=steps,
            caller=40,
            cpu=5,
        )
        yield size(bench, f"the PNG of {name}", picture, pixels)


def size(bench: Bench, figure: str, picture: Picture, pixels: NDArray[np.uint8]) -> Row:
    """How much larger the PNG is than Pillow's."""
    from PIL import Image

    with bench.directory() as directory:
        with tfevents.SummaryWriter(directory) as writer:
            log(picture, writer, 0)
        (value,) = values(event_file(directory).parent)
    theirs = io.BytesIO()
    Image.fromarray(pixels).save(theirs, "PNG")
    sizes = len(png(value.message[4][0])), len(theirs.getvalue())
    return Row(
        figure,
        "Pillow's default",
        *(f"{size:,} bytes" for size in sizes),
        ratio=times(sizes[0] / sizes[1]),
        required=f"≤ {LARGER}×",
        met=sizes[0] <= LARGER * sizes[1],
    )
