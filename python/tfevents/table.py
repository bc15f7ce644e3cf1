"""Scalars as tables of pandas, Polars and Arrow."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from tfevents import _native

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class Table:
    """Scalars that convert to tables, and that speak Arrow's PyCapsule protocol.

    A table is long, with a row for each point and these columns:

    - `run`, `tag`: the names, dictionary-encoded (pandas and Polars: categorical);
    - `step`: int64;
    - `wall_time`: float64, in seconds since the epoch;
    - `value`: float64.

    Rows are ordered by run, then tag, then as in the files. With `pivot=True` it is wide, with a
    column for each tag and a row for each run and step at which any of its tags has a point, by
    increasing steps. Of several points of a tag at one step the last counts; where a tag has no
    point, the value is missing (NaN in pandas, null in Polars and Arrow). Wall times are left out.

    Whatever takes Arrow streams takes these objects as they are, as a long table:
    `polars.DataFrame(log.scalars)`, `pyarrow.table(log.scalars)`,
    `pandas.DataFrame.from_arrow(log.scalars)`, and DuckDB in its SQL.
    """

    __slots__ = ()

    # Whether a wide `pandas.DataFrame` has the run in its index.
    _BY_RUN = False

    def _runs(self) -> Iterable[tuple[str, _native.RunData]]:
        """The runs whose scalars are meant."""
        raise NotImplementedError

    def _table(self) -> _native.ScalarTable:
        return _native.ScalarTable(
            list(zip(self._names(), (data for _, data in self._runs()), strict=True))
        )

    def _names(self) -> list[str]:
        """The names of the runs, which as names of directories need not be Unicode."""
        return _distinct(os.fsencode(n).decode(errors="replace") for n, _ in self._runs())

    def to_pandas(self, *, pivot: bool = False) -> pandas.DataFrame:
        """A `pandas.DataFrame`. A wide one has the steps as its index, a log's also the runs.

        Args:
            pivot: whether it is to be wide: a column a tag.

        Raises:
            ImportError: pandas is not installed.
            MemoryError: a wide table has a cell for every tag and step, which can be too many.

        Example:
            >>> log.scalars.to_pandas()  # doctest: +SKIP
            >>> log.scalars.to_pandas(pivot=True).loc["exp1"].plot()  # doctest: +SKIP
        """
        import pandas as pd

        table = self._table()
        runs = pd.Index(self._names(), name="run", dtype=str)
        tags = pd.Index(table.tags(), name="tag", dtype=str)
        if pivot:
            run, step, values = table.pivot_columns()
            index = pd.Index(step, name="step", copy=False)
            if self._BY_RUN:
                steps, number = np.unique(step, return_inverse=True)
                steps = pd.Index(steps)
                index = pd.MultiIndex(
                    [runs, steps], [run, number], names=["run", "step"], verify_integrity=False
                )
            return pd.DataFrame(values.T, index, tags, copy=False)
        run, tag, step, wall_time, value = table.columns()
        columns = {
            "run": pd.Categorical.from_codes(run, runs, validate=False),
            "tag": pd.Categorical.from_codes(tag, tags, validate=False),
            "step": step,
            "wall_time": wall_time,
            "value": value,
        }
        return pd.DataFrame(columns, copy=False)

    def to_polars(self, *, pivot: bool = False) -> polars.DataFrame:
        """A `polars.DataFrame`.

        Args:
            pivot: whether it is to be wide: the columns `run`, `step` and one a tag. The column of
                a tag that is called so itself gets an underscore behind its name.

        Raises:
            ImportError: Polars is not installed.
            MemoryError: a wide table has a cell for every tag and step, which can be too many.
        """
        import polars as pl

        return pl.DataFrame(self._wide() if pivot else self)

    def to_arrow(self, *, pivot: bool = False) -> pyarrow.Table:
        """A `pyarrow.Table`.

        Args:
            pivot: whether it is to be wide, with the columns of `to_polars`.

        Raises:
            ImportError: pyarrow is not installed.
            MemoryError: a wide table has a cell for every tag and step, which can be too many.
        """
        import pyarrow as pa

        return pa.table(self._wide() if pivot else self)

    def _wide(self) -> _native.WideTable:
        table = self._table()
        names = _distinct(["run", "step", *table.tags()])[2:]
        return table.pivot(names)

    def __arrow_c_schema__(self) -> object:
        return self._table().__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table().__arrow_c_stream__(requested_schema)


def _distinct(names: Iterable[str]) -> list[str]:
    """The names; one that came before gets underscores behind it."""
    taken: dict[str, None] = {}
    for name in names:
        while name in taken:
            name += "_"
        taken[name] = None
    return list(taken)
