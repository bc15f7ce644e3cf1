"""Columns of tables: their types, and their forms in Arrow and pandas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfevents import _native
from tfevents._text import shown

Native = tuple[int, list[NDArray[Any] | None], list[Any], list[Any]]
"""A column for the native module: length, buffers, children and dictionary."""

# The types of columns have the names that the native module uses.
LIST_OF_NUMBERS = "list[float64]"


class Categories(NamedTuple):
    """Strings by their numbers."""

    codes: NDArray[np.int32]
    names: list[str]

    @classmethod
    def of(cls, strings: Sequence[str]) -> Categories:
        """These strings, each of which is kept once."""
        numbers = {name: number for number, name in enumerate(dict.fromkeys(strings))}
        return cls(np.array([numbers[one] for one in strings], np.int32), list(numbers))


class Lists(NamedTuple):
    """Lists, one after the other: `items[ends[i]:ends[i + 1]]` is the i-th."""

    ends: NDArray[np.int64]
    items: Any

    @classmethod
    def of(cls, lists: Sequence[Sequence[Any]]) -> Lists:
        """These lists of strings or bytes, joined."""
        return cls(_ends(map(len, lists)), [item for one in lists for item in one])

    @classmethod
    def of_arrays(cls, arrays: Sequence[NDArray[Any]], dtype: type) -> Lists:
        """These arrays, converted to a dtype."""
        flat = np.concatenate(arrays) if arrays else np.empty(0)
        return cls(_ends(map(len, arrays)), np.ascontiguousarray(flat, dtype))


def native(holds: str, data: Any) -> Native:
    """A column for Arrow.

    Args:
        holds: the type. `"int64"`, `"float64"` and `"bool"` are arrays, which may be masked.
            `"timestamp"` is an array of seconds. `"text"` and `"binary"` are lists of `str` and
            `bytes`, with `None` for missing values. `"category"` is `Categories`, and `"list[...]"`
            is `Lists`.
        data: the values.
    """
    if holds == "category":
        return len(data.codes), [None, data.codes], [], [_strings(data.names, np.int32)]
    if holds.startswith("list["):
        return len(data.ends) - 1, [None, data.ends], [native(holds[5:-1], data.items)], []
    if holds in ("text", "binary"):
        return _strings(data, np.int64)
    valid = None
    if holds == "timestamp":
        data = _micros(data).view(np.int64)
        there = data != np.iinfo(np.int64).min
        valid = None if there.all() else _bits(there)
    elif isinstance(data, np.ma.MaskedArray):
        valid, data = _bits(~np.ma.getmaskarray(data)), data.data
    rows = len(data)
    data = _bits(data) if holds == "bool" else np.ascontiguousarray(data, _DTYPES[holds])
    return rows, [valid, data], [], []


_DTYPES = {"int64": "i8", "float64": "f8", "timestamp": "i8"}


def _bits(flags: Any) -> NDArray[np.uint8]:
    return np.packbits(np.asarray(flags, bool), bitorder="little")


def _micros(seconds: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Seconds as times. Other numbers become NaT."""
    with np.errstate(over="ignore"):
        is_time = np.abs(seconds * 1e6) < 2.0**63
    seconds = np.where(is_time, seconds, 0)
    whole = np.trunc(seconds)
    # The product of all seconds would be rounded before this rounds it.
    micros = whole.astype(np.int64) * 1_000_000 + np.rint((seconds - whole) * 1e6).astype(np.int64)
    micros[~is_time] = np.iinfo(np.int64).min
    return micros.view("M8[us]")


def _strings(strings: Sequence[str | bytes | None], offsets: type) -> Native:
    encoded = [
        s.encode(errors="replace") if isinstance(s, str) else b"" if s is None else s
        for s in strings
    ]
    ends: NDArray[Any] = _ends(map(len, encoded)).astype(offsets)
    data = np.frombuffer(b"".join(encoded) or b"\0", np.uint8)
    missing = [s is None for s in strings]
    valid = _bits(~np.array(missing)) if any(missing) else None
    return len(encoded), [valid, ends, data], [], []


def _ends(lengths: Iterable[int]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(np.fromiter(lengths, np.int64)))).astype(np.int64)


def pandas(holds: str, parts: list[Any]) -> Any:
    """A column for pandas, from its parts in batches."""
    import pandas as pd

    if holds == "category":
        names = pd.Index(parts[0].names if parts else [], dtype=str)
        codes = np.empty(0, np.int32)
        if parts:
            # A single part is not copied.
            codes = np.concatenate([p.codes for p in parts]) if parts[1:] else parts[0].codes
        return pd.Categorical.from_codes(codes, names, validate=False)
    if holds.startswith("list["):
        rows = [_views(part) for part in parts]
        return np.concatenate([np.empty(0, object), *rows]) if len(rows) != 1 else rows[0]
    if holds in ("text", "binary"):
        values = [value for part in parts for value in part]
        is_text = holds == "text" and int(pd.__version__.split(".")[0]) >= 3
        return pd.Series(values, dtype=str if is_text else object)
    empty = np.empty(0, {"bool": bool, "int64": np.int64}.get(holds, np.float64))
    data = masked(parts) if any(map(np.ma.isMA, parts)) else None
    if data is not None:
        if holds == "float64":
            return data.filled(np.nan)
        return pd.array(data.tolist(), dtype={"bool": "boolean", "int64": "Int64"}[holds])
    data = parts[0] if len(parts) == 1 else np.concatenate([empty, *parts])
    if holds == "timestamp":
        return pd.DatetimeIndex(_micros(data)).tz_localize("UTC")
    return data


def copied(data: Any) -> Any:
    """A column that shares no memory with another one."""
    if isinstance(data, Categories):
        return Categories(data.codes.copy(), data.names)
    return data.copy()


def _views(lists: Lists) -> NDArray[np.object_]:
    if isinstance(lists.items, np.ndarray):
        return _native.views(lists.items, lists.ends)
    ends = lists.ends.tolist()
    rows = np.empty(len(ends) - 1, object)
    rows[:] = [lists.items[start:end] for start, end in pairwise(ends)] or None
    return rows


def masked(parts: list[Any]) -> Any:
    """Joins arrays, some of which are masked."""
    return np.ma.concatenate(parts)  # type: ignore[no-untyped-call]


def cell(holds: str, data: Any, row: int) -> str:
    """The value of a row in a few words, for people."""
    if holds == "category":
        return shown(data.names[data.codes[row]])
    if holds.startswith("list["):
        start, end = data.ends[row], data.ends[row + 1]
        first = ", ".join(_short(item) for item in data.items[start : min(end, start + 3)])
        return f"[{first}{', …' if end - start > 3 else ''}]"
    if holds == "timestamp":
        (time,) = _micros(data[row : row + 1])
        return "" if np.isnat(time) else f"{time}Z"
    return _short(data[row])


def _short(value: Any) -> str:
    if value is None or value is np.ma.masked:
        return ""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, (float, np.floating)):
        # This includes times, in seconds since the epoch.
        return f"{value:.3f}" if 1e6 <= abs(float(value)) < 1e15 else f"{value:.6g}"
    text = shown(str(value))
    return text if len(text) <= 60 else f"{text[:59]}…"
