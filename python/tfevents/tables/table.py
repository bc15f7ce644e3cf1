"""Tables. Other packages read them through Arrow's PyCapsule protocol."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from tfevents import _native
from tfevents._extras import module
from tfevents._text import shown
from tfevents.tables import columns

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Datetime = Literal["utc"] | None
"""The type of wall times: seconds since the epoch, or timestamps of UTC."""

Batch = tuple[int, dict[str, Any]]
"""The number of rows, and the columns."""

# The greatest number of rows of a batch, and about its number of bytes.
ROWS, BYTES = 1 << 16, 32 << 20
_SHOWN = 10


class Table:
    """A table that implements Arrow's PyCapsule protocol, as a stream of batches.

    Programs that read Arrow streams can read it: `polars.DataFrame(table)`, `pyarrow.table(table)`,
    `pandas.DataFrame.from_arrow(table)` (from pandas 3 on), and DuckDB in its SQL. A notebook shows
    its first rows.

    Example:
        >>> table = log.scalars.table()  # doctest: +SKIP
        >>> polars.DataFrame(table).group_by("tag").agg(polars.col("value").mean())
        ... # doctest: +SKIP
    """

    def __init__(self, types: dict[str, str], chosen: Sequence[str] | None = None) -> None:
        self._types = types if chosen is None else {name: types[name] for name in chosen}

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self._types)

    def _batches(self, rows: int | None) -> Iterator[Batch]:
        """All rows, at most `rows` at a time, but for a value that takes several; `None` gives
        them in one batch.
        """
        raise NotImplementedError

    def to_pandas(self) -> pandas.DataFrame:
        """A `pandas.DataFrame`. Lists become arrays, or lists of `str` or `bytes`.

        Raises:
            ImportError: pandas is not installed.
        """
        pd = module("pandas", "to_pandas", "pandas")

        parts: dict[str, list[Any]] = {name: [] for name in self._types}
        # A single batch is not copied.
        for _, batch in self._batches(None):
            for name, part in parts.items():
                part.append(batch[name])
        made = {name: columns.pandas(self._types[name], part) for name, part in parts.items()}
        return pd.DataFrame(made, copy=False)

    def to_polars(self) -> polars.DataFrame:
        """A `polars.DataFrame`. Raises an ImportError if Polars is not installed."""
        pl = module("polars", "to_polars", "polars")

        frame: polars.DataFrame = pl.DataFrame(self)
        return frame

    def to_arrow(self) -> pyarrow.Table:
        """A `pyarrow.Table`. Raises an ImportError if pyarrow is not installed."""
        pa = module("pyarrow", "to_arrow", "arrow")

        return pa.table(self)

    def _stream(self) -> Any:
        """The object that implements the protocol."""

        def batches() -> Iterator[tuple[int, list[columns.Native]]]:
            for rows, batch in self._batches(ROWS):
                yield rows, [columns.native(h, batch[name]) for name, h in self._types.items()]

        return _native.ArrowBatches(list(self._types.items()), batches)

    def __arrow_c_schema__(self) -> object:
        return self._stream().__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._stream().__arrow_c_stream__(requested_schema)

    def _cells(self) -> tuple[list[list[str]], bool]:
        """The first rows, and whether there are more."""
        cells: list[list[str]] = []
        for rows, batch in self._batches(_SHOWN + 1):
            for row in range(rows):
                if len(cells) == _SHOWN:
                    return cells, True
                cells.append([columns.cell(h, batch[n], row) for n, h in self._types.items()])
        return cells, False

    def __repr__(self) -> str:
        cells, more = self._cells()
        lines = [[shown(name) for name in self.columns], *cells]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join(padded + ["…"] * more)

    def _repr_html_(self) -> str:
        cells, more = self._cells()
        head = "".join(f"<th>{html.escape(shown(name))}</th>" for name in self.columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in line)}</tr>"
            for line in [*cells, *[["…"] * len(self._types)] * more]
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class Columnar(Table):
    """A table of columns that exist already."""

    # Else Python would ask for the columns 0, 1, …, for `in` too.
    __iter__ = None

    def __init__(self, types: dict[str, str], rows: int, data: dict[str, Any]) -> None:
        super().__init__(types)
        self._rows = rows
        self._data = data

    def __len__(self) -> int:
        return self._rows

    def _ipython_key_completions_(self) -> list[str]:
        return self.columns

    def __getitem__(self, name: str) -> Any:
        """A column: an array, or a list of `str`."""
        if name not in self._data:
            raise KeyError(f"no column {name!r}; there are {', '.join(self.columns)}")
        data = self._data[name]
        if isinstance(data, columns.Categories):
            return [data.names[code] for code in data.codes]
        return data

    def _batches(self, rows: int | None) -> Iterator[Batch]:
        if self._rows:
            # What is made of the columns may be written to.
            yield self._rows, {name: columns.copied(it) for name, it in self._data.items()}
