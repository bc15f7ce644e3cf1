"""Numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfevents.series.columns import Columns


class Scalar(NamedTuple):
    """One number."""

    step: int
    wall_time: float
    value: float


class Scalars(Columns[Scalar]):
    """All numbers logged under one tag, in file order, none left out.

    The three arrays are contiguous, and read-only: tables and reloaded logs share their memory.
    `loss.value.copy()` can be written to. The columns of a large file lie in one piece of memory,
    which stays as long as any of them is in use; a copy is kept alone.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.
        value: float64[n], the numbers. What was stored as float32 is widened, not rounded again;
            64-bit integers beyond 2**53 are rounded.
    """

    __slots__ = ("value",)

    def __init__(
        self, step: NDArray[np.int64], wall_time: NDArray[np.float64], value: NDArray[np.float64]
    ) -> None:
        # Not by the base class: a thousand runs have ten thousand of these.
        self.step = step
        self.wall_time = wall_time
        self.value = value

    def _item(self, index: int) -> Scalar:
        return Scalar(*self._time(index), float(self.value[index]))

    def __repr__(self) -> str:
        last = f", last value {self.value[-1]:.6g}" if len(self) else ""
        return self._repr("point", "points", last)
