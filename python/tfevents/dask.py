"""Tables of large trees of runs as Dask DataFrames; with the extra `tfevents[dask]`.

Each partition of a DataFrame is one of `tfevents.partitions`, which a worker reads. `run` and `tag`
are categorical, with categories that are not known before they are read. Columns that are not used
are not made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tfevents.engines import missing, of_kind, pieces_of, table_of
from tfevents.reader.log import Path
from tfevents.reader.views import TableKind, empty
from tfevents.tables import Datetime

try:
    import dask
    import dask.dataframe as dd
except ImportError:
    raise ImportError(
        "tfevents.dask needs Dask: pip install 'tfevents[dask]'", name="dask"
    ) from None


@table_of(
    "a Dask DataFrame",
    """>>> points = tfevents.dask.scalars("s3://bucket/runs", tags="val/acc")  # doctest: +SKIP
        >>> points.groupby("run", observed=True).value.max().nlargest(10).compute()
        ... # doctest: +SKIP""",
)
def table(
    kind: TableKind, path: Path, *, datetime: Datetime = None, **options: Any
) -> dd.DataFrame:
    from dask.dataframe.utils import clear_known_categories

    frame = empty(kind, datetime=datetime).to_pandas()
    meta = clear_known_categories(frame.copy())
    pieces = pieces_of(kind, path, options)
    # Dask would make strings of lists, and of the bytes of pictures.
    with dask.config.set({"dataframe.convert-string": False}):
        if not pieces:
            return dd.from_pandas(frame, npartitions=1)
        return dd.from_map(
            _frame, pieces, kind=kind, datetime=datetime, meta=meta, label=f"tfevents-{kind}"
        )


def _frame(
    piece: Any, kind: TableKind, datetime: Datetime, columns: Sequence[str] | None = None
) -> Any:
    return piece.table(kind, columns=columns, datetime=datetime).to_pandas()


scalars = of_kind("scalars", table)
histograms = of_kind("histograms", table)
images = of_kind("images", table)
audio = of_kind("audio", table)
texts = of_kind("texts", table)
tensors = of_kind("tensors", table)
pr_curves = of_kind("pr_curves", table)
meshes = of_kind("meshes", table)
custom_scalars = of_kind("custom_scalars", table)
run_metadata = of_kind("run_metadata", table)

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise missing(__name__, name)
