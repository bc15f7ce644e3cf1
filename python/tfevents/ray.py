"""Tables of large trees of runs as Ray Datasets; with the extra `tfevents[ray]`.

Each block of a Dataset is one of `tfevents.partitions`, which a worker reads into an Arrow table.
`run` and `tag` are plain strings in it: Ray groups and joins by no column that is
dictionary-encoded.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from tfevents.engines import missing, of_kind, pieces_of, table_of
from tfevents.reader.log import Path
from tfevents.reader.views import TableKind, empty
from tfevents.tables import Datetime

try:
    import ray.data
except ImportError:
    raise ImportError("tfevents.ray needs Ray: pip install 'tfevents[ray]'", name="ray") from None


@table_of(
    "a Ray Dataset",
    """>>> tfevents.ray.scalars("s3://bucket/runs").groupby("run").max("value")
        ... # doctest: +SKIP""",
)
def table(
    kind: TableKind, path: Path, *, datetime: Datetime = None, **options: Any
) -> ray.data.Dataset:
    nothing = empty(kind, datetime=datetime)
    pieces = pieces_of(kind, path, options)
    if not pieces:
        return ray.data.from_arrow(_plain(nothing.to_arrow()))
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
