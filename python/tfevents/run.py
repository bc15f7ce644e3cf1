"""One run: its tags, and views of them by kind."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import numpy as np

from tfevents import _native
from tfevents.series import Scalars, Texts

T = TypeVar("T", Scalars, Texts)


class Series(Mapping[str, T]):
    """The tags of one kind, each with its columns; a read-only mapping in file order."""

    # A thousand runs have thousands of these: what they do not hold, nobody has to collect.
    __slots__ = ("_data", "_indices", "_loaded", "_run")

    KIND: str

    def __init__(self, run: str, data: _native.RunData) -> None:
        self._run = run
        self._data = data
        self._indices = data.indices(self.KIND)
        self._loaded: dict[str, T] = {}

    def _load(self, index: int) -> T:
        raise NotImplementedError

    def __getitem__(self, tag: str) -> T:
        loaded = self._loaded.get(tag)
        if loaded is not None:
            return loaded
        index = self._indices.get(tag)
        if index is None:
            what = f"tag {tag!r} of kind {self.KIND} in run {self._run!r}"
            raise KeyError(missing(what, tag, self))
        # Two threads that come here at once get the same object.
        return self._loaded.setdefault(tag, self._load(index))

    def __contains__(self, tag: object) -> bool:
        return tag in self._indices

    def __iter__(self) -> Iterator[str]:
        return iter(self._indices)

    def __len__(self) -> int:
        return len(self._indices)

    def __repr__(self) -> str:
        return table(count(len(self), "tag"), [(tag, repr(self[tag])) for tag in self])


class ScalarSeries(Series[Scalars]):
    """The tags that hold numbers."""

    __slots__ = ()
    KIND = "scalar"

    def _load(self, index: int) -> Scalars:
        return Scalars(*self._data.scalars(index))


class TextSeries(Series[Texts]):
    """The tags that hold texts."""

    __slots__ = ()
    KIND = "text"

    def _load(self, index: int) -> Texts:
        step, wall_time, texts = self._data.texts(index)
        value = np.empty(len(texts), dtype=object)
        for i, (shape, strings) in enumerate(texts):
            if shape is None:
                value[i] = strings[0]
            else:
                value[i] = np.array(strings, dtype=object).reshape(shape)
        return Texts(step, wall_time, value)


class Run:
    """One run: a directory with event files.

    Attributes:
        name: the run's name, its path relative to what was read, as TensorBoard shows it.
        scalars: the tags that hold numbers, each with its `Scalars`.
        texts: the tags that hold texts, each with its `Texts`. Tags are as in the file, where
            `add_text("x", ...)` writes `x/text_summary`.

    What a tag holds is decided as TensorBoard does, by its first value in the run: a
    `simple_value` is a scalar; else the value's metadata say, with data class `SCALAR`, or no
    data class and the plugin `scalars`, for scalars, and the plugin `text` for texts
    (`tensorboard/data_compat.py`, `tensorboard/dataclass_compat.py`). Values that do not fit, as a
    vector under a scalar tag, are left out.
    """

    __slots__ = ("_data", "name", "scalars", "texts")

    def __init__(self, name: str, data: _native.RunData) -> None:
        self.name = name
        self.scalars: Mapping[str, Scalars] = ScalarSeries(name, data)
        self.texts: Mapping[str, Texts] = TextSeries(name, data)
        self._data = data

    @property
    def tags(self) -> list[str]:
        """All tags that occur in the run, of any kind, in the order of their first values."""
        return self._data.tags()

    def __repr__(self) -> str:
        rows = [(tag, f"{kind}, {n}" if n else kind) for tag, kind, n in self._data.summary()]
        return table(f"Run {self.name!r}, {count(len(rows), 'tag')}", rows)


def table(title: str, rows: list[tuple[str, str]], limit: int = 20) -> str:
    """A title and at most `limit` rows of two columns, for a person to read."""
    shown = rows if len(rows) <= limit else rows[: limit - 1]
    width = max((len(name) for name, _ in shown), default=0)
    lines = [title + (":" if rows else ""), *(f"  {name:<{width}}  {text}" for name, text in shown)]
    if len(shown) < len(rows):
        lines.append(f"  ... and {len(rows) - len(shown)} more")
    return "\n".join(lines)


def count(number: int, what: str) -> str:
    """So many of them, in the singular or the plural."""
    return f"{number} {what}" + ("" if number == 1 else "s")


def missing(what: str, name: object, known: Iterable[str]) -> str:
    """The message of a `KeyError`, with what the caller may have meant."""
    known = list(known)
    close = difflib.get_close_matches(name, known, cutoff=0.4) if isinstance(name, str) else []
    if close:
        return f"no {what}; close: {', '.join(map(repr, close))}"
    return f"no {what}; there are {len(known)}" + (f", as {known[0]!r}" if known else "")
