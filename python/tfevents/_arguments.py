"""Checks arguments that many methods share, and raises errors that name them."""

from __future__ import annotations

import operator
import os
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import FrameType
from typing import Any, SupportsFloat, TypeGuard

import numpy as np

from tfevents.remote.uri import is_uri, location

# Seconds since the epoch, or a time. A naive `datetime` is local time, and NumPy's times are UTC.
WallTime = SupportsFloat | datetime | np.datetime64


def as_directory(path: object, argument: str) -> Any:
    """`path`, a directory as a str or `os.PathLike`, or a URI."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{argument}: expected a str or os.PathLike, got {type(path).__name__}")
    place = location(path, argument)
    return place if isinstance(os.fspath(place), str) else os.fsdecode(place)


def absolute(path: Any) -> Any:
    """A local path that means the same in whatever directory the process works later; a URI, or
    what is no path, as it is.
    """
    plain = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(plain, str) or is_uri(plain) or os.path.isabs(plain):
        return path
    try:
        return os.path.join(os.getcwd(), plain)
    except FileNotFoundError:
        # The working directory was removed. Making a file there raises an error that names the
        # path.
        return path


def as_mapping(value: object, argument: str) -> Mapping[Any, Any]:
    """`value`, a mapping."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{argument}: expected a mapping, got {type(value).__name__}")
    return value


def as_sequence(value: object, argument: str) -> Sequence[Any]:
    """`value`, a list or what is like one."""
    if not is_sequence(value):
        raise TypeError(f"{argument}: expected a list, got {type(value).__name__}")
    return value


def is_sequence(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether `value` is a sequence, other than a string or bytes."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))


def is_iterable(value: object) -> TypeGuard[Iterable[Any]]:
    """Whether `value` can be gone over; an array of no dimensions only looks so."""
    try:
        iter(value)  # type: ignore[call-overload]
    except TypeError:
        return False
    return True


def as_int(value: Any, argument: str) -> int:
    """`value`, an integer of any size."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{argument}: expected an integer, got {value!r:.60}") from None


def as_count(value: Any, argument: str, most: int = 2**31 - 1) -> int:
    """`value`, an integer from 1 to `most`."""
    count = as_int(value, argument)
    if not 1 <= count <= most:
        raise ValueError(f"{argument}: expected an integer from 1 to {most}, got {count}")
    return count


def warn(message: str) -> None:
    """A `RuntimeWarning` at the line that called into the package.

    Python shows a message once for each such line, unless it is told otherwise.
    """
    level = 1
    frame: FrameType | None = sys._getframe()
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        frame = frame.f_back
        level += 1
    warnings.warn(message, RuntimeWarning, stacklevel=level)
