"""Which of many values to send."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from functools import lru_cache

CARD = 100_000
"""How many points one card of the page gets, of all runs together: of a million it hangs."""

RUN = 1_000
"""How many points of a run it gets however many runs there are, which is TensorBoard's number."""


@lru_cache(maxsize=64)
def sample(count: int, most: int) -> Sequence[int]:
    """The indices of at most `most` of `count` values, as TensorBoard draws them.

    They depend on the two numbers only, so that tags with as many values keep their steps in
    common; the last is always among them (`data_provider.py`).
    """
    if most > count:
        return range(count)
    if most == 0:
        return ()
    return (*sorted(random.Random(0).sample(range(count - 1), most - 1)), count - 1)


def share(counts: Iterable[int]) -> int:
    """How many points each run gets of a card, where they have so many: those that have fewer
    leave the rest to the others.
    """
    left, given = CARD, 0
    ordered = sorted(counts)
    for index, count in enumerate(ordered):
        given = left // (len(ordered) - index)
        if count > given:
            break
        left -= count
    return max(given, RUN)
