"""Pictures of any layout and number type as the arrays that the native module takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfevents._arrays import as_array

# Bytes that a message may hold, and pixels along a PNG's side.
_LARGEST = 2**31 - 1


def with_axes(tensor: Any, argument: str, dataformats: Any, axes: str, least: str) -> NDArray[Any]:
    """`tensor` with these `axes`, as a view where that can be.

    `dataformats` names the axes that it has, in any order and case: those in `least`, and others.
    Those that it does not name are of length 1.
    """
    array = as_array(tensor, argument)
    names = _axis_names(dataformats, axes, least)
    if array.ndim != len(names):
        shape = list(array.shape)
        raise ValueError(f"{argument}: expected the axes {names} of dataformats, got shape {shape}")
    if array.size == 0:
        raise ValueError(f"{argument}: expected pixels, got shape {list(array.shape)}")
    array = array.transpose([names.index(axis) for axis in axes if axis in names])
    return np.expand_dims(array, [axes.index(axis) for axis in axes if axis not in names])


def _axis_names(dataformats: Any, axes: str, least: str) -> str:
    if not isinstance(dataformats, str):
        raise TypeError(f"dataformats: expected a str, got {dataformats!r:.60}")
    names = dataformats.upper()
    # A batch has its channels named.
    needed = axes if "N" in names else least
    if len(set(names)) != len(names) or not set(needed) <= set(names) <= set(axes):
        also = "" if needed == axes else ", perhaps C, or N and C,"
        expected = f"{', '.join(needed)}{also} in any order"
        raise ValueError(f"dataformats: expected {expected}, got {dataformats!r:.60}")
    return names


def check_size(argument: str, height: int, width: int, others: int, side: int = _LARGEST) -> None:
    """Refuses pictures that their file, or the message around it, can't hold.

    `others` is how many bytes there are for each pixel.
    """
    if max(height, width) > side or height * width * others > _LARGEST:
        raise ValueError(
            f"{argument}: too large, {height} × {width} pixels of {others} bytes are more than "
            f"{side} along a side, or 2 GiB"
        )


def channels(array: NDArray[Any]) -> NDArray[Any]:
    """Bytes, or floats that are intensities from 0 to 1; as they are where they can be."""
    kind = array.dtype.kind
    if kind == "b":
        array = np.multiply(array, np.uint8(255), dtype=np.uint8)
    elif kind not in "iu":
        is_double = kind == "f" and array.dtype.itemsize == 8
        array = np.require(array, np.float64 if is_double else np.float32, ["A"])
    elif array.dtype != np.uint8:
        array = np.clip(array, 0, 255).astype(np.uint8)
    return array
