"""Imports packages of extras, and raises errors that name the extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def module(name: str, what: str, extra: str) -> Any:
    """A package; an ImportError that says what needs it, and how to install it."""
    try:
        return import_module(name)
    except ImportError as error:
        if error.name is not None and error.name.partition(".")[0] != name:
            raise  # The package is there, but something that it needs is not.
        raise ImportError(
            f"{what} needs {name}: pip install 'tfevents[{extra}]'", name=name
        ) from error
