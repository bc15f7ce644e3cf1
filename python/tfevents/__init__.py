"""Reads and writes TensorBoard event files."""

from tfevents import _exit as _exit
from tfevents._native import __version__
from tfevents.errors import CorruptFileError, Error
from tfevents.reader import Damage, Log, read
from tfevents.run import Run
from tfevents.series import Scalars, Texts
from tfevents.writer import FileWriter, SummaryWriter

__all__ = [
    "CorruptFileError",
    "Damage",
    "Error",
    "FileWriter",
    "Log",
    "Run",
    "Scalars",
    "SummaryWriter",
    "Texts",
    "__version__",
    "read",
]
