"""Finds runs and their files, and lists the files that are skipped."""

from __future__ import annotations

import copy
import errno
import fnmatch
import glob
import os
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from tfevents import _native
from tfevents._native import is_uri
from tfevents.reader import selection

RunFiles: TypeAlias = tuple[str, list[str], list[str]]
"""A run's name, its files, and those of them that the caller named."""


class Skipped(NamedTuple):
    """A file or directory that was left out, so that it hides nothing else."""

    path: str
    """Where it is, or was."""
    reason: str
    """Why: `"not_an_event_file"`, it has the name of an event file and holds no valid record, or is
    a pipe, a socket or a device; `"not_found"`, it went after it was found, or is a link that leads
    nowhere; `"permission_denied"`, it may not be read, or not be entered; `"unreadable"`, its disk
    fails, its server does not answer, or its path is too long.
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

Unseen: TypeAlias = tuple[str, str, str, OSError | None]
"""A path that could not be read: the name that a run there would have, the path, the reason, and
the error if it is there.
"""


class Finder:
    """Finds the runs that are selected, and their files, each time it is called.

    It raises an OSError where a directory is selected by its name and can't be read, unless `skip`
    is true.

    Relative paths stay in the directory in which the process works when it is made, also if it is
    pickled. The files have absolute paths, so that each has the same one everywhere.

    Attributes:
        paths: where it looks.
    """

    def __init__(
        self, paths: list[str], several: bool, runs: selection.Patterns | None, *, skip: bool
    ) -> None:
        self.paths = paths
        self._several = several
        self._directory = working_directory()
        self._chosen = selection.matcher("runs", runs)
        self._skip = skip

    def __call__(self) -> Found:
        chosen = self._chosen
        found, unknown = self._search()
        if chosen is not None:
            found = [run for run in found if chosen(run[0])]
        skipped = []
        for name, path, reason, error in unknown:
            is_named = chosen is None or chosen.names_below(name)
            if is_named and error is not None and not self._skip:
                raise error
            if is_named or (chosen is not None and chosen.may_choose_below(name)):
                skipped.append(Skipped(path, reason))
        return Found(found, skipped)

    def _search(self) -> tuple[list[RunFiles], list[Unseen]]:
        return _native.find(self.paths, self._several, True, self._directory)

    def placed(self, path: str) -> str:
        """The path in the directory in which the process worked."""
        return path if is_uri(path) else os.path.join(self._directory or "", path)

    def without(self, paths: set[str]) -> Finder:
        """What finds the same, but for what is below some of the paths."""
        other = copy.copy(self)
        other.paths = [path for path in self.paths if path not in paths]
        return other

    def inputs(self, found: Found) -> list[str]:
        """What must not be written to, of what was found."""
        return self.paths

    def names(self) -> list[str]:
        """The names of all runs that there are, selected or not."""
        return [name for name, _, _ in self._search()[0]]


class NamedFinder(Finder):
    """Finds runs below paths to which the caller gives names."""

    def __init__(
        self, places: Mapping[str, str], runs: selection.Patterns | None, *, skip: bool
    ) -> None:
        super().__init__(list(places.values()), True, runs, skip=skip)
        self._places = dict(places)

    def _search(self) -> tuple[list[RunFiles], list[Unseen]]:
        paths = set(self.paths)
        places = {name: path for name, path in self._places.items() if path in paths}
        return _below(places, self._directory)


class GlobFinder(Finder):
    """Finds runs below what a glob matches. They are called as if the directory had been given
    that comes before its first sign.
    """

    def __init__(self, pattern: str, runs: selection.Patterns | None, *, skip: bool) -> None:
        self._pattern = pattern
        before = _signs(pattern).split(pattern, maxsplit=1)[0]
        self._root = before.rpartition("/")[0] or ("/" if before.startswith("/") else ".")
        super().__init__([self._root], False, runs, skip=skip)

    def inputs(self, found: Found) -> list[str]:
        return list(dict.fromkeys(map(os.path.dirname, found.files)))

    def _search(self) -> tuple[list[RunFiles], list[Unseen]]:
        found, unknown = self._search_remote() if is_uri(self._pattern) else self._local()
        if not found and not unknown:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self._pattern)
        return found, unknown

    def _local(self) -> tuple[list[RunFiles], list[Unseen]]:
        matched = [
            path.rstrip("/") or "/"
            for path in glob.glob(self._pattern, root_dir=self._directory, recursive=True)
            if os.path.isdir(self.placed(path)) or "tfevents" in os.path.basename(path)
        ]
        root = os.path.realpath(self.placed(self._root))

        def order(path: str) -> tuple[bool, str]:
            # Of the names of a directory, one without links comes first.
            place = os.path.normpath(os.path.join(root, self._name(path)))
            return os.path.realpath(self.placed(path)) != place, path

        matched.sort(key=order)
        found, unknown = _native.find(matched, True, False, self._directory)
        runs = [(self._name(path), files, given) for path, files, given in found]
        unseen = [(self._name(path), where, why, error) for path, where, why, error in unknown]
        return sorted(runs), unseen

    def _name(self, path: str) -> str:
        return os.path.relpath(path, self._root)

    def _search_remote(self) -> tuple[list[RunFiles], list[Unseen]]:
        parts = self._pattern[len(self._root) :].strip("/").split("/")

        def matches(name: str) -> bool:
            pairs = zip(name.split("/"), parts, strict=False)
            return all(fnmatch.fnmatchcase(*pair) for pair in pairs)

        found, unknown = _native.find(self.paths, False)
        found = [run for run in found if run[0].count("/") + 1 >= len(parts) and matches(run[0])]
        # What matches may lie deeper.
        return found, [unseen for unseen in unknown if matches(unseen[0])]


def _signs(path: str) -> re.Pattern[str]:
    # In a URI, a question mark begins a query.
    return re.compile(r"[*\[]" if is_uri(path) else r"[*?\[]")


def is_glob(path: str) -> bool:
    """Whether a path stands for others; one that is there stands for itself."""
    if not _signs(path).search(path):
        return False
    try:
        return not exists(path)
    except OSError:
        # A service may allow to list, but not to look.
        return True


def working_directory() -> str | None:
    """The directory in which the process works; None if it was removed."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return None


def exists(path: str) -> bool:
    if not is_uri(path):
        return os.path.lexists(path)
    from tfevents.remote import files

    return files.exists(path)


def _below(places: Mapping[str, str], directory: str | None) -> tuple[list[RunFiles], list[Unseen]]:
    """The runs below paths, with the names of these before their own."""
    runs: dict[str, RunFiles] = {}
    unknown: list[Unseen] = []
    for name, path in places.items():
        found, unseen = _native.find([path], False, True, directory)
        for below, files, given in found:
            full = _joined(name, below)
            _, other, _ = runs.get(full, (full, [], []))
            # A run of nothing but a profile has no files.
            if not other:
                runs[full] = (full, files, given)
            elif files and _directory(other) != _directory(files):
                both = f"{_directory(other)} and {_directory(files)}"
                raise ValueError(f"path: two runs would be called {full!r}: {both}")
        unknown += [(_joined(name, below), where, why, it) for below, where, why, it in unseen]
    return list(runs.values()), unknown


def _directory(files: list[str]) -> str:
    directory = os.path.dirname(files[0])
    return directory if is_uri(directory) else os.path.realpath(directory)


def _joined(name: str, below: str) -> str:
    if below == ".":
        return name
    return below if name == "." else f"{name}/{below}"


def finder(
    paths: list[str], several: bool, runs: selection.Patterns | None = None, *, skip: bool
) -> Finder:
    """Finds the runs that are selected, and their files: at and below paths, or what a glob
    matches.
    """
    if not several and is_glob(paths[0]):
        return GlobFinder(paths[0], runs, skip=skip)
    return Finder(paths, several, runs, skip=skip)
