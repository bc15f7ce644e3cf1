"""The costs of steps of a graph."""

from __future__ import annotations

from typing import NamedTuple

from tfevents.series.columns import Stored


class RunMetadata(NamedTuple):
    """The costs of one step of a graph."""

    step: int
    """The step."""
    wall_time: float
    """When it was logged, in seconds since the epoch."""
    data: bytes
    """A serialized `RunMetadata` message."""


class RunMetadatas(Stored[RunMetadata]):
    """All traces under one tag, in the order of the files.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.
    """

    __slots__ = ()

    def _item(self, index: int) -> RunMetadata:
        return RunMetadata(*self._time(index), self._data.raw(self._index, index))

    def __repr__(self) -> str:
        return self._repr("trace", "traces")
