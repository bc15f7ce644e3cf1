"""Tables of what was logged, for pandas, Polars, DuckDB and whatever takes Arrow."""

from tfevents.tables.kinds import (
    AudioTable,
    HistogramTable,
    ImageTable,
    KindTable,
    PrCurveTable,
    Runs,
    TensorTable,
    TextTable,
)
from tfevents.tables.scalars import ScalarTable
from tfevents.tables.table import Columnar, Datetime, Table

__all__ = [
    "AudioTable",
    "Columnar",
    "Datetime",
    "HistogramTable",
    "ImageTable",
    "KindTable",
    "PrCurveTable",
    "Runs",
    "ScalarTable",
    "Table",
    "TensorTable",
    "TextTable",
]
