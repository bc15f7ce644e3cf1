"""Series of texts."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfevents import _native
from tfevents.series.columns import Columns, short

MOST_REPEATED = 1 << 16
"""One string stands for this many at most, since a table has a row for each."""


class Text(NamedTuple):
    """The text of one event."""

    step: int
    """The step."""
    wall_time: float
    """When it was logged, in seconds since the epoch."""
    value: str | NDArray[np.object_]
    """A `str`; an object array of `str` if the event does not hold exactly one string."""


class Texts(Columns[Text]):
    """All texts under one tag, in the order of the files.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.
        value: object[n], a `str` each. If an event does not hold exactly one string, the element
            is an object array of `str` in the shape that was logged. A string that stands for more
            than 65,536 comes alone. Bytes that are not UTF-8 become U+FFFD.

    Example:
        >>> run.texts["note"].value[0]
        'a **text**'
    """

    __slots__ = ("value",)

    def __init__(self, data: _native.RunData, index: int) -> None:
        super().__init__(*data.times(index))
        texts = data.texts(index)
        self.value: NDArray[Any] = np.empty(len(texts), dtype=object)
        for i, (shape, strings) in enumerate(texts):
            if math.prod(shape) == 1:
                self.value[i] = strings[0]
            else:
                self.value[i] = _filled(strings, shape)
        self.value.flags.writeable = False

    def _item(self, index: int) -> Text:
        return Text(*self._time(index), self.value[index])

    def __repr__(self) -> str:
        last = f", last {short(self.value[-1])}" if len(self) else ""
        return self._repr("text", "texts", last)


def _filled(strings: list[str], shape: list[int]) -> NDArray[np.object_]:
    """The strings in a shape. Where one stands for all, it takes no more memory than one."""
    array = np.array(strings, dtype=object)
    if len(strings) == 1 and math.prod(shape) > MOST_REPEATED:
        return array
    try:
        return np.broadcast_to(array, shape) if len(strings) == 1 else array.reshape(shape)
    except ValueError:
        # NumPy can't have so many dimensions or elements, so the strings stay in one dimension.
        return array
