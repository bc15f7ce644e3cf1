"""Reads and writes TensorBoard event files."""

from tfevents import _exit as _exit
from tfevents._native import __version__
from tfevents.errors import CorruptFileError, Error
from tfevents.writer import FileWriter, SummaryWriter

__all__ = ["CorruptFileError", "Error", "FileWriter", "SummaryWriter", "__version__"]
