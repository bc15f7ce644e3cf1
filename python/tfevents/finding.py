"""Finding runs and their files, and what is left out of them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from tfevents import _native, selection

RunFiles: TypeAlias = tuple[str, list[str], list[str]]
"""A run's name, its files, and those of them that the caller named."""


class Skipped(NamedTuple):
    """A file or directory that was left out, so that it hides nothing else."""

    path: str
    """Where it is, or was."""
    reason: str
    """Why: `"not_an_event_file"`, it has the name of an event file and holds no valid record;
    `"not_found"`, it went after it was found, or is a link that leads nowhere;
    `"permission_denied"`, it may not be read, or not be entered.
    """


class Found(NamedTuple):
    """What there is at and below some paths."""

    runs: list[RunFiles]
    """The runs that are selected."""
    skipped: list[Skipped]
    """What could not be looked into, and may hold such runs."""

    @property
    def files(self) -> list[str]:
        """The files of all runs."""
        return [file for _, files, _ in self.runs for file in files]

    @property
    def given(self) -> set[str]:
        """Those of the files that the caller named."""
        return {file for _, _, given in self.runs for file in given}


# Finds runs, and their files.
Find: TypeAlias = Callable[[], Found]


def finder(
    paths: list[str], several: bool, runs: selection.Patterns | None = None, *, skip: bool
) -> Find:
    """Finds the runs that are selected, and their files.

    What it makes raises a PermissionError where a directory is selected by its name and may not be
    entered, unless `skip` is true.
    """
    chosen = selection.matcher("runs", runs)

    def find() -> Found:
        found, unknown = _native.find(paths, several)
        if chosen is not None:
            found = [run for run in found if chosen(run[0])]
        skipped = []
        for name, path, reason in unknown:
            is_named = chosen is None or chosen.names_below(name)
            if is_named and reason == "permission_denied" and not skip:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            if is_named or (chosen is not None and chosen.may_choose_below(name)):
                skipped.append(Skipped(path, reason))
        return Found(found, skipped)

    return find
