"""Trials: hyperparameters together with their metrics."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np

from tfevents._text import as_unicode
from tfevents.reader.run import Run, missing
from tfevents.series import Scalars
from tfevents.tables import Columnar
from tfevents.tables.columns import Categories
from tfevents.tables.kinds import distinct, run_names

Choice = Literal["last", "min", "max", "mean", "best"]
CHOICES = ("last", "min", "max", "mean", "best")
Metrics = Choice | Mapping[str, Choice]

# torch names the runs of `add_hparams` by the time.
_TIME = re.compile(r"\d+(\.\d+)?")
# Names of metrics that are better if they are less.
_LESS = re.compile(
    r"loss|error|cost|perplexity|cross.?entropy"
    r"|(^|[^a-z])(err|ppl|r?msl?e|mae|s?mape|nll|bce|wer|cer|eer|ece|fid|kld?)([^a-z]|$)",
    re.I,
)


@dataclass(frozen=True, eq=False)
class Trial:
    """Hyperparameters, and where their metrics are.

    Attributes:
        name: the run that the hyperparameters were logged in.
        run: the run that it belongs to: itself, or the one above it, of which `add_hparams` made
            it a part.
        hparams: the hyperparameters by name.
        metrics: the tags that were named as metrics, in the run or for the experiment above it.
        sources: the runs that have its metrics: itself and the one that it belongs to.
    """

    name: str
    run: str
    hparams: Mapping[str, Any]
    metrics: list[str]
    sources: list[Run]
    _find_below: Callable[[], dict[str, Run]]

    @cached_property
    def below(self) -> dict[str, Run]:
        """The runs below these, by the rest of their names."""
        return self._find_below()

    def tags(self, *, every: bool = False) -> list[str]:
        """The tags of all that is known as metrics, or else of all scalars, or else of the scalars
        of runs below that are no trials; with `every` of all these.
        """
        if self.metrics and not every:
            return self.metrics
        own = [tag for run in self.sources for tag in run.scalars]
        if every or not own:
            own += [tag for run in self.below.values() if not run.hparams for tag in run.scalars]
        return list(dict.fromkeys(own))

    def series(self, tag: str) -> dict[str, list[Scalars]]:
        """The scalars of a metric, by the names of columns: that of the tag, or where several runs
        below have it, with their names before it.
        """
        here = [run.scalars[tag] for run in self.sources if tag in run.scalars]
        if here:
            return {tag: here}
        below = {name: run.scalars[tag] for name, run in self.below.items() if tag in run.scalars}
        if len(below) == 1:
            return {tag: list(below.values())}
        return {f"{name}/{tag}": [found] for name, found in below.items()}


def trials(runs: Mapping[str, Run]) -> list[Trial]:
    """The trials among runs, in their order."""
    chosen = {name: run for name, run in runs.items() if len(run.hparams)}
    children: dict[str, list[str]] = {}
    for name in chosen:
        children.setdefault(_above(name), []).append(name)
    experiments = {
        name: run.hparams.metrics
        for name, run in runs.items()
        if name not in chosen and run.hparams.metrics
    }
    logged = {tag for run in runs.values() for tag in run.scalars} if experiments else set()
    names = sorted(runs)
    places = {name: place for place, name in enumerate(runs)}

    def below(owner: str, name: str) -> dict[str, Run]:
        """The runs below one, but for another, by the rest of their names."""
        prefix = "" if owner == "." else f"{owner}/"
        # All that begins with it is between it and the character that comes after the slash.
        end = bisect_left(names, f"{owner}0") if prefix else len(names)
        within = sorted(names[bisect_left(names, prefix) : end], key=places.__getitem__)
        return {
            other[len(prefix) :]: runs[other] for other in within if other not in (name, owner, ".")
        }

    def metrics(name: str) -> list[str]:
        """Those that a run names, or else those of its experiment that any run has. Keras's
        callback names none, and calls the tags otherwise than most experiments do.
        """
        named = chosen[name].hparams.metrics
        while not named and name != ".":
            name = _above(name)
            named = [tag for tag in experiments.get(name, ()) if tag in logged]
        return named

    found = []
    for name, run in chosen.items():
        above = _above(name)
        parent = runs.get(above) if above != name else None
        signs = (
            bool(_TIME.fullmatch(_last(name))),
            len(children[above]) == 1,
            # These may be there and not have been selected, so that two signs are enough.
            parent is not None and bool(parent.scalars),
        )
        belongs = above not in chosen and above not in experiments and sum(signs) > 1
        owner = parent if belongs and parent is not None else run
        sources = [run] if owner is run else [owner, run]
        find = partial(below, owner.name, name)
        found.append(Trial(name, owner.name, run.hparams, metrics(name), sources, find))
    return found


def _above(name: str) -> str:
    return name.rpartition("/")[0] or "."


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def table(runs: Mapping[str, Run], metrics: Metrics = "last") -> Columnar:
    """A row a trial; see `LogHParams.table`."""
    rows = trials(runs)
    wanted = _wanted(rows, metrics)
    names = list(dict.fromkeys(name for row in rows for name in row.hparams))
    values: list[dict[str, float]] = []
    # The columns of each tag, of which there is at least one.
    columns_of: dict[str, dict[str, None]] = {tag: {} for tag in wanted or ()}
    for row in rows:
        tags = row.tags() if wanted is None else wanted
        found: dict[str, float] = {}
        for tag in tags:
            choice = metrics[tag] if isinstance(metrics, Mapping) else metrics
            for column, series in row.series(tag).items():
                if any(map(len, series)):
                    found[column] = trial_value(series, tag, choice)
                    columns_of.setdefault(tag, {})[column] = None
        values.append(found)
    every = (column for tag, several in columns_of.items() for column in several or [tag])
    columns = list(dict.fromkeys(every))
    labels = distinct(["trial", "run", *names, *columns])[2:]
    types = {"trial": "text", "run": "category"}
    as_text = dict(zip(runs, run_names(runs), strict=True))
    data: dict[str, Any] = {
        "trial": [as_text[row.name] for row in rows],
        "run": Categories.of([as_text[row.run] for row in rows]),
    }
    for label, name in zip(labels, names, strict=False):
        types[label], data[label] = column_of([row.hparams.get(name) for row in rows])
    for label, column in zip(labels[len(names) :], columns, strict=True):
        types[label] = "float64"
        numbers = np.array([found.get(column, np.nan) for found in values], np.float64)
        # A metric may be NaN without being missing.
        data[label] = np.ma.MaskedArray(numbers, [column not in found for found in values])
    return Columnar(types, len(rows), data)


def _wanted(rows: list[Trial], metrics: Metrics) -> list[str] | None:
    """The tags that are asked for; `None` for what each trial has."""
    choices: Iterable[object] = metrics.values() if isinstance(metrics, Mapping) else [metrics]
    for choice in choices:
        if choice not in CHOICES:
            raise ValueError(f"metrics: expected one of {', '.join(CHOICES)}, got {choice!r}")
    if not isinstance(metrics, Mapping):
        return None
    for tag in metrics:
        if rows and not any(row.series(tag) for row in rows):
            known = dict.fromkeys(tag for row in rows for tag in row.tags())
            raise KeyError(missing(f"metric {tag!r} in any trial", tag, known))
    return list(metrics)


def trial_value(series: Sequence[Scalars], tag: str, choice: str) -> float:
    """The value of a metric that is chosen."""
    values = np.concatenate([one.value for one in series])
    if choice == "best":
        choice = "min" if _LESS.search(tag) else "max"
    if choice == "last" or np.isnan(values).all():
        return float(values[-1])
    if choice == "mean":
        # The mean of both infinities is NaN.
        with np.errstate(invalid="ignore"):
            return float(np.nanmean(values))
    return float(np.nanmin(values) if choice == "min" else np.nanmax(values))


def column_of(values: Sequence[Any]) -> tuple[str, Any]:
    """The type of a column of hyperparameters, and what it holds; `None` where one is missing."""
    there = [value for value in values if value is not None]
    mask = [value is None for value in values]
    if there and all(isinstance(value, bool) for value in there):
        return "bool", np.ma.MaskedArray([bool(value) for value in values], mask)
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in there):
        if there and all(isinstance(value, int) and abs(value) < 2**63 for value in there):
            return "int64", np.ma.MaskedArray([value or 0 for value in values], mask)
        return "float64", np.ma.MaskedArray([0.0 if v is None else float(v) for v in values], mask)
    return "text", [None if value is None else as_unicode(str(value)) for value in values]
