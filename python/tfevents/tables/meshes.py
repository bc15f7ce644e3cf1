"""The table of three-dimensional shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tfevents import _native
from tfevents.series import Mesh, Meshes, mesh_names
from tfevents.tables.columns import LIST_OF_NUMBERS, Lists
from tfevents.tables.kinds import KindTable


class MeshTable(KindTable):
    """A table of meshes and point clouds, with a row for each. A batch has several rows.

    `tag` is the name of a mesh, whose parts have tags of their own in the file. Own columns:
    `vertices` is a list of float64, with x, y and z of each vertex. `faces` is a list of int64,
    with three indices of vertices for each triangle; it is empty for a point cloud. `colors` is a
    list of int64 from 0 to 255, with red, green and blue of each vertex; it is empty without
    colours. `config` is JSON with Three.js' settings, or null. `.reshape(-1, 3)` restores the shape
    of each list.
    """

    _KIND = "mesh"
    _SIZE = 64 << 10
    _SERIES = Meshes
    _OWN: ClassVar = {
        "vertices": LIST_OF_NUMBERS,
        "faces": "list[int64]",
        "colors": "list[int64]",
        "config": "text",
    }

    def _places(self, data: _native.RunData) -> dict[str, Any]:
        return mesh_names(data, data.indices(self._KIND))

    def _values(self, series: Meshes, rows: range) -> tuple[NDArray[np.int64], dict[str, Any]]:
        meshes = [series[row] for row in rows]
        batches = [list(_batch(mesh)) for mesh in meshes]
        parts = [part for batch in batches for part in batch]
        columns = (("vertices", np.float64), ("faces", np.int64), ("colors", np.int64))
        own: dict[str, Any] = {
            name: Lists.of_arrays([part[place] for part in parts], dtype)
            for place, (name, dtype) in enumerate(columns)
        }
        configs = [None if it.config is None else json.dumps(it.config) for it in meshes]
        counts = np.array([len(batch) for batch in batches], np.int64)
        own["config"] = [
            it for it, count in zip(configs, counts, strict=True) for _ in range(count)
        ]
        return counts, own


def _batch(mesh: Mesh) -> Iterator[list[NDArray[Any]]]:
    """Vertices, faces and colours of each mesh of a step, flat."""
    parts = {"vertices": mesh.vertices, "faces": mesh.faces, "colors": mesh.colors}
    count = len(mesh.vertices) if mesh.vertices.ndim else 0
    for name, part in parts.items():
        if part is None:
            continue
        if (
            part.ndim != 3
            or part.shape[2] != 3
            or len(part) != count
            or part.dtype.kind not in "fiu"
        ):
            raise ValueError(
                f"step {mesh.step}: {name} are numbers of shape [{count}, n, 3], not {part.dtype} "
                f"{list(part.shape)}"
            )
    for row in range(count):
        yield [np.empty(0) if part is None else part[row].ravel() for part in parts.values()]
