"""Tables of logged values, for pandas, Polars, DuckDB and others that take Arrow."""

from tfevents.tables.kinds import (
    AudioTable,
    HistogramTable,
    ImageTable,
    KindTable,
    PrCurveTable,
    RunMetadataTable,
    Runs,
    TensorTable,
    TextTable,
)
from tfevents.tables.layouts import LayoutTable
from tfevents.tables.meshes import MeshTable
from tfevents.tables.scalars import ScalarTable
from tfevents.tables.table import Columnar, Datetime, Table

__all__ = [
    "AudioTable",
    "Columnar",
    "Datetime",
    "HistogramTable",
    "ImageTable",
    "KindTable",
    "LayoutTable",
    "MeshTable",
    "PrCurveTable",
    "RunMetadataTable",
    "Runs",
    "ScalarTable",
    "Table",
    "TensorTable",
    "TextTable",
]
