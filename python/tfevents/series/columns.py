"""The base class of all series: steps, wall times, and access by index."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import SupportsIndex, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from tfevents import _native

T = TypeVar("T", covariant=True)


class Columns(Sequence[T]):
    """The values under one tag, in the order of the files.

    Columns are read-only arrays, since others share their memory; a `.copy()` can be written to.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.
    """

    __slots__ = ("step", "wall_time")

    def __init__(self, step: NDArray[np.int64], wall_time: NDArray[np.float64]) -> None:
        self.step = step
        self.wall_time = wall_time

    def _item(self, index: int) -> T:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.step)

    @overload
    def __getitem__(self, index: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self._item(i) for i in range(len(self))[index]]
        at = operator.index(index)
        at = at + len(self) if at < 0 else at
        if not 0 <= at < len(self):
            raise IndexError(f"index {index} is out of range: there are {len(self)}")
        return self._item(at)

    def __setstate__(self, state: tuple[object, dict[str, object]]) -> None:
        for name, value in state[1].items():
            if isinstance(value, np.ndarray):
                # The array was read-only before it was pickled.
                value.flags.writeable = False
            setattr(self, name, value)

    def _time(self, index: int) -> tuple[int, float]:
        return int(self.step[index]), float(self.wall_time[index])

    def _repr(self, one: str, many: str, last: str = "") -> str:
        """What there is, in a few words; `last` says something of the last value."""
        name = type(self).__name__
        if not len(self):
            return f"{name}(no {many})"
        first, final = self.step[0], self.step[-1]
        if len(self) == 1:
            return f"{name}(1 {one}, step {first}{last})"
        return f"{name}({len(self)} {many}, steps {first} to {final}{last})"


class Stored(Columns[T]):
    """Values that are decoded when they are asked for.

    Small ones are in memory. Large ones are read from the file again, each time; if the file was
    changed or removed meanwhile, that is a `FileChangedError` or an `OSError`.
    """

    __slots__ = ("_data", "_index")

    def __init__(self, data: _native.RunData, index: int) -> None:
        super().__init__(*data.times(index))
        self._data = data
        self._index = index


def short(text: str, limit: int = 60) -> str:
    """The text's repr, or the beginning of one that is long."""
    shown = repr(text)
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."
