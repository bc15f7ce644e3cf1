"""What one tag holds, as columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class _Columns:
    __slots__ = ("step", "value", "wall_time")

    def __init__(
        self, step: NDArray[np.int64], wall_time: NDArray[np.float64], value: NDArray[Any]
    ) -> None:
        self.step = step
        self.wall_time = wall_time
        self.value = value

    def __len__(self) -> int:
        return len(self.step)


class Scalars(_Columns):
    """All numbers logged under one tag, in file order, none left out.

    The three arrays are writable and contiguous. The columns of a large file lie in one piece of
    memory, which stays as long as any of them is in use; copy a column to keep it alone.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.
        value: float64[n], the numbers. What was stored as float32 is widened, not rounded again;
            64-bit integers beyond 2**53 are rounded.
    """

    __slots__ = ()

    value: NDArray[np.float64]

    def __repr__(self) -> str:
        if not len(self):
            return "Scalars(no points)"
        return f"Scalars({len(self)} points, {_steps(self.step)}, last value {self.value[-1]:.6g})"


class Texts(_Columns):
    """All texts logged under one tag, in file order, none left out.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.
        value: object[n]. Each element is a `str`; where an event logged more or less than one
            string, an object array of `str` in the shape logged. Bytes that are no UTF-8 read as
            U+FFFD.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        if not len(self):
            return "Texts(no texts)"
        last = repr(self.value[-1])
        last = last if len(last) <= 60 else last[:57] + "..."
        return f"Texts({len(self)} texts, {_steps(self.step)}, last {last})"


def _steps(step: NDArray[np.int64]) -> str:
    first, last = step[0], step[-1]
    return f"step {first}" if len(step) == 1 else f"steps {first} to {last}"
