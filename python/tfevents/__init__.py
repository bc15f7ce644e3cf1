"""Reads and writes TensorBoard event files."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tfevents import _exit as _exit
from tfevents._native import Event, Value, __version__
from tfevents.damage import FileReport, Report, repair, verify
from tfevents.errors import CorruptFileError, Error, FileChangedError
from tfevents.partition import Partition, partitions
from tfevents.reader.events import Events, LogMessage, TaggedRunMetadata, iter_events
from tfevents.reader.finding import Skipped
from tfevents.reader.follower import Followed, FollowedValues, Follower, follow
from tfevents.reader.log import Damage, Log, read, read_run
from tfevents.reader.run import Run
from tfevents.reader.runs import Runs
from tfevents.remote import upload_spools
from tfevents.rewriting import RewriteReport, rewrite
from tfevents.series import (
    Audio,
    Graph,
    Histograms,
    HParams,
    Images,
    Layouts,
    Meshes,
    PrCurves,
    Scalar,
    Scalars,
    Tensors,
    Texts,
)
from tfevents.writer import FileWriter, SummaryWriter
from tfevents.writer.global_writer import GlobalSummaryWriter

if TYPE_CHECKING:
    from tfevents import dask as dask
    from tfevents import parquet as parquet
    from tfevents import ray as ray
    from tfevents import summary as summary
    from tfevents._stand_ins.install import install, uninstall

__all__ = [
    "Audio",
    "CorruptFileError",
    "Damage",
    "Error",
    "Event",
    "Events",
    "FileChangedError",
    "FileReport",
    "FileWriter",
    "Followed",
    "FollowedValues",
    "Follower",
    "GlobalSummaryWriter",
    "Graph",
    "HParams",
    "Histograms",
    "Images",
    "Layouts",
    "Log",
    "LogMessage",
    "Meshes",
    "Partition",
    "PrCurves",
    "Report",
    "RewriteReport",
    "Run",
    "Runs",
    "Scalar",
    "Scalars",
    "Skipped",
    "SummaryWriter",
    "TaggedRunMetadata",
    "Tensors",
    "Texts",
    "Value",
    "__version__",
    "follow",
    "install",
    "iter_events",
    "partitions",
    "read",
    "read_run",
    "repair",
    "rewrite",
    "uninstall",
    "upload_spools",
    "verify",
]

# Modules that need other packages are imported at first use, and so are the stand-ins for other
# libraries' classes.
_LAZY = ("dask", "parquet", "ray")
_STAND_INS = ("install", "uninstall")


# Type checkers take any name of a module with this function for one that there is.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name in _LAZY:
            return importlib.import_module(f"tfevents.{name}")
        if name in _STAND_INS:
            return getattr(importlib.import_module("tfevents._stand_ins.install"), name)
        raise AttributeError(f"module 'tfevents' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted((*__all__, *_LAZY, "summary"))
