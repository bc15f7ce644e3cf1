"""Videos, which are stored as animated GIFs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tfevents import _native
from tfevents._native import Summary, as_number
from tfevents.summary._pixels import channels, check_size, with_axes

# A GIF has 16 bits for the pixels along a side, and for the hundredths of a second of a frame.
_GIF_LARGEST = 2**16 - 1


def video(tag: str, tensor: Any, fps: float = 4, dataformats: str = "NTCHW") -> Summary:
    """One video, or a batch that is laid out as one video. It plays for ever.

    A batch is laid out in a grid of powers of two, as by torch.

    Args:
        tag: the tag.
        tensor: frames with 1 (grey), 3 (RGB) or 4 (RGBA) channels. Alpha is ignored. Numbers mean
            what they mean in `image`. Every frame has a palette of its own, of up to 256 colours.
        fps: frames a second. GIFs count in hundredths of a second, so frames may differ by one.
            Few programs show more than 50 frames a second.
        dataformats: the axes of `tensor` in their order: N (video), T (frame), C (channel),
            H (height) and W (width).

    Raises:
        TypeError, ValueError: an argument can't be used; the message names it.

    Example:
        >>> summary = tfevents.summary.video("play", rng.random((1, 8, 3, 32, 32)), fps=8)
        >>> writer.file_writer.add_summary(summary, 10)
    """
    return video_summary(tag, tensor, "tensor", fps, dataformats)


def video_summary(tag: str, tensor: Any, argument: str, fps: Any, dataformats: Any) -> Summary:
    """`video`, with `argument` as the tensor's name in errors."""
    videos = with_axes(tensor, argument, dataformats, "NTHWC", "NTHWC")
    count, frames, height, width, depth = videos.shape
    if depth not in (1, 3, 4):
        raise ValueError(f"{argument}: expected 1, 3 or 4 channels (C), got {depth}")
    rows = 2 ** ((count.bit_length() - 1) // 2)
    columns = 2 ** (count - 1).bit_length() // rows
    check_size(argument, rows * height, columns * width, 3 * frames, _GIF_LARGEST)
    rate = as_number(fps, "fps")
    if not (math.isfinite(rate) and rate > 0 and 100 / rate < _GIF_LARGEST):
        raise ValueError(f"fps: expected frames a second, from 0.00153 on, got {fps!r:.60}")
    rgb = np.broadcast_to(channels(videos)[..., :3], (count, frames, height, width, 3))
    return _native.video(tag, rgb, (rows, columns), rate, depth)
