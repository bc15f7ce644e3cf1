"""Mappings from names to runs, and questions about all runs together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import numpy as np

from tfevents import _native
from tfevents.reader import selection
from tfevents.reader.run import (
    KINDS,
    Named,
    Run,
    RunKind,
    RunMeshes,
    RunScalars,
    count,
    missing,
    missing_tag,
    table,
)
from tfevents.reader.views import TableKind, Tabular, TabularScalars
from tfevents.series import (
    Audio,
    Histograms,
    HParams,
    Images,
    Layouts,
    PrCurves,
    RunMetadatas,
    Tensors,
    Texts,
)
from tfevents.tables import Columnar
from tfevents.tables import Runs as TableRuns
from tfevents.tables.columns import Categories
from tfevents.tables.kinds import run_names

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow
    from matplotlib.axes import Axes

    from tfevents.analysis.aggregate import Align, By, Stat
    from tfevents.analysis.trials import Metrics

V = TypeVar("V", covariant=True)

KindName = Literal[TableKind, "hparams", "graph", "session_logs"]
"""The kinds, by the names of a run's attributes."""


class Runs(Named[Run]):
    """A read-only mapping from the names of runs to the runs."""

    def __init__(self, data: dict[str, _native.RunData]) -> None:
        # The data of the runs, and the `Run` objects that were made so far. Both are replaced
        # together.
        self._contents: tuple[dict[str, _native.RunData], dict[str, Run]] = data, {}

    @property
    def runs(self) -> list[str]:
        """The names of the runs."""
        return list(self._contents[0])

    def __getitem__(self, name: str) -> Run:
        runs, loaded = self._contents
        run = loaded.get(name)
        if run is not None:
            return run
        data = runs.get(name)
        if data is None:
            raise KeyError(missing(f"run {name!r}", name, runs))
        return loaded.setdefault(name, Run(name, data))

    def __contains__(self, name: object) -> bool:
        return name in self._contents[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._contents[0])

    def __len__(self) -> int:
        return len(self._contents[0])

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Runs, (self._contents[0],)

    # The views by kind.

    @property
    def scalars(self) -> LogScalars:
        """The scalars of all runs, by the names of runs."""
        return LogScalars(self, "scalars")

    @property
    def histograms(self) -> LogKind[RunKind[Histograms]]:
        """The histograms of all runs, by the names of runs."""
        return LogKind(self, "histograms")

    @property
    def images(self) -> LogKind[RunKind[Images]]:
        """The pictures of all runs, by the names of runs."""
        return LogKind(self, "images")

    @property
    def audio(self) -> LogKind[RunKind[Audio]]:
        """The sounds of all runs, by the names of runs."""
        return LogKind(self, "audio")

    @property
    def texts(self) -> LogKind[RunKind[Texts]]:
        """The texts of all runs, by the names of runs."""
        return LogKind(self, "texts")

    @property
    def tensors(self) -> LogKind[RunKind[Tensors]]:
        """The tensors of all runs, by the names of runs."""
        return LogKind(self, "tensors")

    @property
    def pr_curves(self) -> LogKind[RunKind[PrCurves]]:
        """The precision-recall curves of all runs, by the names of runs."""
        return LogKind(self, "pr_curves")

    @property
    def meshes(self) -> LogKind[RunMeshes]:
        """The three-dimensional shapes of all runs, by the names of runs."""
        return LogKind(self, "meshes")

    @property
    def custom_scalars(self) -> LogKind[RunKind[Layouts]]:
        """The layouts of charts of all runs, by the names of runs."""
        return LogKind(self, "custom_scalars")

    @property
    def run_metadata(self) -> LogKind[RunKind[RunMetadatas]]:
        """What steps of graphs took in all runs, by the names of runs."""
        return LogKind(self, "run_metadata")

    @property
    def hparams(self) -> LogHParams:
        """The hyperparameters of all runs, by the names of runs; their table has a row a trial."""
        return LogHParams(self, "hparams")

    # Questions about all runs.

    def tag(self, tag: str, kind: KindName = "scalars") -> dict[str, Any]:
        """What the runs hold under one tag, by the names of the runs that have it.

        Args:
            tag: the tag.
            kind: the kind, by the name of a run's attribute.

        Raises:
            KeyError: no run has it; the message says what is like it.

        Example:
            >>> for name, loss in log.tag("loss").items():
            ...     print(name, loss.min())
            exp1 0.5
            exp2 0.25
        """
        if kind not in get_args(TableKind):
            known = ", ".join(get_args(TableKind))
            raise ValueError(f"kind: expected one that has tags, {known}, got {kind!r}")
        views = {name: getattr(run, kind) for name, run in self.items()}
        found = {name: view[tag] for name, view in views.items() if tag in view}
        if not found:
            raise missing_tag(self, tag, kind)
        return found

    def filter(
        self,
        *,
        runs: selection.Patterns | Callable[[Run], object] | None = None,
        tags: selection.Patterns | None = None,
    ) -> Runs:
        """Some of the runs, with some of their tags. Nothing is read or copied.

        Args:
            runs: names, globs or compiled regular expressions, as for `read`; or a function that
                gets a `Run` and says whether it is wanted. What `add_hparams` wrote to a run of
                its own is in `hparams` of that run only.
            tags: likewise names, globs or compiled regular expressions. Hyperparameters stay.

        Raises:
            TypeError, ValueError: a pattern that is none.

        Example:
            >>> log.filter(runs=lambda run: run.hparams.get("lr") == 0.1).runs
            ['exp1']
        """
        runs, tags = selection.kept(runs), selection.kept(tags)
        wants_tag = selection.matcher("tags", tags)
        if runs is None or isinstance(runs, str) or not callable(runs):
            matches = selection.matcher("runs", runs)
            chosen = [name for name in self if matches is None or matches(name)]
            # There is no warning if the caller selects nothing.
            if runs and not chosen:
                selection.tell_unmatched("runs", runs, self.runs)
        else:
            chosen = [name for name, run in self.items() if runs(run)]
        data = {name: self._contents[0][name] for name in chosen}
        if wants_tag is not None:
            tags_there = dict.fromkeys(
                tag for one in data.values() for tag, kind, _ in one.summary() if kind != "hparams"
            )
            data = {
                name: one.only({tag for tag in one.tags() if wants_tag(tag)})
                for name, one in data.items()
            }
            if tags and tags_there and not any(map(wants_tag, tags_there)):
                selection.tell_unmatched("tags", tags, list(tags_there))
        return Runs(data)

    def summary(self) -> Columnar:
        """What there is, as a table with a row a run, tag and kind: `run`, `tag`, `kind`, `count`,
        `first_step` and `last_step`, the least and the greatest, `last_value` (of scalars), the
        last in file order.
        """
        rows = []
        runs, _ = self._contents
        for name, data in zip(run_names(runs), runs.values(), strict=True):
            tags = zip(data.summary(), data.extents(), strict=True)
            for index, ((tag, kind, number), extent) in enumerate(tags):
                value = data.scalars(index)[2] if kind == "scalar" else np.empty(0)
                first, last = (None, None) if extent is None else extent[:2]
                attribute = next((a for a, n in KINDS.items() if kind in n), kind)
                final = float(value[-1]) if len(value) else None
                rows.append((name, tag, attribute, number, first, last, final))
        columns = list(zip(*rows, strict=True)) if rows else [()] * 7
        names = ("run", "tag", "kind", "count", "first_step", "last_step", "last_value")
        holds = ("category", "category", "text", *["int64"] * 3, "float64")
        types = dict(zip(names, holds, strict=True))
        data_of: dict[str, Any] = {
            name: list(column) for name, column in zip(names, columns, strict=True)
        }
        for name in ("run", "tag"):
            data_of[name] = Categories.of(data_of[name])
        for name in names[3:]:
            column, mask = data_of[name], [number is None for number in data_of[name]]
            numbers = np.array([0 if it is None else it for it in column], types[name])
            data_of[name] = np.ma.MaskedArray(numbers, mask) if any(mask) else numbers
        return Columnar(types, len(rows), data_of)

    def aggregate(
        self,
        tag: str,
        by: By = None,
        *,
        align: Align = "union",
        every: int | None = None,
        stats: Sequence[Stat] = ("mean", "std", "min", "max", "count"),
    ) -> Columnar:
        """One curve for the runs of a group, such as the seeds of a configuration: statistics over
        the runs at each step.

        Of several points of a run at a step the last counts. A value that is NaN is none. A run
        that `add_hparams` made is a part of the one that it lies in, which has its hyperparameters:
        its own values count only where that one has none, or has several such parts that belong to
        different groups.

        Args:
            tag: a tag of scalars. Runs without it are left out.
            by: what the runs of a group have in common. A name of a hyperparameter, or several:
                runs without any are left out. A compiled regular expression: what its groups match
                in the name of the run, or else all of the match; runs in which it finds none are
                left out. A function of a `Run`: what it returns, if not `None`. `None`: all runs.
            align: what becomes of runs that have their points at different steps. `"union"`: each
                step that any run of the group has, with the values of the runs that have one there;
                a warning says where that compares little. `"interp"`: the same steps, with the
                values of others between their first and their last step interpolated. `"bin"`: each
                run's mean over `every` steps, at the first of these.
            every: how many steps a bin has; by default so many as lie between two points of the run
                that has the fewest.
            stats: statistics over the runs: `"mean"`, `"std"` and `"sem"` (of a sample: NaN of one
                run), `"median"`, `"min"`, `"max"`, `"count"`, how many runs have a value.

        Returns:
            A table with a row a group and step: the columns of the group, called as the
            hyperparameters or the groups of the expression are, or else `group`; `step`; and the
            statistics. One of the group that is called as another column is gets an underscore.

        Raises:
            KeyError: no run has the tag.
            ValueError, TypeError: an argument can't be used.

        Example:
            >>> log.aggregate("loss", by="lr", stats=["mean", "count"])  # doctest: +SKIP
            >>> seeds = re.compile("(?P<config>.*)/seed")
            >>> log.aggregate("val/acc", by=seeds).to_polars()  # doctest: +SKIP
        """
        from tfevents.analysis.aggregate import aggregate

        return aggregate(self, tag, by, align=align, every=every, stats=stats)

    def plot(
        self,
        tag: str,
        *,
        by: By = None,
        smooth: float = 0.0,
        band: Literal["std", "sem", "minmax"] | None = "std",
        align: Align = "union",
        every: int | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draws a tag of scalars: a line a run, or with `by` a line a group, the mean of its runs.
        The runs that `add_hparams` made are parts of others, as for `aggregate`.

        Args:
            tag: the tag.
            by: what the runs of a group have in common, as for `aggregate`.
            smooth: how much the values are smoothed first, as by `Scalars.smooth`. What they are
                without it is drawn faintly behind a line of a single run.
            band: what is shaded around the mean of a group: the standard deviation, the standard
                error of the mean, or from the least to the greatest; `None` for nothing.
            align, every: as for `aggregate`.
            ax: where to draw; by default in a figure of its own.

        Returns:
            The axes.

        Raises:
            ImportError: matplotlib is not installed, as it is with `tfevents[plot]`.
            KeyError: no run has the tag.

        Example:
            >>> log.plot("loss", by="lr")  # doctest: +SKIP
        """
        from tfevents.analysis import plots

        return plots.curves(
            self, tag, by=by, smooth=smooth, band=band, align=align, every=every, ax=ax
        )

    def _title(self) -> str:
        return count(len(self), "run")

    def __repr__(self) -> str:
        runs, _ = self._contents
        rows = [(name, _summary(data.summary())) for name, data in runs.items()]
        return table(self._title(), rows)

    def _repr_html_(self) -> str:
        from tfevents.analysis import notebook

        return notebook.log(self, self._title())


def _summary(tags: list[tuple[str, str, int]]) -> str:
    """A run in a few words."""
    points = sum(n for _, kind, n in tags if kind == "scalar")
    texts = sum(n for _, kind, n in tags if kind == "text")
    parts = [count(len({tag for tag, *_ in tags}), "tag"), count(points, "point")]
    if texts:
        parts.append(count(texts, "text"))
    return ", ".join(parts)


class _ByRun(Named[V]):
    """What the runs of a log have of one kind, by the names of runs."""

    __slots__ = ("_attribute", "_log")

    # What it has of a run.
    _ITEM = "tag"

    def __init__(self, log: Runs, attribute: str) -> None:
        self._log = log
        self._attribute = attribute

    def __getitem__(self, name: str) -> V:
        found: V = getattr(self._log[name], self._attribute)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._log

    def __iter__(self) -> Iterator[str]:
        return iter(self._log)

    def __len__(self) -> int:
        return len(self._log)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def _runs(self) -> TableRuns:
        return list(self._log._contents[0].items())

    def __repr__(self) -> str:
        rows = [(name, count(len(self[name]), self._ITEM)) for name in self]  # type: ignore[arg-type]
        return table(f"{self._attribute} of {count(len(self), 'run')}", rows)

    def _repr_html_(self) -> str:
        from tfevents.analysis import notebook

        named = ((f"{run}: {tag}", view[tag]) for run, view in self.items() for tag in view)  # type: ignore[attr-defined,index]
        total = sum(map(len, self.values()))  # type: ignore[arg-type]
        title = f"{self._attribute} of {count(len(self), 'run')}"
        return notebook.tags(named, title, total, self._ITEM)


class LogKind(_ByRun[V], Tabular):
    """What the runs of a log have of one kind: a read-only mapping by the names of runs."""

    __slots__ = ()


class LogScalars(_ByRun[RunScalars], TabularScalars):
    """The scalars of all runs: a read-only mapping by the names of runs."""

    __slots__ = ()
    _BY_RUN = True


class LogHParams(_ByRun[HParams]):
    """The hyperparameters of all runs: a read-only mapping by the names of runs."""

    __slots__ = ()
    _ITEM = "hyperparameter"

    def table(self, metrics: Metrics = "last") -> Columnar:
        """A row a trial, which is a run with hyperparameters: its name, `trial`; the `run` that it
        belongs to; its hyperparameters; its metrics.

        The runs of their own that `add_hparams` makes, in a directory called as the time is, belong
        to the run that they lie in, and have its metrics.

        Args:
            metrics: which value of each metric: `"last"`, `"min"`, `"max"`, `"mean"` (without NaNs,
                where there is something else), or `"best"`, which is the least of tags that are
                called a loss or an error, and the greatest of others. Metrics are the tags that
                were named as such, in the run or for the experiment in a run above it, or else all
                scalars of the run, or where it has none, of the runs below it. A mapping says for
                each tag that is wanted which value. A tag that the run does not have itself is
                looked for in the runs below it; where several have it, there is a column for each.

        Raises:
            KeyError: no trial has a metric that is asked for.

        Example:
            >>> log.hparams.table({"loss": "min"})  # doctest: +SKIP
        """
        from tfevents.analysis import trials

        return trials.table(self._log, metrics)

    def to_pandas(self, metrics: Metrics = "last") -> pandas.DataFrame:
        """The table as a `pandas.DataFrame`.

        Args:
            metrics: as for `table`.

        Raises:
            KeyError: as for `table`.
            ImportError: pandas is not installed.

        Example:
            >>> log.hparams.to_pandas({"loss": "min"})  # doctest: +SKIP
        """
        return self.table(metrics).to_pandas()

    def to_polars(self, metrics: Metrics = "last") -> polars.DataFrame:
        """The table as a `polars.DataFrame`.

        Args:
            metrics: as for `table`.

        Raises:
            KeyError: as for `table`.
            ImportError: polars is not installed.

        Example:
            >>> log.hparams.to_polars({"loss": "min"})  # doctest: +SKIP
        """
        return self.table(metrics).to_polars()

    def to_arrow(self, metrics: Metrics = "last") -> pyarrow.Table:
        """The table as a `pyarrow.Table`.

        Args:
            metrics: as for `table`.

        Raises:
            KeyError: as for `table`.
            ImportError: pyarrow is not installed.

        Example:
            >>> log.hparams.to_arrow({"loss": "min"})  # doctest: +SKIP
        """
        return self.table(metrics).to_arrow()
