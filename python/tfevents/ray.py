"""Tables of large trees of runs as Ray Datasets; with the extra `tfevents[ray]`.

Each block of a Dataset is one of `tfevents.partitions`, which a worker reads into an Arrow table.
`run` and `tag` are plain strings in it: Ray groups and joins by no column that is
dictionary-encoded.
"""

from __future__ import annotations

import pickle
from typing import Any

from tfevents.partition import TableKind, partitions
from tfevents.reader import Path
from tfevents.tables import Datetime
from tfevents.views import empty

try:
    import ray.data
except ImportError:
    raise ImportError("tfevents.ray needs Ray: pip install 'tfevents[ray]'", name="ray") from None


def table(
    kind: TableKind, path: Path, *, datetime: Datetime = None, **options: Any
) -> ray.data.Dataset:
    """What the runs below a path hold of one kind, as a Ray Dataset.

    Args:
        kind: the kind, by the name of a run's attribute.
        path: where the runs are, as for `read`. Workers have to get at it too.
        datetime: as for `log.scalars.table`.
        options: those of `tfevents.partitions`.

    Raises:
        OSError, TypeError, ValueError: as for `tfevents.partitions`.

    Example:
        >>> tfevents.ray.scalars("s3://bucket/runs").groupby("run").max("value")
        ... # doctest: +SKIP
    """
    options.setdefault("kinds", kind)
    pieces = partitions(path, **options)
    if not pieces:
        return ray.data.from_arrow(_plain(empty(kind, datetime).to_arrow()))
    items = [{"piece": pickle.dumps(piece)} for piece in pieces]

    def load(batch: Any) -> Any:
        (piece,) = batch["piece"].to_pylist()
        return _plain(pickle.loads(piece).table(kind, datetime=datetime).to_arrow())

    listed = ray.data.from_items(items, override_num_blocks=len(items))
    return listed.map_batches(load, batch_size=1, batch_format="pyarrow", zero_copy_batch=True)


def _plain(table: Any) -> Any:
    """The table with `run` and `tag` as strings."""
    for index, name in enumerate(table.column_names):
        if name in ("run", "tag"):
            table = table.set_column(index, name, table[name].cast("string"))
    return table


def scalars(path: Path, **options: Any) -> ray.data.Dataset:
    """Scalars; see `table`."""
    return table("scalars", path, **options)


def histograms(path: Path, **options: Any) -> ray.data.Dataset:
    """Histograms; see `table`."""
    return table("histograms", path, **options)


def images(path: Path, **options: Any) -> ray.data.Dataset:
    """Pictures; see `table`."""
    return table("images", path, **options)


def audio(path: Path, **options: Any) -> ray.data.Dataset:
    """Sounds; see `table`."""
    return table("audio", path, **options)


def texts(path: Path, **options: Any) -> ray.data.Dataset:
    """Texts; see `table`."""
    return table("texts", path, **options)


def tensors(path: Path, **options: Any) -> ray.data.Dataset:
    """Tensors; see `table`."""
    return table("tensors", path, **options)


def pr_curves(path: Path, **options: Any) -> ray.data.Dataset:
    """Precision-recall curves; see `table`."""
    return table("pr_curves", path, **options)
