"""Reads and writes TensorBoard event files."""

from tfevents import _exit as _exit
from tfevents._install import install, uninstall
from tfevents._native import __version__
from tfevents.errors import CorruptFileError, Error, FileChangedError
from tfevents.global_writer import GlobalSummaryWriter
from tfevents.reader import Damage, Log, read
from tfevents.run import Run
from tfevents.series import (
    Audio,
    Graph,
    Histograms,
    HParams,
    Images,
    Layouts,
    Meshes,
    PrCurves,
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
    "FileChangedError",
    "FileWriter",
    "GlobalSummaryWriter",
    "Graph",
    "HParams",
    "Histograms",
    "Images",
    "Layouts",
    "Log",
    "Meshes",
    "PrCurves",
    "Run",
    "Scalars",
    "SummaryWriter",
    "Tensors",
    "Texts",
    "__version__",
    "install",
    "read",
    "uninstall",
]
