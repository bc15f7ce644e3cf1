"""The events of a file or directory in TensorBoard's order, and later the new ones.

As in TensorBoard (`directory_watcher.py`), the files of a directory are read in the order of their
names. A file is not read again once the next one is there. Reading a file ends at a damaged record.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tfevents import _native
from tfevents._extras import imported

# All events.
_ALL = sys.maxsize


class File:
    """The events of one file."""

    def __init__(self, path: str) -> None:
        self.current: str | None = path
        self._tail = _native.EventTail(path)

    def load(self, limit: int = _ALL) -> Iterator[Any]:
        """The items of `EventTail.load`, at most `limit` events."""
        while items := self._tail.load(limit):
            for item in items:
                # An error ends this iteration. The next iteration begins after it.
                if isinstance(item, Exception):
                    raise item
                yield item
            if limit != _ALL:
                return


class Directory:
    """The events of the files in a directory.

    Attributes:
        current: the file of the last event.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.current: str | None = None
        self._file: File | None = None

    def load(self, limit: int = _ALL) -> Iterator[Any]:
        """The items of `EventTail.load`, at most `limit` events."""
        while True:
            found = False
            for item in self._rest(limit):
                yield item
                found = True
            if found and limit != _ALL:
                return
            following = self._next()
            if following is None:
                return
            # These events were written before the next file was there.
            for item in self._rest(limit):
                yield item
                found = True
            if found and limit != _ALL:
                return
            self.current, self._file = following, None
            try:
                self._file = File(following)
            except FileNotFoundError:
                # The file was removed after it was found.
                continue

    def _rest(self, limit: int) -> Iterator[Any]:
        return iter(()) if self._file is None else self._file.load(limit)

    def _next(self) -> str | None:
        """The path of the next file."""
        current = self.current
        paths = _event_files(self._path)
        return next((path for path in paths if current is None or path > current), None)


class ActiveFiles:
    """The events of all files in a directory that are still written.

    Attributes:
        current: the file of the last event.
    """

    def __init__(self, path: str, is_active: Callable[[float], bool]) -> None:
        self._path = path
        self._is_active = is_active
        self.current: str | None = None
        # The files that are read again, or None for those that are not; and the greatest wall
        # times.
        self._files: dict[str, File | None] = {}
        self._last: dict[str, float] = {}

    def load(self, limit: int = _ALL) -> Iterator[Any]:
        """The items of `EventTail.load`, at most `limit` events."""
        for path in _event_files(self._path):
            if self._leave(path):
                continue
            try:
                file = self._files.get(path) or File(path)
            except FileNotFoundError:
                # The file was removed after it was found.
                continue
            self._files[path] = file
            found = False
            for item in file.load(limit):
                times = item[4] if isinstance(item[0], list) else item[0]
                self._last[path] = max(self._last.get(path, -math.inf), float(np.max(times)))
                self.current, found = path, True
                yield item
            if found and limit != _ALL:
                return
            self._leave(path)

    def _leave(self, path: str) -> bool:
        """Whether a file is not read again."""
        last = self._last.get(path)
        if last is not None and not self._is_active(last):
            self._files[path] = None
        return path in self._files and self._files[path] is None


def _event_files(directory: str) -> list[str]:
    """The event files in a directory, in the order of their names."""
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        raise _deleted(directory) from None
    except OSError:
        return []
    return sorted(filter(is_event_file, (os.path.join(directory, name) for name in names)))


def is_event_file(path: str) -> bool:
    """Whether this is the path of an event file, by its name."""
    return "tfevents" in os.path.basename(path) and not path.endswith(".profile-empty")


def open_path(
    path: str, is_active: Callable[[float], bool] | None = None
) -> File | Directory | ActiveFiles:
    """The events at `path`. The files of a directory are read one after the other, or all active
    ones with a filter.
    """
    # TensorBoard takes a directory of such a name for a file, and fails.
    if is_event_file(path) and not os.path.isdir(path):
        return File(path)
    return Directory(path) if is_active is None else ActiveFiles(path, is_active)


class DirectoryDeletedError(FileNotFoundError):
    """The directory does not exist."""


def is_deleted(error: Exception) -> bool:
    """Whether an error says that the directory does not exist."""
    return isinstance(error, _deleted_error())


def _deleted(path: str) -> Exception:
    return _deleted_error()(f"Directory {path} has been permanently deleted")


def _deleted_error() -> type[Exception]:
    # Code that catches TensorBoard's error has imported its module.
    module = "tensorboard.backend.event_processing.directory_watcher"
    error: type[Exception] | None = imported(module, "DirectoryDeletedError")
    return DirectoryDeletedError if error is None else error
