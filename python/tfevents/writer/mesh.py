"""The method that logs meshes and point clouds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, SupportsIndex

from numpy.typing import ArrayLike

from tfevents import summary
from tfevents._arguments import WallTime
from tfevents.writer.base import BaseWriter


class MeshMethods(BaseWriter):
    """Things in three dimensions."""

    def add_mesh(
        self,
        tag: str,
        vertices: ArrayLike,
        colors: ArrayLike | None = None,
        faces: ArrayLike | None = None,
        config_dict: Mapping[str, Any] | None = None,
        global_step: SupportsIndex | None = None,
        walltime: WallTime | None = None,
    ) -> None:
        """Logs a batch of B meshes, or of point clouds where there are no faces.

        Args:
            tag: its name.
            vertices: coordinates of the vertices, of shape [B, N, 3].
            colors: colours of the vertices, red, green and blue from 0 to 255, of shape [B, N, 3].
            faces: indices of the three vertices of each triangle, from 0 to N - 1, of shape
                [B, F, 3].
            config_dict: classes of Three.js and their settings, whatever JSON can say.
            global_step: the step.
            walltime: seconds since the epoch, or a `datetime`; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used, and nothing is logged.

        Example:
            >>> corners = [[[0, 0, 0], [1, 0, 0], [0, 1, 0]]]
            >>> writer.add_mesh("triangle", corners, faces=[[[0, 1, 2]]])
        """
        self._add(summary.mesh(tag, vertices, colors, faces, config_dict), global_step, walltime)
