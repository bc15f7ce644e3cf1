"""Tables of pandas in the two forms that tbparse has: long and wide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfevents._text import as_unicode

if TYPE_CHECKING:
    import pandas

_PLACES = ("dir_name", "file_name")
# A column is float64, or a list of any other values.
Column = NDArray[np.float64] | list[Any]


class Series(NamedTuple):
    """The values of one tag in one file."""

    dir_name: str
    file_name: str
    tag: str
    step: NDArray[np.int64] | None
    """The steps; `None` for hyperparameters, which have none."""
    wall_time: NDArray[np.float64] | None
    """When each was logged, in seconds since the epoch; `None` for hyperparameters."""
    values: dict[str, Column]
    """The columns by name. All have the same length."""

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))


def pandas_module() -> Any:
    """The module pandas. Raises an ImportError that tells how to install it."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            "tfevents.compat.tbparse needs pandas: pip install 'tfevents[pandas]'"
        ) from error
    return pandas


def long(series: Sequence[Series], extra_columns: set[str]) -> pandas.DataFrame:
    """A row for each value, ordered by directory and file (if they are wanted), tag and step."""
    pd = pandas_module()
    places = [name for name in _PLACES if name in extra_columns]

    def key(it: Series) -> tuple[str, ...]:
        return (*(getattr(it, name) for name in places), it.tag)

    series = sorted(series, key=key)
    counts = [len(it) for it in series]
    numbers = _numbers([key(it) for it in series])
    steps = _joined_steps(series)
    order = np.lexsort((*([] if steps is None else [steps]), np.repeat(numbers, counts)))

    def ordered(columns: Iterable[Column]) -> Column:
        column = _joined(columns)
        if isinstance(column, list):
            return [column[row] for row in order.tolist()]
        return column[order]

    columns: dict[str, Any] = {}
    if steps is not None:
        columns["step"] = steps[order]
    # If the order of rows differs, they have the same tag.
    columns["tag"] = pd.Index([it.tag for it in series]).repeat(counts)
    for name in series[0].values:
        columns[name] = ordered(it.values[name] for it in series)
    if "wall_time" in extra_columns and steps is not None:
        columns["wall_time"] = ordered(_wall_times(series))
    for name in places:
        columns[name] = pd.Index([as_unicode(getattr(it, name)) for it in series]).repeat(counts)
    return pd.DataFrame(columns)


def wide(series: Sequence[Series], extra_columns: set[str]) -> pandas.DataFrame:
    """A row for each step (and each directory and file, if they are wanted), and columns for each
    tag. If a tag has several values in a row, they are a list without NaN, in the order of the
    files.
    """
    pd = pandas_module()
    places = [name for name in _PLACES if name in extra_columns]
    keys = [tuple(getattr(it, name) for name in places) for it in series]
    distinct = sorted(set(keys))
    number = {key: at for at, key in enumerate(distinct)}
    counts = [len(it) for it in series]
    place = np.repeat([number[key] for key in keys], counts)
    steps = _joined_steps(series)
    row, first = _rows(place, steps)

    tags: dict[str, list[tuple[NDArray[np.intp], Column]]] = {}
    for it, rows in zip(series, np.split(row, np.cumsum(counts)[:-1]), strict=True):
        for name, values in it.values.items():
            tag = it.tag if name == "value" else f"{it.tag}/{name}"
            tags.setdefault(tag, []).append((rows, values))
    columns: dict[str, Any] = {} if steps is None else {"step": steps[first]}
    behind: dict[str, Any] = {}
    if "wall_time" in extra_columns and steps is not None:
        behind["wall_time"] = _cells(row, _joined(_wall_times(series)), len(first), len(row))
    for at, name in enumerate(places):
        names = pd.Index([as_unicode(key[at]) for key in distinct])
        behind[name] = names.take(place[first])
    for tag in sorted(tags):
        rows = np.concatenate([rows for rows, _ in tags[tag]])
        values = _joined(values for _, values in tags[tag])
        name = tag
        while name in columns or name in behind:
            name += "_"
        columns[name] = _cells(rows, values, len(first), len(row))
    return pd.DataFrame(columns | behind)


def _numbers(keys: Iterable[tuple[str, ...]]) -> list[int]:
    """A number for each of some sorted keys. Equal keys have the same number."""
    known: dict[tuple[str, ...], int] = {}
    return [known.setdefault(key, len(known)) for key in keys]


def _rows(
    place: NDArray[np.intp], step: NDArray[np.int64] | None
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The row of each value in a wide table, and one value of each row."""
    order = np.lexsort((place,) if step is None else (step, place))
    is_first = np.zeros(len(order), np.bool_)
    is_first[:1] = True
    for key in (place, step):
        if key is not None:
            ordered = key[order]
            is_first[1:] |= ordered[1:] != ordered[:-1]
    row = np.empty(len(order), np.intp)
    row[order] = np.cumsum(is_first) - 1
    return row, order[is_first]


def _cells(row: NDArray[np.intp], values: Column, rows: int, total: int) -> Any:
    """A column of a wide table with `rows` rows, from values and their rows.

    Its dtype is that of a long table with `total` rows, in which the other rows are missing.
    """
    pd = pandas_module()
    if isinstance(values, list):
        missing = [np.nan] * (len(values) < total)
        column = pd.Series([*values, *missing])
        dtype = column.dtype
        cells = column.to_numpy(object)[: len(values)]
        is_there = np.fromiter((not _is_nan(it) for it in cells), np.bool_, len(cells))
    else:
        dtype = values.dtype
        cells = values
        is_there = ~np.isnan(values)
    row, cells = row[is_there], cells[is_there]
    order = np.argsort(row, kind="stable")
    row, cells = row[order], cells[order]
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    if len(starts) == len(row):
        column = np.full(rows, np.nan, cells.dtype)
        column[row] = cells
        return pd.Series(column, dtype=dtype).infer_objects()
    column = np.full(rows, np.nan, object)
    ends = [*starts[1:].tolist(), len(row)]
    found = cells.tolist()
    for at, start, end in zip(row[starts].tolist(), starts.tolist(), ends, strict=True):
        column[at] = found[start] if end - start == 1 else found[start:end]
    return pd.Series(column, dtype=object)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and value != value


def _joined(columns: Iterable[Column]) -> Column:
    parts = list(columns)
    if isinstance(parts[0], list):
        return list(chain.from_iterable(parts))
    return np.concatenate(parts)


def _joined_steps(series: Sequence[Series]) -> NDArray[np.int64] | None:
    steps = [it.step for it in series if it.step is not None]
    return np.concatenate(steps) if steps else None


def _wall_times(series: Sequence[Series]) -> Iterable[NDArray[np.float64]]:
    return (it.wall_time for it in series if it.wall_time is not None)
