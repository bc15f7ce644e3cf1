"""The base classes of views by kind, of a run or of a log, which have tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

from tfevents.tables import (
    AudioTable,
    Datetime,
    HistogramTable,
    ImageTable,
    KindTable,
    LayoutTable,
    MeshTable,
    PrCurveTable,
    RunMetadataTable,
    ScalarTable,
    Table,
    TensorTable,
    TextTable,
)
from tfevents.tables.kinds import Runs

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

TableKind = Literal[
    "scalars",
    "histograms",
    "images",
    "audio",
    "texts",
    "tensors",
    "pr_curves",
    "meshes",
    "custom_scalars",
    "run_metadata",
]
"""The kinds that have a table of their values."""

NO_HPARAMS = (
    "hyperparameters have no table of pieces, since what belongs to a trial may be in several; "
    "read the log with kinds=['hparams', 'scalars'] and use log.hparams.table()"
)
"""What to do instead."""

# The tables, by the attributes of runs and logs.
TABLES: dict[str, type[KindTable]] = {
    "histograms": HistogramTable,
    "images": ImageTable,
    "audio": AudioTable,
    "texts": TextTable,
    "tensors": TensorTable,
    "pr_curves": PrCurveTable,
    "meshes": MeshTable,
    "custom_scalars": LayoutTable,
    "run_metadata": RunMetadataTable,
}


def empty(
    kind: TableKind, *, columns: Sequence[str] | None = None, datetime: Datetime = None
) -> Table:
    """The table of a kind, without rows; it checks the arguments before anything is read."""
    kinds = get_args(TableKind)
    if kind not in kinds:
        if str(kind) == "hparams":
            raise ValueError(f"kind: {NO_HPARAMS}")
        raise ValueError(f"kind: there is no table of {kind!r}; there are {', '.join(kinds)}")
    of = ScalarTable if kind == "scalars" else TABLES[kind]
    return of([], columns=columns, datetime=datetime)


class Tabular:
    """What has a table of its values."""

    __slots__ = ()

    # The attribute of a run that has this view.
    _attribute: str

    def _runs(self) -> Runs:
        """The runs whose values are meant."""
        raise NotImplementedError

    def table(self, *, columns: Sequence[str] | None = None, datetime: Datetime = None) -> Table:
        """All values as a table, which speaks Arrow's PyCapsule protocol.

        It has the columns `run`, `tag`, `step` and `wall_time`, and those of the kind:

        | kind | columns |
        |---|---|
        | `scalars` | `value` |
        | `histograms` | `min`, `max`, `num`, `sum`, `sum_squares`, `edges`, `counts` |
        | `texts` | `value` |
        | `tensors` | `dtype`, `shape`, `value`, `strings` |
        | `images` | `width`, `height`, `size`, `data` |
        | `audio` | `sample_rate`, `content_type`, `label`, `size`, `data` |
        | `pr_curves` | `thresholds`, `precision`, `recall`, `true_positives`, … |
        | `meshes` | `vertices`, `faces`, `colors`, `config` |
        | `custom_scalars` | `category`, `closed`, `chart`, `tags`, `margin_value`, … |
        | `run_metadata` | `size`, `data` |

        Args:
            columns: those of the columns that are wanted, by default all. Pictures and sounds
                without `data` take little memory.
            datetime: `None` gives `wall_time` as float64, in seconds since the epoch; `"utc"` as
                timestamps, in microseconds.

        Raises:
            ValueError: there is no such column.

        Example:
            >>> log.texts.table(columns=["run", "step", "value"]).column_names  # doctest: +SKIP
            ['run', 'step', 'value']
        """
        return TABLES[self._attribute](self._runs(), columns=columns, datetime=datetime)

    def to_pandas(self, *, datetime: Datetime = None) -> pandas.DataFrame:
        """The table as a `pandas.DataFrame`.

        Args:
            datetime: `None` gives `wall_time` in seconds since the epoch, `"utc"` timestamps.

        Raises:
            ImportError: pandas is not installed.

        Example:
            >>> log.texts.to_pandas()  # doctest: +SKIP
        """
        return self.table(datetime=datetime).to_pandas()

    def to_polars(self, *, datetime: Datetime = None) -> polars.DataFrame:
        """The table as a `polars.DataFrame`.

        Args:
            datetime: `None` gives `wall_time` in seconds since the epoch, `"utc"` timestamps.

        Raises:
            ImportError: polars is not installed.

        Example:
            >>> log.texts.to_polars()  # doctest: +SKIP
        """
        return self.table(datetime=datetime).to_polars()

    def to_arrow(self, *, datetime: Datetime = None) -> pyarrow.Table:
        """The table as a `pyarrow.Table`.

        Args:
            datetime: `None` gives `wall_time` in seconds since the epoch, `"utc"` timestamps.

        Raises:
            ImportError: pyarrow is not installed.

        Example:
            >>> log.texts.to_arrow()  # doctest: +SKIP
        """
        return self.table(datetime=datetime).to_arrow()


class TabularScalars(Tabular):
    """Scalars, whose table may also be wide: `pivot=True` gives a column a tag."""

    __slots__ = ()

    # Whether a wide `pandas.DataFrame` has the run in its index.
    _BY_RUN = False

    def table(
        self, *, columns: Sequence[str] | None = None, datetime: Datetime = None
    ) -> ScalarTable:
        return ScalarTable(self._runs(), columns=columns, datetime=datetime, by_run=self._BY_RUN)

    table.__doc__ = Tabular.table.__doc__

    def to_pandas(self, *, pivot: bool = False, datetime: Datetime = None) -> pandas.DataFrame:
        """The table as a `pandas.DataFrame`; see `ScalarTable.to_pandas`.

        Args:
            pivot: a column a tag, in place of a row a point.
            datetime: `None` gives `wall_time` in seconds since the epoch, `"utc"` timestamps.

        Raises:
            ImportError: pandas is not installed.

        Example:
            >>> log.scalars.to_pandas()  # doctest: +SKIP
        """
        return self.table(datetime=datetime).to_pandas(pivot=pivot)

    def to_polars(self, *, pivot: bool = False, datetime: Datetime = None) -> polars.DataFrame:
        """The table as a `polars.DataFrame`; see `ScalarTable.to_polars`.

        Args:
            pivot: a column a tag, in place of a row a point.
            datetime: `None` gives `wall_time` in seconds since the epoch, `"utc"` timestamps.

        Raises:
            ImportError: polars is not installed.

        Example:
            >>> log.scalars.to_polars()  # doctest: +SKIP
        """
        return self.table(datetime=datetime).to_polars(pivot=pivot)

    def to_arrow(self, *, pivot: bool = False, datetime: Datetime = None) -> pyarrow.Table:
        """The table as a `pyarrow.Table`; see `ScalarTable.to_arrow`.

        Args:
            pivot: a column a tag, in place of a row a point.
            datetime: `None` gives `wall_time` in seconds since the epoch, `"utc"` timestamps.

        Raises:
            ImportError: pyarrow is not installed.

        Example:
            >>> log.scalars.to_arrow()  # doctest: +SKIP
        """
        return self.table(datetime=datetime).to_arrow(pivot=pivot)
