"""Meshes and point clouds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfevents import _native
from tfevents._arguments import as_mapping
from tfevents._arrays import as_array
from tfevents._native import Summary, as_text


def mesh(
    tag: str,
    vertices: ArrayLike,
    colors: ArrayLike | None = None,
    faces: ArrayLike | None = None,
    config_dict: Mapping[str, Any] | None = None,
    display_name: str | None = None,
    description: str | None = None,
) -> Summary:
    """A batch of B meshes. Without faces they are point clouds.

    All numbers are stored as float32.

    Args:
        tag: the name; the tags are `<tag>_VERTEX`, `<tag>_FACE` and `<tag>_COLOR`.
        vertices: coordinates of the vertices, of shape [B, N, 3].
        colors: red, green and blue of each vertex, from 0 to 255, of shape [B, N, 3].
        faces: indices of the three vertices of each triangle, from 0 to N - 1, of shape
            [B, F, 3].
        config_dict: classes of Three.js and their settings, as JSON can hold them:
            `{"camera": {"cls": "PerspectiveCamera", "fov": 75}}`.
        display_name: a title in place of the tag.
        description: a description, in Markdown.

    Raises:
        TypeError, ValueError: an argument can't be used; the message names it.

    Example:
        >>> summary = tfevents.summary.mesh("cloud", rng.random((1, 100, 3)))
        >>> writer.file_writer.add_summary(summary, 10)
    """
    points = _component(vertices, "vertices")
    batch = points.shape[0]
    shades = None if colors is None else _component(colors, "colors", batch, points.shape[1])
    triangles = None if faces is None else _component(faces, "faces", batch)
    if triangles is not None:
        _check_indices(triangles, points.shape[1])
    return _native.mesh(
        as_text(tag, "tag"),
        points,
        triangles,
        shades,
        _config(config_dict),
        "" if display_name is None else as_text(display_name, "display_name"),
        "" if description is None else as_text(description, "description"),
    )


# A message has less than 2 GiB. Half a GiB for each of the three tensors is well below that.
_MOST_ITEMS = 2**29 // 4


def _component(
    values: ArrayLike, argument: str, batch: int | None = None, count: int | None = None
) -> NDArray[np.float32]:
    array = as_array(values, argument)
    shape = list(array.shape)
    if len(shape) != 3 or shape[2] != 3:
        raise ValueError(f"{argument}: expected the shape [batch, n, 3], got {shape}")
    if shape[0] != (batch if batch is not None else shape[0]):
        raise ValueError(f"{argument}: expected a batch of {batch} like vertices, got {shape}")
    if shape[1] != (count if count is not None else shape[1]):
        raise ValueError(f"{argument}: expected one for each of {count} vertices, got {shape}")
    if array.size > _MOST_ITEMS:
        raise ValueError(f"{argument}: at most {_MOST_ITEMS} numbers, got {shape}")
    with np.errstate(over="ignore"):
        return np.require(array, np.float32, ["C", "A"])


def _check_indices(faces: NDArray[np.float32], count: int) -> None:
    """Refuses what are no indices of so many vertices."""
    # Above 2^24, float32 can't hold every integer.
    count = min(count, 2**24 + 1)
    wrong = ~((faces >= 0) & (faces < count) & (np.trunc(faces) == faces))
    if wrong.any():
        raise ValueError(
            f"faces: expected indices of vertices, from 0 to {count - 1}, got {faces[wrong][0]:g}"
        )


def _config(config_dict: Mapping[str, Any] | None) -> str:
    if config_dict is None:
        return "{}"
    config = as_mapping(config_dict, "config_dict")
    try:
        return json.dumps(config, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        refusal = TypeError if isinstance(error, TypeError) else ValueError
        raise refusal(f"config_dict: {error}") from error
