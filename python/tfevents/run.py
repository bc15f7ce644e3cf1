"""One run: its tags, and views of them by kind."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from tfevents import _native
from tfevents.series import Histograms, Images, Scalars, Tensors, Texts
from tfevents.table import Table

T = TypeVar("T")

# The attributes of a run, and what the native module calls what they hold.
KINDS: dict[str, tuple[str, ...]] = {
    "scalars": ("scalar",),
    "histograms": ("histogram",),
    "images": ("image",),
    "audio": ("audio",),
    "texts": ("text",),
    "tensors": ("tensor",),
    "pr_curves": ("pr_curve",),
    "meshes": ("mesh",),
    "custom_scalars": ("custom_scalars",),
    "hparams": ("hparams",),
    "graph": ("graph", "meta_graph"),
    "run_metadata": ("run_metadata",),
    "session_logs": ("session_log",),
}


class Tagged(Mapping[str, T]):
    """Tags, each with what was read of it; a read-only mapping in file order."""

    # A thousand runs have thousands of these: what they do not hold, nobody has to collect.
    __slots__ = ("_indices", "_load", "_loaded", "_what")

    def __init__(self, what: str, indices: dict[str, int], load: Callable[[int], T]) -> None:
        self._what = what
        self._indices = indices
        self._load = load
        self._loaded: dict[str, T] = {}

    def __getitem__(self, tag: str) -> T:
        loaded = self._loaded.get(tag)
        if loaded is not None:
            return loaded
        index = self._indices.get(tag)
        if index is None:
            raise KeyError(missing(f"tag {tag!r} {self._what}", tag, self))
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


class RunScalars(Tagged[Scalars], Table):
    """The tags that hold numbers, each with its `Scalars`; also a `Table` of them all."""

    __slots__ = ("_data", "_run")

    def __init__(self, run: str, data: _native.RunData) -> None:
        what = f"of kind scalar in run {run!r}"
        super().__init__(what, data.indices("scalar"), lambda index: Scalars(*data.scalars(index)))
        self._data = data
        self._run = run

    def _runs(self) -> list[tuple[str, _native.RunData]]:
        return [(self._run, self._data)]


class Metadata(NamedTuple):
    """What a tag's first metadata say (`SummaryMetadata`)."""

    plugin_name: str
    """The plugin that shows the tag; empty where the file does not say it."""
    content: bytes
    """The plugin's own data, in an encoding of its own."""
    display_name: str
    """The name to show instead of the tag, or an empty string."""
    description: str
    """What it is, in Markdown, or an empty string."""
    data_class: int
    """`DataClass`: 0 unknown, 1 scalar, 2 tensor, 3 blob sequence."""


class Run:
    """One run: a directory with event files.

    What a tag holds is decided as TensorBoard does, by its first value in the run. A
    `simple_value`, a histogram, an image or a sound are what they are. Of a tensor the metadata
    say: data class `SCALAR`, or no data class and the plugin `scalars`, make it a scalar; the
    plugins `histograms`, `images`, `audio`, `text`, `pr_curves`, `mesh`, `custom_scalars` and
    `hparams` make it what they are called, if the data class does not say otherwise
    (`tensorboard/data_compat.py`, `tensorboard/dataclass_compat.py`). Values that do not fit, as a
    vector under a scalar tag, are left out.

    Attributes:
        name: the run's name, its path relative to what was read, as TensorBoard shows it.
    """

    __slots__ = ("_data", "_views", "name")

    def __init__(self, name: str, data: _native.RunData) -> None:
        self.name = name
        self._data = data
        self._views: dict[str, Any] = {}

    def _view(self, attribute: str, load: Callable[[_native.RunData, int], T]) -> Mapping[str, T]:
        view: Mapping[str, T] | None = self._views.get(attribute)
        if view is None:
            data = self._data
            (kind,) = KINDS[attribute]
            what = f"of kind {kind} in run {self.name!r}"
            view = Tagged(what, data.indices(kind), lambda index: load(data, index))
            view = self._views.setdefault(attribute, view)
        return view

    @property
    def tags(self) -> list[str]:
        """All tags that were read, of any kind, in the order of their first values."""
        return self._data.tags()

    @property
    def scalars(self) -> RunScalars:
        """The tags that hold numbers; also a `Table` of them all."""
        view: RunScalars | None = self._views.get("scalars")
        if view is None:
            view = self._views.setdefault("scalars", RunScalars(self.name, self._data))
        return view

    @property
    def texts(self) -> Mapping[str, Texts]:
        """The tags that hold texts.

        Tags are as in the file, where `add_text("x", ...)` writes `x/text_summary`.
        """
        return self._view("texts", Texts)

    @property
    def histograms(self) -> Mapping[str, Histograms]:
        """The tags that hold histograms."""
        return self._view("histograms", Histograms)

    @property
    def images(self) -> Mapping[str, Images]:
        """The tags that hold pictures."""
        return self._view("images", Images)

    @property
    def tensors(self) -> Mapping[str, Tensors]:
        """The tags that hold tensors of no kind that has an attribute of its own."""
        return self._view("tensors", Tensors)

    @property
    def metadata(self) -> Mapping[str, Metadata]:
        """What the file says about each tag."""
        view: Mapping[str, Metadata] | None = self._views.get("metadata")
        if view is None:
            data = self._data
            indices = {tag: index for index, tag in enumerate(data.tags())}
            what = f"in run {self.name!r}"
            view = Tagged(what, indices, lambda index: Metadata(*data.metadata(index)))
            view = self._views.setdefault("metadata", view)
        return view

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
