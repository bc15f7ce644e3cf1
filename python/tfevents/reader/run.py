"""One run: its tags, and views of them by kind."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from tfevents import _native
from tfevents._arguments import warn
from tfevents._text import shown
from tfevents.reader.views import Tabular, TabularScalars
from tfevents.series import (
    Audio,
    Graph,
    Histograms,
    HParams,
    Images,
    Layouts,
    Meshes,
    PrCurves,
    RunMetadatas,
    Scalars,
    SessionLog,
    Tensors,
    Texts,
    graph_of,
    mesh_names,
    session_log,
)
from tfevents.tables.kinds import Runs

T = TypeVar("T")
V = TypeVar("V", covariant=True)
Place = TypeVar("Place")

# The attributes of a run, and the native module's names for their kinds.
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


class Named(Mapping[str, V]):
    """A mapping whose `KeyError` says what there is instead, which takes a while."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def get(self, key, default=None):
            """What has this name, or else the default.

            Args:
                key: the name of a run, or a tag.
                default: what is given where it is missing.

            Raises:
                TypeError: a key that can't be hashed.

            Example:
                >>> log.get("exp9") is None
                True
            """
            # `Mapping.get` would have that error made for each name that is not there.
            return self[key] if key in self else default  # noqa: SIM401


class Tagged(Named[T], Generic[T, Place]):
    """Tags, each with what was read of it; a read-only mapping in file order."""

    # A thousand runs have thousands of these objects, so they have no `__dict__` to collect.
    __slots__ = ("_attribute", "_data", "_load", "_loaded", "_places", "_run")

    def __init__(
        self,
        run: str,
        attribute: str,
        data: _native.RunData,
        places: dict[str, Place],
        load: Callable[[Place], T],
    ) -> None:
        self._run = run
        self._attribute = attribute
        self._data = data
        self._places = places
        self._load = load
        self._loaded: dict[str, T] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (Run(self._run, self._data), self._attribute or "metadata")

    def _place(self, tag: object) -> Place | None:
        return self._places.get(tag)  # type: ignore[call-overload, no-any-return]

    def __getitem__(self, tag: str) -> T:
        loaded = self._loaded.get(tag)
        if loaded is not None:
            return loaded
        place = self._place(tag)
        if place is None:
            raise KeyError(self._missing(tag))
        # If two threads come here at the same time, they get the same object.
        return self._loaded.setdefault(tag, self._load(place))

    def _missing(self, tag: object) -> str:
        kinds = KINDS.get(self._attribute)
        what = f"tag {tag!r}{f' of kind {kinds[0]}' if kinds else ''} in run {self._run!r}"
        others = attributes_of(self._data, tag, self._attribute)
        if kinds and others:
            return f"no {what}: it is among its {' and '.join(others)}"
        return missing(what, tag, self)

    def __contains__(self, tag: object) -> bool:
        return self._place(tag) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __repr__(self) -> str:
        return table(count(len(self), "tag"), [(tag, repr(self[tag])) for tag in self])

    def _repr_html_(self) -> str:
        from tfevents.analysis import notebook

        return notebook.tags(self.items(), count(len(self), "tag"), len(self))


class RunScalars(Tagged[Scalars, int], TabularScalars):
    """The tags that hold numbers, each with its `Scalars`."""

    __slots__ = ()

    def __init__(self, run: str, data: _native.RunData) -> None:
        load = data.scalars
        places = data.indices("scalar")
        super().__init__(run, "scalars", data, places, lambda index: Scalars(*load(index)))

    def _runs(self) -> Runs:
        return [(self._run, self._data)]


class RunKind(Tagged[T, int], Tabular):
    """The tags of one kind, each with what it holds."""

    __slots__ = ()

    def _runs(self) -> Runs:
        return [(self._run, self._data)]


class RunMeshes(Tagged[Meshes, dict[str, int]], Tabular):
    """The names of three-dimensional shapes, each with what several tags hold of them."""

    __slots__ = ()

    def _runs(self) -> Runs:
        return [(self._run, self._data)]


class RunTexts(RunKind[Texts]):
    """The tags that hold texts; `add_text("x", …)` writes `x/text_summary`, which `x` finds too."""

    __slots__ = ()

    def _place(self, tag: object) -> int | None:
        place = super()._place(tag)
        return super()._place(f"{tag}/text_summary") if place is None else place


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


_NOTHING_SAID = Metadata("", b"", "", "", 0)


class Run:
    """One run: a directory with event files.

    Each value is of the kind that it says it is. A `simple_value`, a histogram, an image or a sound
    are what they are. Of a tensor the metadata say: data class `SCALAR`, or no data class and the
    plugin `scalars`, make it a scalar; the plugins `histograms`, `images`, `audio`, `text`,
    `pr_curves`, `mesh`, `custom_scalars` and `hparams` make it what they are called, if the data
    class does not say otherwise (`tensorboard/data_compat.py`,
    `tensorboard/dataclass_compat.py`). A tensor without metadata goes by the first of its tag in
    the run. One that does not fit what they say, as a vector where they say scalar, is among the
    `tensors`. A tag with values of several kinds is in the mapping of each.

    Attributes:
        name: the run's name, its path relative to what was read, as TensorBoard shows it.
    """

    __slots__ = ("_data", "_views", "name")

    def __init__(self, name: str, data: _native.RunData) -> None:
        self.name = name
        self._data = data
        self._views: dict[str, Any] = {}

    def _once(self, attribute: str, make: Callable[[], T]) -> T:
        """What `make` gives, made when it is first asked for."""
        found: T | None = self._views.get(attribute)
        return self._views.setdefault(attribute, make()) if found is None else found

    def _tags(
        self, attribute: str, load: Callable[[int], T], of: Callable[..., Any] = Tagged
    ) -> Any:
        def make() -> Any:
            (kind,) = KINDS[attribute]
            return of(self.name, attribute, self._data, self._data.indices(kind), load)

        return self._once(attribute, make)

    def _view(self, attribute: str, load: Callable[[int], T]) -> RunKind[T]:
        view: RunKind[T] = self._tags(attribute, load, RunKind)
        return view

    def __reduce__(self) -> tuple[Any, ...]:
        return Run, (self.name, self._data)

    @property
    def path(self) -> str:
        """The directory of its files."""
        return os.path.dirname(self.files[0])

    @property
    def files(self) -> list[str]:
        """The paths of its files, in the order of their names."""
        return self._data.files()

    def _times(self) -> tuple[float, float] | None:
        data = self._data
        all_times = [data.wall_times(index) for index in range(len(data.tags()))]
        there = [times for times in all_times if len(times)]
        if not there:
            return None
        return min(float(t.min()) for t in there), max(float(t.max()) for t in there)

    @property
    def start_time(self) -> float | None:
        """When the first of its values that were read was logged, in seconds since the epoch;
        `None` if there is none.
        """
        times = self._times()
        return None if times is None else times[0]

    @property
    def duration(self) -> float:
        """How many seconds lie between the first and the last of its values that were read."""
        times = self._times()
        return 0.0 if times is None else times[1] - times[0]

    @property
    def continued(self) -> bool:
        """Whether it holds only what came after the `state` with which it was read."""
        return self._data.is_continued()

    @property
    def tags(self) -> list[str]:
        """All tags that were read, of any kind, in the order of their first values."""
        return list(dict.fromkeys(self._data.tags()))

    @property
    def scalars(self) -> RunScalars:
        """The tags that hold numbers."""
        view: RunScalars | None = self._views.get("scalars")
        if view is None:
            view = self._views.setdefault("scalars", RunScalars(self.name, self._data))
        return view

    @property
    def texts(self) -> RunKind[Texts]:
        """The tags that hold texts.

        Tags are as in the file, where `add_text("x", ...)` writes `x/text_summary`; `texts["x"]`
        finds it too.
        """
        view: RunTexts = self._tags("texts", partial(Texts, self._data), RunTexts)
        return view

    @property
    def histograms(self) -> RunKind[Histograms]:
        """The tags that hold histograms."""
        return self._view("histograms", partial(Histograms, self._data))

    @property
    def images(self) -> RunKind[Images]:
        """The tags that hold pictures."""
        return self._view("images", partial(Images, self._data))

    @property
    def audio(self) -> RunKind[Audio]:
        """The tags that hold sounds."""
        return self._view("audio", partial(Audio, self._data))

    @property
    def tensors(self) -> RunKind[Tensors]:
        """The tags that hold tensors of no kind that has an attribute of its own, or that do not
        fit the kind that their metadata name.
        """
        return self._view("tensors", partial(Tensors, self._data))

    @property
    def pr_curves(self) -> RunKind[PrCurves]:
        """The tags that hold precision-recall curves."""
        return self._view("pr_curves", partial(PrCurves, self._data))

    @property
    def meshes(self) -> RunMeshes:
        """The names of three-dimensional shapes, each with what several tags hold of them."""

        def make() -> RunMeshes:
            data = self._data
            names = mesh_names(data, data.indices("mesh"))
            return RunMeshes(self.name, "meshes", data, names, lambda tags: Meshes(data, tags))

        return self._once("meshes", make)

    @property
    def custom_scalars(self) -> RunKind[Layouts]:
        """The tags that hold layouts of charts, mostly `custom_scalars__config__` alone."""
        return self._view("custom_scalars", partial(Layouts, self._data))

    @property
    def hparams(self) -> HParams:
        """The hyperparameters by name, with what is known of them and of the metrics.

        A `RuntimeWarning` tells of a tag that can't be decoded, which hides no other, and no other
        run's.
        """

        def make() -> HParams:
            found = HParams([])
            for tag, index in self._data.indices("hparams").items():
                try:
                    found._add(self._data.metadata(index)[1])
                except ValueError as error:
                    warn(f"run {self.name!r}, tag {tag!r}: left out ({error})")
            return found

        return self._once("hparams", make)

    @property
    def graph(self) -> Graph | None:
        """The graph that was logged last, if there is one; else that of the last meta graph."""
        for kind in KINDS["graph"]:
            for index in self._data.indices(kind).values():
                step, wall_time = self._data.times(index)
                last = len(step) - 1
                raw: bytes | None = self._data.raw(index, last)
                if kind == "meta_graph" and raw is not None:
                    raw = graph_of(raw)
                if raw is not None:
                    return Graph(raw, int(step[last]), float(wall_time[last]))
        return None

    @property
    def run_metadata(self) -> RunKind[RunMetadatas]:
        """What steps of a graph took, by the tags under which it was traced."""
        return self._view("run_metadata", partial(RunMetadatas, self._data))

    @property
    def session_logs(self) -> list[SessionLog]:
        """Starts and stops of the training program, in the order of the files."""
        data = self._data
        return [
            session_log(int(step), float(wall_time), data.raw(index, item))
            for index in data.indices("session_log").values()
            for item, (step, wall_time) in enumerate(zip(*data.times(index), strict=True))
        ]

    @property
    def metadata(self) -> Mapping[str, Metadata]:
        """What the file says about each tag."""

        def make() -> Mapping[str, Metadata]:
            data = self._data
            indices: dict[str, list[int]] = {}
            for index, tag in enumerate(data.tags()):
                indices.setdefault(tag, []).append(index)

            def load(indices: list[int]) -> Metadata:
                """Those of its first kind that has some."""
                all_kinds = [Metadata(*data.metadata(index)) for index in indices]
                return next((it for it in all_kinds if it != _NOTHING_SAID), _NOTHING_SAID)

            return Tagged(self.name, "", data, indices, load)

        return self._once("metadata", make)

    def _repr_html_(self) -> str:
        from tfevents.analysis import notebook

        return notebook.run(self)

    def __repr__(self) -> str:
        rows = [(tag, f"{kind}, {n}" if n else kind) for tag, kind, n in self._data.summary()]
        return table(f"Run {self.name!r}, {count(len(self.tags), 'tag')}", rows)


def attributes_of(data: _native.RunData, tag: object, but: str = "") -> list[str]:
    """The attributes of a run, but for one, that have a tag, or a text or a mesh that was logged
    under this name.
    """
    text = f"{tag}/text_summary"
    there = {
        kind for name, kind, _ in data.summary() if name == tag or (name, kind) == (text, "text")
    }
    if tag in mesh_names(data, data.indices("mesh")):
        there.add("mesh")
    return [name for name, native in KINDS.items() if name != but and there.intersection(native)]


def missing_tag(runs: Mapping[str, Run], tag: object, kind: str) -> KeyError:
    """The error of a tag that no run has of a kind, given by the name of a run's attribute."""
    what = f"tag {tag!r} among the {kind} of any run"
    for name, run in runs.items():
        if others := attributes_of(run._data, tag, kind):
            where = f"in run {name!r} it is among its {' and '.join(others)}"
            return KeyError(f"no {what}: {where}")
    known = dict.fromkeys(tag for run in runs.values() for tag in getattr(run, kind))
    return KeyError(missing(what, tag, known))


def table(title: str, rows: list[tuple[str, str]], limit: int = 20) -> str:
    """A title and at most `limit` rows of two columns, for a person to read."""
    first = rows if len(rows) <= limit else rows[: limit - 1]
    cells = [(shown(name), text) for name, text in first]
    width = max((len(name) for name, _ in cells), default=0)
    lines = [title + (":" if rows else ""), *(f"  {name:<{width}}  {text}" for name, text in cells)]
    if len(cells) < len(rows):
        lines.append(f"  ... and {len(rows) - len(cells)} more")
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
