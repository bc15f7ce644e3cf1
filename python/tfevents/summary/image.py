"""Images, which are stored as PNGs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfevents import _native
from tfevents._arguments import is_iterable
from tfevents._arrays import as_array
from tfevents._native import Summary, as_number
from tfevents.summary._pixels import channels, check_size, with_axes

# The number of a batch's pictures in a row, as in torch.
_COLUMNS = 8


def image(tag: str, tensor: Any, rescale: float = 1, dataformats: str = "NCHW") -> Summary:
    """One picture, or a batch that is laid out as one picture, eight in a row.

    Args:
        tag: the tag.
        tensor: an array or a tensor of any package, with 1 (grey), 2 (grey and alpha), 3 (RGB) or
            4 (RGBA) channels. Floats are intensities from 0 to 1, and are truncated to 8 bits.
            Integers are values from 0 to 255. Values beyond are clipped. True is white; NaN and
            masked pixels are black. A picture of Pillow, or a list of them, brings its own axes
            and colours.
        rescale: the factor by which the picture is enlarged, with Lanczos resampling.
        dataformats: the axes of `tensor` in their order: `"HW"`, `"CHW"`, `"NHWC"`, …. H is the
            height, W the width, C the channel, and N the picture of a batch.

    Raises:
        TypeError, ValueError: an argument can't be used; the message names it.

    Example:
        >>> summary = tfevents.summary.image("sample", rng.random((16, 3, 32, 32)))
        >>> writer.file_writer.add_summary(summary, 10)
    """
    return image_summary(tag, tensor, "tensor", rescale, dataformats)


def image_boxes(
    tag: str,
    tensor_image: Any,
    tensor_boxes: Any,
    rescale: float = 1,
    dataformats: str = "CHW",
    labels: Sequence[str] | str | None = None,
) -> Summary:
    """A picture with boxes drawn into it, red and two pixels wide.

    Args:
        tag, tensor_image, rescale, dataformats: as for `image`, whose `tensor` is `tensor_image`.
        tensor_boxes: x and y of one corner of each box, then of the opposite one, in pixels, of
            shape [boxes, 4]. Boxes may reach beyond the picture.
        labels: the text in each box; an empty one for none. The font has Latin letters. Other
            letters are drawn as question marks.

    Raises:
        TypeError, ValueError: an argument can't be used; the message names it.

    Example:
        >>> picture, boxes = rng.random((3, 32, 32)), [[4, 4, 20, 20]]
        >>> summary = tfevents.summary.image_boxes("found", picture, boxes, labels=["cat"])
        >>> writer.file_writer.add_summary(summary, 10)
    """
    names = ("tensor_image", "tensor_boxes")
    return boxes_summary(tag, tensor_image, tensor_boxes, names, rescale, dataformats, labels)


def image_summary(
    tag: str,
    tensor: Any,
    argument: str,
    rescale: Any,
    dataformats: Any,
    boxes: NDArray[np.float64] | None = None,
    labels: list[str] | None = None,
) -> Summary:
    """`image`, with `argument` as the tensor's name in errors; boxes [N, 4] and their labels."""
    pictures = with_axes(tensor, argument, dataformats, "NHWC", "HW")
    count, height, width, depth = pictures.shape
    if depth > 4:
        raise ValueError(f"{argument}: expected 1 to 4 channels (C), got {depth}")
    # Grey is stored as RGB, as in torch.
    depth = 3 if depth == 1 else depth
    columns = min(count, _COLUMNS)
    layout = (math.ceil(count / columns), columns)
    full = (layout[0] * height, layout[1] * width)
    check_size(argument, *full, depth)
    size = _rescaled(full, rescale, depth)
    pixels = np.broadcast_to(channels(pictures), (count, height, width, depth))
    return _native.image(tag, pixels, layout, boxes, labels, size)


def _rescaled(size: tuple[int, int], rescale: Any, depth: int) -> tuple[int, int] | None:
    """The height and width to give it, None for those that it has."""
    factor = as_number(rescale, "rescale")
    if factor == 1:
        return None
    if not (math.isfinite(factor) and factor > 0):
        raise ValueError(f"rescale: expected a number above 0, got {rescale!r:.60}")
    height, width = (int(side * factor) for side in size)
    if height == 0 or width == 0:
        raise ValueError(f"rescale: {rescale!r} leaves nothing of {size[0]} × {size[1]} pixels")
    check_size("rescale", height, width, depth)
    return height, width


def boxes_summary(
    tag: str,
    tensor_image: Any,
    tensor_boxes: Any,
    arguments: tuple[str, str],
    rescale: Any,
    dataformats: Any,
    labels: Any,
) -> Summary:
    """`image_boxes`, with the tensors' names in errors."""
    boxes = as_array(tensor_boxes, arguments[1])
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"{arguments[1]}: expected the shape [boxes, 4], got {list(boxes.shape)}")
    boxes = np.require(boxes, np.float64, ["C", "A"])
    if not np.isfinite(boxes).all():
        raise ValueError(f"{arguments[1]}: expected corners, got {boxes[~np.isfinite(boxes)][0]}")
    texts = None if labels is None else _label_list(labels, len(boxes))
    return image_summary(tag, tensor_image, arguments[0], rescale, dataformats, boxes, texts)


def _label_list(labels: Any, count: int) -> list[str]:
    if isinstance(labels, str):
        labels = [labels]
    # A set is refused, since it has no order.
    if isinstance(labels, (set, frozenset)) or not is_iterable(labels):
        raise TypeError(f"labels: expected a list of str, got {labels!r:.60}")
    texts = list(labels)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"labels: expected a list of str, got {text!r:.60} in it")
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise ValueError(f"labels: {text!r} is not valid Unicode")
    if len(texts) != count:
        raise ValueError(f"labels: expected {count}, one a box, got {len(texts)}")
    return texts
