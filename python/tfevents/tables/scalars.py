"""Scalars as a table, long or wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tfevents import _native
from tfevents._extras import module
from tfevents.tables.columns import Categories
from tfevents.tables.kinds import Runs, chosen_columns, column_types, distinct, run_names
from tfevents.tables.table import Batch, Datetime, Table

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class ScalarTable(Table):
    """A table of scalars, with a row for each, ordered by run and tag, and then as in the files.

    - `run`, `tag`: the names, dictionary-encoded (pandas and Polars: categorical);
    - `step`: int64;
    - `wall_time`: float64, in seconds since the epoch, or with `datetime="utc"` timestamps;
    - `value`: float64.

    `pivot=True` makes a wide table. It has a column for each tag, and a row for each run and step
    at which any tag has a point. Steps increase. If a tag has several points at one step, the last
    one counts. If it has none, the value is missing: NaN in pandas, null in Polars and Arrow. Wall
    times are left out.
    """

    _OWN: ClassVar = {"value": "float64"}

    def __init__(
        self,
        runs: Runs,
        *,
        columns: Sequence[str] | None = None,
        datetime: Datetime = None,
        by_run: bool = True,
    ) -> None:
        types = column_types(self._OWN, datetime)
        if columns is not None:
            columns = chosen_columns(columns, types)
        super().__init__(types, columns)
        self._all = columns is None
        self._made_of = partial(
            ScalarTable, runs, columns=columns, datetime=datetime, by_run=by_run
        )
        self._names = run_names(name for name, _ in runs)
        data = [(name, data) for name, (_, data) in zip(self._names, runs, strict=True)]
        self._data = _native.ScalarTable(data, datetime == "utc")
        # Whether the index of a wide `pandas.DataFrame` contains the run.
        self._by_run = by_run

    def __len__(self) -> int:
        return len(self._data)

    def __reduce__(self) -> tuple[Any, ...]:
        return self._made_of, ()

    def to_pandas(self, *, pivot: bool = False) -> pandas.DataFrame:
        """A `pandas.DataFrame`. The index of a wide one is the step; that of a log's is run and
        step.

        Args:
            pivot: whether the table is wide, with a column for each tag.

        Raises:
            ImportError: pandas is not installed.
            MemoryError: a wide table has a cell for every tag and step, which can be too many.

        Example:
            >>> log.scalars.to_pandas()  # doctest: +SKIP
            >>> log.scalars.to_pandas(pivot=True).loc["exp1"].plot()  # doctest: +SKIP
        """
        if not pivot:
            return super().to_pandas()
        pd = module("pandas", "to_pandas", "pandas")

        runs = pd.Index(self._names, name="run", dtype=str)
        tags = pd.Index(self._data.tags(), name="tag", dtype=str)
        run, step, values = self._data.pivot_columns()
        index = pd.Index(step, name="step", copy=False)
        if self._by_run:
            steps, number = np.unique(step, return_inverse=True)
            steps = pd.Index(steps)
            index = pd.MultiIndex(
                [runs, steps], [run, number], names=["run", "step"], verify_integrity=False
            )
        return pd.DataFrame(values.T, index, tags, copy=False)

    def to_polars(self, *, pivot: bool = False) -> polars.DataFrame:
        """A `polars.DataFrame`.

        Args:
            pivot: whether the table is wide: `run`, `step` and a column for each tag. If a tag is
                called `run` or `step`, its column gets an underscore.

        Raises:
            ImportError: Polars is not installed.
            MemoryError: a wide table has a cell for every tag and step, which can be too many.

        Example:
            >>> log.scalars.to_polars(pivot=True)  # doctest: +SKIP
        """
        pl = module("polars", "to_polars", "polars")

        frame: polars.DataFrame = pl.DataFrame(self.wide() if pivot else self)
        return frame

    def to_arrow(self, *, pivot: bool = False) -> pyarrow.Table:
        """A `pyarrow.Table`.

        Args:
            pivot: whether it is to be wide, with the columns of `to_polars`.

        Raises:
            ImportError: pyarrow is not installed.
            MemoryError: a wide table has a cell for every tag and step, which can be too many.

        Example:
            >>> log.scalars.to_arrow(pivot=True)  # doctest: +SKIP
        """
        pa = module("pyarrow", "to_arrow", "arrow")

        return pa.table(self.wide() if pivot else self)

    def wide(self) -> _native.WideTable:
        """The wide table, with the columns of `to_polars`. It implements Arrow's protocol too."""
        names = distinct(["run", "step", *self._data.tags()])[2:]
        return self._data.pivot(names)

    def _stream(self) -> Any:
        return self._data if self._all else super()._stream()

    def _batches(self, rows: int | None) -> Iterator[Batch]:
        # These are all rows, or the first ones. pandas takes the columns without a copy.
        run, tag, step, wall_time, value = self._data.columns(rows)
        if len(step):
            yield (
                len(step),
                {
                    "run": Categories(run, self._names),
                    "tag": Categories(tag, self._data.tags()),
                    "step": step,
                    "wall_time": wall_time,
                    "value": value,
                },
            )
