"""Reads and writes TensorBoard event files."""

from tfevents._native import __version__

__all__ = ["__version__"]
