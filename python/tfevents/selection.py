"""What to read: runs and tags by name, glob or regular expression, kinds, and steps."""

from __future__ import annotations

import fnmatch
import operator
import re
from collections.abc import Callable, Iterable
from typing import SupportsIndex, TypeAlias

from tfevents.run import KINDS

Pattern: TypeAlias = str | re.Pattern[str]
Patterns: TypeAlias = Pattern | Iterable[Pattern]
"""A name, a glob, a compiled regular expression, or several of these."""

_MIN, _MAX = -(2**63), 2**63 - 1


def matcher(argument: str, patterns: Patterns | None) -> Callable[[str], bool] | None:
    """Whether a name is chosen, by a function; `None` where all are."""
    if patterns is None:
        return None
    names: set[str] = set()
    searches: list[Callable[[str], object]] = []
    for pattern in _several(argument, patterns):
        if isinstance(pattern, str):
            names.add(pattern)
            if any(sign in pattern for sign in "*?["):
                searches.append(re.compile(fnmatch.translate(pattern)).match)
        elif isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str):
            searches.append(pattern.search)
        else:
            raise TypeError(
                f"{argument}: expected names, globs and compiled regular expressions of str, "
                f"got {pattern!r}"
            )
    return lambda name: name in names or any(search(name) for search in searches)


def kind_names(kinds: str | Iterable[str] | None) -> list[str] | None:
    """The native names of kinds, given by the names of a run's attributes."""
    if kinds is None:
        return None
    chosen: list[str] = []
    for kind in _several("kinds", kinds):
        if not isinstance(kind, str):
            raise TypeError(f"kinds: expected names of kinds, got {kind!r}")
        if kind not in KINDS:
            raise ValueError(f"kinds: there is no kind {kind!r}; there are {', '.join(KINDS)}")
        chosen += KINDS[kind]
    return chosen


def step_bounds(
    steps: tuple[SupportsIndex | None, SupportsIndex | None] | None,
) -> tuple[int, int]:
    """The first and the last step of `(lo, hi)`, which means `lo <= step < hi`."""
    if steps is None:
        return _MIN, _MAX
    try:
        lo, hi = (bound if bound is None else operator.index(bound) for bound in steps)
    except (TypeError, ValueError):
        raise TypeError(f"steps: expected two integers or None, (lo, hi), got {steps!r}") from None
    first = _MIN if lo is None else lo
    last = _MAX if hi is None else hi - 1
    if first > last or first > _MAX or last < _MIN:
        return 1, 0
    return max(first, _MIN), min(last, _MAX)


def _several(argument: str, given: object) -> Iterable[object]:
    if isinstance(given, (str, re.Pattern)):
        return [given]
    if not isinstance(given, Iterable) or isinstance(given, bytes):
        raise TypeError(f"{argument}: expected a name or several, got {given!r}")
    return given
