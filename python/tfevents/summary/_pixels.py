"""Converts pictures of any layout and type to the arrays that the native module accepts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfevents._arrays import as_array
from tfevents._pictures import are_pictures, colours, frames, is_picture, stacked

# The greatest number of bytes in a message, and of pixels along a PNG's side.
_LARGEST = 2**31 - 1


def with_axes(tensor: Any, argument: str, dataformats: Any, axes: str, least: str) -> NDArray[Any]:
    """`tensor` with these `axes`, as a view where that can be.

    `dataformats` names the axes that it has, in any order and case: those in `least`, and others.
    Those that it does not name are of length 1. Pictures of Pillow have axes of their own.
    """
    names = _axis_names(dataformats, axes, least)
    try:
        pictures = _of_pillow(tensor, axes)
    except (TypeError, ValueError, OSError) as error:
        raise ValueError(f"{argument}: {error}") from error
    if pictures is None:
        array = as_array(tensor, argument, masked="zero")
    else:
        array, names = pictures
    if array.ndim != len(names):
        shape = list(array.shape)
        raise ValueError(f"{argument}: expected the axes {names} of dataformats, got shape {shape}")
    if array.size == 0:
        raise ValueError(f"{argument}: expected pixels, got shape {list(array.shape)}")
    array = array.transpose([names.index(axis) for axis in axes if axis in names])
    return np.expand_dims(array, [axes.index(axis) for axis in axes if axis not in names])


def _of_pillow(tensor: Any, axes: str) -> tuple[NDArray[Any], str] | None:
    """The pixels of pictures of Pillow and the names of their axes, where it is some.

    A list of pictures is a batch, or where there are frames (T) a video; lists of lists are videos.
    """
    if is_picture(tensor):
        return (stacked(frames(tensor)), "THWC") if "T" in axes else (colours(tensor), "HWC")
    if are_pictures(tensor):
        return stacked(map(colours, tensor)), "THWC" if "T" in axes else "NHWC"
    if "T" in axes and isinstance(tensor, (list, tuple)) and any(map(are_pictures, tensor)):
        return np.stack([stacked(map(colours, video)) for video in tensor]), "NTHWC"
    return None


def _axis_names(dataformats: Any, axes: str, least: str) -> str:
    if not isinstance(dataformats, str):
        raise TypeError(f"dataformats: expected a str, got {dataformats!r:.60}")
    names = dataformats.upper()
    # A batch must name its channels.
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
    elif kind == "f":
        dtype = np.float32 if np.can_cast(array.dtype, np.float32) else np.float64
        array = np.require(array, dtype, ["A"])
    elif array.dtype != np.uint8:
        array = np.clip(array, 0, 255).astype(np.uint8)
    return array
