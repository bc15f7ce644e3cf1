"""Reads and writes TensorBoard event files."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tfevents._install import install, uninstall
    from tfevents._native import Event, Value, __version__
    from tfevents.damage import FileReport, Report, repair, verify
    from tfevents.errors import CorruptFileError, Error, FileChangedError
    from tfevents.events import Events, LogMessage, TaggedRunMetadata, iter_events
    from tfevents.finding import Skipped
    from tfevents.follower import Followed, FollowedValues, Follower, follow
    from tfevents.global_writer import GlobalSummaryWriter
    from tfevents.partition import Partition, partitions
    from tfevents.reader import Damage, Log, read, read_run
    from tfevents.remote import upload_spools
    from tfevents.rewriting import RewriteReport, rewrite
    from tfevents.run import Run
    from tfevents.runs import Runs
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

# Each name is imported when it is first asked for: who reads needs no writer, and who writes no
# reader.
_HOMES = {
    "_install": "install uninstall",
    "_native": "Event Value __version__",
    "damage": "FileReport Report repair verify",
    "errors": "CorruptFileError Error FileChangedError",
    "events": "Events LogMessage TaggedRunMetadata iter_events",
    "finding": "Skipped",
    "follower": "Followed FollowedValues Follower follow",
    "global_writer": "GlobalSummaryWriter",
    "partition": "Partition partitions",
    "reader": "Damage Log read read_run",
    "remote": "upload_spools",
    "rewriting": "RewriteReport rewrite",
    "run": "Run",
    "runs": "Runs",
    "series": (
        "Audio Graph Histograms HParams Images Layouts Meshes PrCurves Scalar Scalars Tensors Texts"
    ),
    "writer": "FileWriter SummaryWriter",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}
# Modules that are a part of what is public, some of which need other packages.
_MODULES = ("dask", "parquet", "ray", "summary")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"tfevents.{name}")
    if name in _HOME:
        found = getattr(importlib.import_module(f"tfevents.{_HOME[name]}"), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module 'tfevents' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted((*__all__, *_MODULES))
