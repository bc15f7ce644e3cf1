"""A video of 16×3×128×128 float32: the cost to the caller, and the CPU time until it is on disk."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.bench import Bench
from harness.check import WrongResult
from harness.measure import Row, skipped
from harness.methods import TENSORBOARDX, TORCH, Peer, compared, fields, values

Video = NDArray[np.float32]  # [1, 16, 3, 128, 128]


def log(video: Video, writer: Any, step: int) -> None:
    writer.add_video("video", video, step, fps=10)


def check(video: Video, nearest: float, directory: Path, steps: int) -> None:
    """Fails unless the mean distance of the colours from the original ones is at most `nearest`."""
    from PIL import Image, ImageSequence

    found = values(directory)
    if [(v.step, v.tag) for v in found] != [(step, "video") for step in range(steps)]:
        raise WrongResult("the videos' steps or tags differ from those that were logged")
    gif = Image.open(io.BytesIO(fields(found[-1].message[4][0])[4][0]))
    frames = np.array([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)])
    expected = video[0].transpose(0, 2, 3, 1) * 255
    if frames.shape != expected.shape or np.abs(frames - expected).mean() > nearest:
        raise WrongResult("the frames differ from those that were logged")


def with_moviepy(peer: Peer) -> Peer:
    return Peer(peer.name, peer.create, (*peer.modules, "moviepy"))


def rows(bench: Bench) -> Iterator[Row]:
    figure = "`add_video` of 16×3×128×128 float32"
    if find_spec("PIL") is None:
        yield skipped(figure, "", "no decoder is here")
        return
    noise = np.random.default_rng(0).random((1, 16, 3, 128, 128), dtype=np.float32)
    t, c, y, x = np.indices((16, 3, 128, 128))
    wave = 0.5 + 0.45 * np.sin(y / 19 + c) * np.cos(x / (17 + c) - t / 3)
    for name, video, nearest in ("noise", noise, 20), ("waves", wave[None].astype("f4"), 6):
        yield from compared(
            bench,
            f"{figure}, {name}",
            partial(log, video),
            partial(check, video, nearest),
            steps=1 + (bench.points >= 1_000_000),
            caller=20,
            cpu=2,
            others=[with_moviepy(peer) for peer in (TORCH, TENSORBOARDX)],
        )
