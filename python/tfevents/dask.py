"""Tables of large trees of runs as Dask DataFrames; with the extra `tfevents[dask]`.

Each partition of a DataFrame is one of `tfevents.partitions`, which a worker reads. `run` and `tag`
are categorical, with categories that are not known before they are read. Columns that are not used
are not made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfevents.partition import TableKind, partitions
from tfevents.reader import Path
from tfevents.tables import Datetime
from tfevents.views import empty

try:
    import dask.dataframe as dd
except ImportError:
    raise ImportError(
        "tfevents.dask needs Dask: pip install 'tfevents[dask]'", name="dask"
    ) from None


def table(
    kind: TableKind, path: Path, *, datetime: Datetime = None, **options: Any
) -> dd.DataFrame:
    """What the runs below a path hold of one kind, as a Dask DataFrame.

    Args:
        kind: the kind, by the name of a run's attribute.
        path: where the runs are, as for `read`. Workers have to get at it too.
        datetime: as for `log.scalars.table`.
        options: those of `tfevents.partitions`.

    Raises:
        OSError, TypeError, ValueError: as for `tfevents.partitions`.

    Example:
        >>> points = tfevents.dask.scalars("s3://bucket/runs", tags="val/acc")  # doctest: +SKIP
        >>> points.groupby("run", observed=True).value.max().nlargest(10).compute()
        ... # doctest: +SKIP
    """
    from dask.dataframe.utils import clear_known_categories

    options.setdefault("kinds", kind)
    meta = clear_known_categories(empty(kind, datetime).to_pandas())
    pieces = partitions(path, **options)
    if not pieces:
        return dd.from_pandas(meta, npartitions=1)
    return dd.from_map(
        _frame, pieces, kind=kind, datetime=datetime, meta=meta, label=f"tfevents-{kind}"
    )


def _frame(
    piece: Any, kind: TableKind, datetime: Datetime, columns: Sequence[str] | None = None
) -> Any:
    return piece.table(kind, columns=columns, datetime=datetime).to_pandas()


def scalars(path: Path, **options: Any) -> dd.DataFrame:
    """Scalars; see `table`."""
    return table("scalars", path, **options)


def histograms(path: Path, **options: Any) -> dd.DataFrame:
    """Histograms; see `table`."""
    return table("histograms", path, **options)


def images(path: Path, **options: Any) -> dd.DataFrame:
    """Pictures; see `table`."""
    return table("images", path, **options)


def audio(path: Path, **options: Any) -> dd.DataFrame:
    """Sounds; see `table`."""
    return table("audio", path, **options)


def texts(path: Path, **options: Any) -> dd.DataFrame:
    """Texts; see `table`."""
    return table("texts", path, **options)


def tensors(path: Path, **options: Any) -> dd.DataFrame:
    """Tensors; see `table`."""
    return table("tensors", path, **options)


def pr_curves(path: Path, **options: Any) -> dd.DataFrame:
    """Precision-recall curves; see `table`."""
    return table("pr_curves", path, **options)
