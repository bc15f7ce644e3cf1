"""Converts Pillow's images, whose axes and colours are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfevents._extras import imported


def is_picture(value: object) -> bool:
    """Whether `value` is a picture of Pillow, which was imported where there is one."""
    picture = imported("PIL.Image", "Image")
    return picture is not None and isinstance(value, picture)


def are_pictures(values: object) -> bool:
    """Whether `values` is a list of pictures of Pillow."""
    return isinstance(values, (list, tuple)) and len(values) > 0 and all(map(is_picture, values))


def colours(picture: Any) -> NDArray[np.uint8]:
    """The pixels of a picture, of shape [height, width, 3 (RGB) or 4 (RGBA)].

    What is no RGB is converted as Pillow converts it: palettes, CMYK, HSV, 16 bits and floats.
    """
    if picture.mode == "La":
        # Pillow can convert this mode only to LA.
        picture = picture.convert("LA")
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    return np.asarray(picture if picture.mode == mode else picture.convert(mode))


def stacked(pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Pictures of one size in an array, RGBA where one of them is."""
    arrays = list(pictures)
    depth = max(array.shape[2] for array in arrays)
    opaque = ((0, 0), (0, 0), (0, 1))
    return np.stack(
        [
            array if array.shape[2] == depth else np.pad(array, opaque, constant_values=255)
            for array in arrays
        ]
    )


def frames(picture: Any) -> Iterator[NDArray[np.uint8]]:
    """The pixels of each frame of a picture, of which most have one."""
    shown = picture.tell()
    try:
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            yield colours(picture)
    finally:
        picture.seek(shown)
