"""Samples of the items under each key, drawn as TensorBoard draws them.

Python's `random.Random(0)`, one for each key, decides which items stay. So equal files give equal
samples (`tensorboard/backend/event_processing/reservoir.py`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tfevents import _native

ROW = np.dtype([("wall_time", "f8"), ("step", "i8"), ("value", "f4")])
"""A scalar."""
_COLUMNS = "wall_time", "step", "value"

# At least this number of scalars of a tag is collected before a sample is drawn.
_COLLECTED = 4096


class _Sample:
    """Decides which items of a stream stay: at most `size`, or all if `size` is 0."""

    def __init__(self, size: int, keeps_last: bool) -> None:
        self.size = size
        self._keeps_last = keeps_last
        self._randint = random.Random(0).randint
        self._seen = 0

    def add(self, kept: list[Any], item: Any) -> None:
        """Adds an item, and drops one if there are too many."""
        kept.append(item)
        if 0 < self.size < len(kept):
            drawn = self._randint(0, self._seen)
            # Otherwise the last item is dropped, or the new one.
            del kept[drawn if drawn < self.size else self.size - self._keeps_last]
        self._seen += 1

    def add_all(self, before: int, count: int) -> slice | list[int]:
        """Which of `before` old items and `count` new ones stay."""
        room = count if self.size == 0 else max(min(self.size - before, count), 0)
        self._seen += room
        if room == count:
            return slice(None)
        kept = list(range(before + room))
        for item in range(before + room, before + count):
            self.add(kept, item)
        return kept

    def purge(self, before: int, after: int) -> int:
        """Notes that `after` of `before` items are left. Returns the number of dropped items."""
        # The same share of the items that did not stay counts as dropped.
        self._seen = round(self._seen * (after / before)) if before else 0
        return before - after


class _Bucket(Protocol):
    def kept(self) -> Any:
        """The items, in the form in which they were added."""

    def items(self) -> list[Any]:
        """The items, in the form in which they are returned."""

    def purge(self, step: int) -> int:
        """Drops the items from `step` on. Returns their number."""


class _Items:
    """Items that come one by one: tuples that begin with the wall time and the step."""

    def __init__(self, sample: _Sample, show: Callable[..., Any]) -> None:
        self._sample = sample
        self._show = show
        self._kept: list[tuple[Any, ...]] = []

    def add(self, item: tuple[Any, ...]) -> None:
        self._sample.add(self._kept, item)

    def purge(self, step: int) -> int:
        before = len(self._kept)
        self._kept = [item for item in self._kept if item[1] < step]
        return self._sample.purge(before, len(self._kept))

    def kept(self) -> list[tuple[Any, ...]]:
        return self._kept

    def items(self) -> list[Any]:
        return [self._show(*item) for item in self._kept]


class _Rows:
    """Scalars, of which many come at a time."""

    def __init__(self, sample: _Sample, show: type[Any]) -> None:
        self._sample = sample
        self._show = show
        self._kept: NDArray[Any] = np.empty(0, ROW)
        self._collected: list[NDArray[Any]] = []
        self._count = 0

    def add(self, rows: NDArray[Any]) -> None:
        self._collected.append(rows)
        self._count += len(rows)
        if self._count > max(self._sample.size, _COLLECTED) and self._sample.size:
            self._settle()

    def _settle(self) -> None:
        if self._collected:
            kept = self._sample.add_all(len(self._kept), self._count)
            self._kept = np.concatenate([self._kept, *self._collected])[kept]
            self._collected, self._count = [], 0

    def purge(self, step: int) -> int:
        self._settle()
        before = len(self._kept)
        self._kept = self._kept[self._kept["step"] < step]
        return self._sample.purge(before, len(self._kept))

    def kept(self) -> NDArray[Any]:
        self._settle()
        return self._kept

    def items(self) -> list[Any]:
        rows = self.kept()
        return _native.instances(self._show, _COLUMNS, [rows[name].tolist() for name in _COLUMNS])


class Reservoir:
    """The items under each key.

    Attributes:
        size: the number of items that are kept under each key; 0 for all.
        always_keep_last: whether the last item is always kept.
    """

    _bucket: Callable[[_Sample, Any], Any] = _Items

    def __init__(
        self, size: float, show: Callable[..., Any], *, always_keep_last: bool = True
    ) -> None:
        if size < 0 or size != round(size):
            raise ValueError(f"size must be a nonnegative integer, not {size!r}")
        self.size = round(size)
        self.always_keep_last = always_keep_last
        self._show = show
        self._buckets: dict[str, Any] = {}
        self._turn = _native.Turn()

    def Keys(self) -> list[str]:
        """The keys, in the order in which they came."""
        with self._turn:
            return list(self._buckets)

    def Items(self, key: str) -> list[Any]:
        """The items under a key. Raises a KeyError if there is none."""
        with self._turn:
            bucket: _Bucket | None = self._buckets.get(key)
            if bucket is None:
                raise KeyError(f"Key {key} was not found in Reservoir")
            return bucket.items()

    def kept(self) -> dict[str, Any]:
        """The items under all keys, in the form in which they were added: tuples, or an array of
        `ROW`.
        """
        with self._turn:
            return {key: bucket.kept() for key, bucket in self._buckets.items()}

    def add(self, key: str, item: Any) -> None:
        """Adds an item."""
        with self._turn:
            bucket = self._buckets.get(key)
            if bucket is None:
                sample = _Sample(self.size, self.always_keep_last)
                bucket = self._buckets[key] = self._bucket(sample, self._show)
            bucket.add(item)

    def purge(self, step: int, key: str = "") -> int:
        """Drops the items of a key from `step` on, or of all keys if it is empty. Returns their
        number.
        """
        with self._turn:
            found = [self._buckets.get(key)] if key else self._buckets.values()
            return sum(bucket.purge(step) for bucket in found if bucket is not None)


class ScalarReservoir(Reservoir):
    """The scalars under each key, added as arrays of `ROW`."""

    _bucket = _Rows
