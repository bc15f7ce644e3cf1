"""Combines the curves of many runs, such as seeds, into one curve."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfevents._arguments import is_iterable, warn
from tfevents.analysis.trials import column_of, trials
from tfevents.reader.run import Run, count, missing, missing_tag
from tfevents.series import Scalars
from tfevents.tables import Columnar
from tfevents.tables.kinds import distinct

By = str | Sequence[str] | re.Pattern[str] | Callable[[Run], Hashable] | None
Align = Literal["union", "interp", "bin"]
Key = tuple[Any, ...]
Stat = Literal["mean", "std", "sem", "median", "min", "max", "count"]
STATS: tuple[Stat, ...] = ("mean", "std", "sem", "median", "min", "max", "count")


class Group(NamedTuple):
    """Runs that belong together."""

    key: Key
    """What they have in common, with a value for each column."""
    runs: list[str]
    """Their names."""
    series: list[Scalars]
    """The scalars of each."""

    @property
    def label(self) -> str:
        """The key for a person to read."""
        return ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in self.key)


class Groups(NamedTuple):
    """Groups in the order of their keys, and what the parts of the keys are called."""

    names: list[str]
    groups: list[Group]


def grouped(runs: Mapping[str, Run], tag: str, by: By) -> Groups:
    """The scalars of a tag, by what runs have in common."""
    series = {name: run.scalars[tag] for name, run in runs.items() if tag in run.scalars}
    if not series:
        raise missing_tag(runs, tag, "scalars")
    names, key = _keys(runs, by)
    keys_of = {name: key(name) for name in series}
    _join_parts(runs, keys_of, key)
    found: dict[Key, list[str]] = {}
    for name, value in keys_of.items():
        if value is not None:
            found.setdefault(value, []).append(name)
    if not found:
        raise ValueError(f"by: no run with {tag!r} is in any group by {by!r}")
    keys = sorted(found, key=_order)
    return Groups(names, [Group(k, found[k], [series[n] for n in found[k]]) for k in keys])


def _join_parts(
    runs: Mapping[str, Run], keys_of: dict[str, Key | None], key: Callable[[str], Key | None]
) -> None:
    """Leaves out what `add_hparams` repeats of a curve in a run of its own, which is no seed."""
    parts: dict[str, list[str]] = {}
    for trial in trials(runs):
        if trial.run != trial.name and trial.run in keys_of:
            parts.setdefault(trial.run, []).append(trial.name)
    for owner, names in parts.items():
        if keys_of[owner] is None:
            # Only its parts have hyperparameters. Of several trials, none has the curve alone.
            shared = set(map(key, names))
            keys_of[owner] = shared.pop() if len(shared) == 1 else None
        if keys_of[owner] is not None:
            for name in names:
                keys_of.pop(name, None)


def _wrong(by: object) -> TypeError:
    return TypeError(
        "by: expected names of hyperparameters, a compiled regular expression or a function, "
        f"got {by!r}"
    )


def _plain(value: Any) -> Any:
    """A part of a key, with Python's numbers, and one NaN, which equals itself."""
    if isinstance(value, np.generic):
        value = value.item()
    return math.nan if isinstance(value, float) and math.isnan(value) else value


def _order(key: tuple[Any, ...]) -> list[tuple[int, Any]]:
    """Numbers by their size, NaN, the rest by its text; what is missing comes last."""

    def place(value: Any) -> tuple[int, Any]:
        if isinstance(value, (int, float)):
            return (1, 0) if math.isnan(value) else (0, value)
        return (3, 0) if value is None else (2, str(value))

    return [place(value) for value in key]


def _keys(runs: Mapping[str, Run], by: By) -> tuple[list[str], Callable[[str], Key | None]]:
    """The names of a key's parts, and what gives the key of a run, or `None` of one to leave."""
    if by is None:
        return [], lambda name: ()
    if isinstance(by, re.Pattern):
        pattern = by
        named = {number: name for name, number in pattern.groupindex.items()}
        number = max(pattern.groups, 1)
        names = [named.get(i, f"group{i}" if number > 1 else "group") for i in range(1, number + 1)]

        def matched(name: str) -> Key | None:
            match = pattern.search(name)
            if match is None:
                return None
            return match.groups() if pattern.groups else (match[0],)

        return names, matched
    if callable(by):
        function = by

        def called(name: str) -> Key | None:
            key = function(runs[name])
            if not isinstance(key, Hashable):
                raise TypeError(
                    f"by: expected what can be a key, got {type(key).__name__} of {name!r}"
                )
            return None if key is None else (_plain(key),)

        return ["group"], called
    if not is_iterable(by):
        raise _wrong(by)
    chosen = [by] if isinstance(by, str) else list(by)
    hparams = {trial.name: trial.hparams for trial in trials(runs)}
    known = dict.fromkeys(name for values in hparams.values() for name in values)
    for name in chosen:
        if not isinstance(name, str):
            raise _wrong(by)
        if name not in known:
            raise ValueError(f"by: {missing(f'hyperparameter {name!r} in any run', name, known)}")

    def looked_up(name: str) -> Key | None:
        values = hparams.get(name)
        return None if values is None else tuple(_plain(values.get(one)) for one in chosen)

    return chosen, looked_up


def aggregate(
    runs: Mapping[str, Run],
    tag: str,
    by: By = None,
    *,
    align: Align = "union",
    every: int | None = None,
    smooth: float = 0.0,
    stats: Sequence[Stat] = ("mean", "std", "min", "max", "count"),
) -> Columnar:
    """A row a group and step; see `Log.aggregate`."""
    if isinstance(stats, str) or not is_iterable(stats):
        raise TypeError(f"stats: expected several, got {stats!r}")
    chosen = list(stats)
    for stat in chosen:
        if stat not in STATS:
            raise ValueError(f"stats: expected some of {', '.join(STATS)}, got {stat!r}")
    names, groups = grouped(runs, tag, by)
    own = ["step", *chosen]
    # A hyperparameter may have the name of another column.
    labels = distinct([*own, *names])
    lengths, keys, columns = [], [], []
    for group, steps, values in aligned(groups, align, every, smooth):
        lengths.append(len(steps))
        keys.append(group.key)
        columns.append([steps, *(of(values, stat) for stat in chosen)])
    types: dict[str, str] = {}
    data: dict[str, Any] = {}
    for label, part in zip(labels[len(own) :], zip(*keys, strict=True), strict=True):
        types[label], column = column_of(part)
        if isinstance(column, list):
            pairs = zip(column, lengths, strict=True)
            data[label] = [value for value, rows in pairs for _ in range(rows)]
        else:
            data[label] = (
                np.ma.repeat(column, lengths)
                if column.mask.any()
                else np.repeat(column.data, lengths)
            )
    for label, name, parts in zip(labels, own, zip(*columns, strict=True), strict=False):
        types[label] = "int64" if name in ("step", "count") else "float64"
        data[label] = np.concatenate(parts)
    return Columnar(types, sum(lengths), data)


def of(values: NDArray[np.float64], stat: Stat) -> NDArray[Any]:
    """A statistic of runs, [runs, steps], without NaNs: a number for each step.

    `std` and `sem` are those of a sample (`ddof=1`), NaN of a single run.
    """
    counts: NDArray[np.int64] = np.count_nonzero(~np.isnan(values), axis=0)
    if stat == "count":
        return counts
    with np.errstate(invalid="ignore", divide="ignore"):
        if stat in ("min", "max"):
            reduced: NDArray[Any] = (np.fmin if stat == "min" else np.fmax).reduce(values, axis=0)
            return reduced
        mean: NDArray[np.float64] = np.nansum(values, axis=0) / counts
        if stat == "mean":
            return mean
        if stat == "median":
            result = np.full(values.shape[1], np.nan)
            there = counts > 0
            result[there] = np.nanmedian(values[:, there], axis=0)
            return result
        # The deviation of infinite values is NaN, which must not count as a missing value.
        deviations = np.where(np.isnan(values), 0.0, values - mean)
        squares = np.sum(deviations**2, axis=0) / np.maximum(counts - 1, 0)
        deviation: NDArray[np.float64] = np.where(counts < 2, np.nan, np.sqrt(squares))
        return deviation if stat == "std" else deviation / np.sqrt(counts)


def aligned(
    groups: Sequence[Group], align: Align, every: int | None = None, smooth: float = 0.0
) -> Iterator[tuple[Group, NDArray[np.int64], NDArray[np.float64]]]:
    """Each group with its steps and the values of its runs there, float64[runs, steps], NaN where
    one has none.
    """
    if align not in ("union", "interp", "bin"):
        raise ValueError(f"align must be 'union', 'interp' or 'bin', not {align!r}")
    if every is not None and align != "bin":
        raise ValueError("every: only align='bin' has bins")
    if align == "bin" and every is None:
        every = _spacing([one for group in groups for one in group.series])
    for group in groups:
        prepared = []
        for series in group.series:
            one = _increasing(series)
            one = one.smooth(smooth) if smooth else one
            one = one.resample(every=every) if every is not None else one
            prepared.append((one.step, one.value))
        steps = np.unique(np.concatenate([step for step, _ in prepared]))
        values = np.full((len(prepared), len(steps)), np.nan)
        for row, (step, value) in zip(values, prepared, strict=True):
            there = ~np.isnan(value)
            if align == "interp" and there.any():
                row[:] = np.interp(steps, step[there], value[there], np.nan, np.nan)
            else:
                row[np.searchsorted(steps, step)] = value
        if align == "union":
            _tell_gaps(group, steps, prepared)
        yield group, steps, values


def _increasing(series: Scalars) -> Scalars:
    """By increasing steps; of several points at a step the last."""
    if not (series.step[1:] > series.step[:-1]).all():
        _, from_end = np.unique(series.step[::-1], return_index=True)
        return series[len(series) - 1 - from_end]
    return series


def _spacing(several: Sequence[Scalars]) -> int:
    """How many steps lie between points, of the series that has the fewest for its length."""
    steps = [np.unique(one.step) for one in several]
    return max([1, *(int(np.median(np.diff(one))) for one in steps if len(one) > 1)])


def _tell_gaps(
    group: Group,
    steps: NDArray[np.int64],
    prepared: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]],
) -> None:
    """Warns where runs that go on beyond most steps have no point at them."""
    covering = np.zeros(len(steps), int)
    having = np.zeros(len(steps), int)
    for step, _ in prepared:
        if len(step):
            covering += (steps >= step[0]) & (steps <= step[-1])
            having[np.searchsorted(steps, step)] += 1
    lonely = np.count_nonzero(having < covering)
    if lonely > len(steps) / 2:
        which = f"of group {group.label!r} " if group.key else ""
        warn(
            f"the {count(len(prepared), 'run')} {which}have points at different steps: at {lonely} "
            f"of {len(steps)} steps some have none. align='interp' or align='bin' compares them"
        )
