"""Selects what to read: runs and tags by name, glob or regular expression, kinds, and steps."""

from __future__ import annotations

import fnmatch
import operator
import re
from collections.abc import Callable, Iterable
from typing import Any, SupportsIndex, TypeAlias

from tfevents._arguments import is_iterable, warn
from tfevents.reader.run import KINDS

Pattern: TypeAlias = str | re.Pattern[str]
Patterns: TypeAlias = Pattern | Iterable[Pattern]
"""A name, a glob, a compiled regular expression, or several of these."""

# A name with one of these characters is a glob.
_SIGNS = re.compile(r"[*?\[]")

_MIN, _MAX = -(2**63), 2**63 - 1


class Matcher:
    """Whether a name is chosen."""

    def __init__(self, argument: str, patterns: Patterns) -> None:
        self._names: set[str] = set()
        self._searches: list[Callable[[str], object]] = []
        # The beginnings of names that globs choose. For regular expressions they are unknown.
        self._beginnings: list[str] = []
        for pattern in _several(argument, patterns):
            if isinstance(pattern, str):
                self._names.add(pattern)
                beginning = _SIGNS.split(pattern, maxsplit=1)[0]
                if beginning != pattern:
                    self._searches.append(re.compile(fnmatch.translate(pattern)).match)
                    self._beginnings.append(beginning)
            elif isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str):
                self._searches.append(pattern.search)
                self._beginnings.append("")
            else:
                raise TypeError(
                    f"{argument}: expected names, globs and compiled regular expressions of str, "
                    f"got {pattern!r}"
                )

    def __call__(self, name: str) -> bool:
        return name in self._names or any(search(name) for search in self._searches)

    def names_below(self, directory: str) -> bool:
        """Whether a directory is chosen, or something below it by its name."""
        below = f"{directory}/"
        named = (*self._names, *self._beginnings)
        return self(directory) or any(name.startswith(below) for name in named)

    def may_choose_below(self, directory: str) -> bool:
        """Whether something below a directory may be chosen, whatever it is called."""
        below = f"{directory}/"
        return self.names_below(directory) or any(map(below.startswith, self._beginnings))


def matcher(argument: str, patterns: Patterns | None) -> Matcher | None:
    """Whether a name is chosen; `None` where all are."""
    return None if patterns is None else Matcher(argument, patterns)


def kept(given: Any) -> Any:
    """What can be gone over more than once."""
    if given is None or isinstance(given, (str, re.Pattern)) or not is_iterable(given):
        return given
    return list(given)


def tell_unmatched(argument: str, patterns: object, names: list[str]) -> None:
    """Warns that nothing matches, and says what there is."""
    shown = ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")
    there = f"there are {len(names)}: {shown}" if names else "there are none"
    warn(f"{argument}: nothing matches {patterns!r}; {there}")


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
    if not is_iterable(given) or isinstance(given, bytes):
        raise TypeError(f"{argument}: expected a name or several, got {given!r}")
    return given
