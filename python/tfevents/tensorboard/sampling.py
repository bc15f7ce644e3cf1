"""Selects which of many values are sent."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from functools import lru_cache

CARD = 100_000
"""The number of points in one card of the page, for all runs together. With a million, the page
hangs.
"""

RUN = 1_000
"""The number of points that each run gets with any number of runs. It is TensorBoard's number."""


@lru_cache(maxsize=64)
def sample(count: int, most: int) -> Sequence[int]:
    """The indices of at most `most` of `count` values, as TensorBoard draws them.

    They depend only on the two numbers, so tags with the same number of values have the same steps.
    The last value is always among them (`data_provider.py`).
    """
    if most > count:
        return range(count)
    if most == 0:
        return ()
    return (*sorted(random.Random(0).sample(range(count - 1), most - 1)), count - 1)


def share(counts: Iterable[int]) -> int:
    """The number of points of each run in a card. Runs with fewer points leave the rest to the
    others.
    """
    left, given = CARD, 0
    ordered = sorted(counts)
    for index, count in enumerate(ordered):
        given = left // (len(ordered) - index)
        if count > given:
            break
        left -= count
    return max(given, RUN)
