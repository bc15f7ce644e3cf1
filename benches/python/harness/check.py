"""Compares what was read with what was written, since a benchmark of a wrong answer is
worthless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from harness.eventfiles import Events

COLUMNS = "step", "wall_time", "value"
# A tag to its steps, wall times and values.
Columns = Mapping[str, Sequence[NDArray[Any]]]


class WrongResult(Exception):
    """The values that were read or written are wrong."""


def by_tag(events: Events) -> Columns:
    """The columns that a reader should give for these events, which have one value each."""
    order = np.argsort(events.kind, kind="stable")
    ends = np.searchsorted(events.kind[order], np.arange(len(events.tags)), side="right")
    parts = np.split(order, ends[:-1])
    return {
        tags[0]: (events.step[rows], events.wall_time[rows], events.value[rows, 0])
        for tags, rows in zip(events.tags, parts, strict=True)
        if len(rows)
    }


def same(expected: Columns, found: Columns) -> None:
    """Fails unless tags and columns are equal, bit for bit."""
    if set(expected) != set(found):
        raise WrongResult(f"tags differ: {sorted(set(expected) ^ set(found))[:5]}")
    for tag, columns in expected.items():
        for name, want, have in zip(COLUMNS, columns, found[tag], strict=True):
            if not np.array_equal(want, have):
                raise WrongResult(f"{tag!r}: the {name} column differs")
