"""Series of three-dimensional shapes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfevents import _native
from tfevents.series.columns import Columns
from tfevents.series.tensors import Tensors

# `MeshPluginData.ContentType`.
_VERTICES, _FACES, _COLORS = 1, 2, 3


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Mesh:
    """Point clouds or meshes of one step.

    n is the number of vertices, and m that of triangles.

    Attributes:
        step: the step.
        wall_time: when it was logged, in seconds since the epoch.
        vertices: float32[batch, n, 3], the coordinates of the vertices.
        faces: float32[batch, m, 3], the indices of each triangle's vertices; `None` for a point
            cloud.
        colors: float32[batch, n, 3], red, green and blue of each vertex, from 0 to 255; `None` if
            they have no colours.
        config: classes of Three.js and their settings, as `add_mesh` takes them.

    Other writers may store other types of numbers.
    """

    step: int
    wall_time: float
    vertices: NDArray[Any]
    faces: NDArray[Any] | None
    colors: NDArray[Any] | None
    config: Any

    def __repr__(self) -> str:
        parts = [
            f"{name} {list(array.shape)}"
            for name, array in [
                ("vertices", self.vertices),
                ("faces", self.faces),
                ("colors", self.colors),
            ]
            if array is not None
        ]
        return f"Mesh(step {self.step}, {', '.join(parts)})"


class Meshes(Columns[Mesh]):
    """All meshes under one name, in the order of the files.

    Vertices, faces and colours have a tag each in the file. Those of one step belong together, in
    their order. There are as many meshes as vertices were logged.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.
        tags: the tags in the file.

    Example:
        >>> mesh = run.meshes["cloud"][0]
        >>> mesh.vertices.shape, mesh.faces
        ((1, 5, 3), None)
    """

    __slots__ = ("_config", "_parts", "_places", "tags")

    def __init__(self, data: _native.RunData, tags: dict[str, int]) -> None:
        self.tags = list(tags)
        self._parts: dict[int, Tensors] = {}
        self._config: Any = None
        for index in tags.values():
            _, part, config = _plugin_data(data, index)
            self._parts.setdefault(part, Tensors(data, index))
            if config:
                self._config = _json(config)
        vertices = self._parts.get(_VERTICES)
        if vertices is None:
            super().__init__(np.empty(0, np.int64), np.empty(0))
        else:
            super().__init__(vertices.step, vertices.wall_time)
        self._places = {
            part: dict(zip(_occurrences(tensors.step), range(len(tensors)), strict=True))
            for part, tensors in self._parts.items()
        }

    def _item(self, index: int) -> Mesh:
        return Mesh(
            *self._time(index),
            self._parts[_VERTICES][index].value,
            self._part(_FACES, index),
            self._part(_COLORS, index),
            self._config,
        )

    def _part(self, part: int, index: int) -> NDArray[Any] | None:
        """The faces or colours that belong to the vertices at `index`."""
        if part not in self._parts:
            return None
        step = int(self.step[index])
        nth = int(np.count_nonzero(self.step[:index] == step))
        place = self._places[part].get((step, nth))
        return None if place is None else self._parts[part][place].value

    def __repr__(self) -> str:
        return self._repr("mesh", "meshes")


def mesh_names(data: _native.RunData, indices: dict[str, int]) -> dict[str, dict[str, int]]:
    """The names of meshes, each with its tags; a tag whose metadata name none is its own."""
    names: dict[str, dict[str, int]] = {}
    for tag, index in indices.items():
        name, _, _ = _plugin_data(data, index)
        names.setdefault(name or tag, {})[tag] = index
    return names


def _plugin_data(data: _native.RunData, index: int) -> tuple[str, int, str]:
    """A mesh's name, which part of it a tag is, and how to show it; what is malformed says
    nothing.
    """
    try:
        return _native.mesh_plugin_data(data.metadata(index)[1])
    except ValueError:
        return "", 0, ""


def _occurrences(steps: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Each step with the number of times that it came before."""
    seen: dict[int, int] = defaultdict(int)
    for step in map(int, steps):
        yield step, seen[step]
        seen[step] += 1


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
