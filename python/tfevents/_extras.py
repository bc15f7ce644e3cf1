"""Imports packages of extras, with errors that name the extra, and finds what others imported."""

from __future__ import annotations

import sys
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


def imported(module: str, name: str) -> Any:
    """What a module has under a name; `None` where nobody imported it.

    Another thread may be importing it, so that it does not have everything yet.
    """
    return getattr(sys.modules.get(module), name, None)
