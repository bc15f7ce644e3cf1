"""The events of a file or directory in TensorBoard's order, and later those that came since.

As TensorBoard does (`directory_watcher.py`), a directory's files are read one after the other by
their names, and left for good when the next one is there. Reading a file ends at a damaged record.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

from tfevents import _native

# As many events as there are.
_ALL = sys.maxsize


class File:
    """The events of one file."""

    def __init__(self, path: str) -> None:
        self._tail = _native.EventTail(path)

    def load(self, limit: int = _ALL) -> Iterator[Any]:
        """What `EventTail.load` gives, at most `limit` events."""
        while items := self._tail.load(limit):
            for item in items:
                # One that is raised ends this iteration, and the next one begins after it.
                if isinstance(item, Exception):
                    raise item
                yield item
            if limit != _ALL:
                return


class Directory:
    """The events of the files in a directory."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._current: str | None = None
        self._file: File | None = None

    def load(self, limit: int = _ALL) -> Iterator[Any]:
        """What `EventTail.load` gives, at most `limit` events."""
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
            # What was written before the next file was there.
            for item in self._rest(limit):
                yield item
                found = True
            if found and limit != _ALL:
                return
            self._current, self._file = following, None
            try:
                self._file = File(following)
            except FileNotFoundError:
                # It went after it was found.
                continue

    def _rest(self, limit: int) -> Iterator[Any]:
        return iter(()) if self._file is None else self._file.load(limit)

    def _next(self) -> str | None:
        """The path of the next file."""
        try:
            names = os.listdir(self._path)
        except FileNotFoundError:
            raise _deleted(self._path) from None
        except OSError:
            return None
        paths = [os.path.join(self._path, name) for name in names]
        current = self._current
        return min(
            (path for path in paths if is_event_file(path) and (current is None or path > current)),
            default=None,
        )


def is_event_file(path: str) -> bool:
    """Whether a path is that of an event file, by its name."""
    return "tfevents" in os.path.basename(path) and not path.endswith(".profile-empty")


def open_path(path: str) -> File | Directory:
    """The events at `path`."""
    # TensorBoard takes a directory of such a name for a file, and can't read it.
    return File(path) if is_event_file(path) and not os.path.isdir(path) else Directory(path)


class DirectoryDeletedError(FileNotFoundError):
    """There is no such directory."""


def is_deleted(error: Exception) -> bool:
    """Whether an error says that there is no such directory."""
    return isinstance(error, _deleted_error())


def _deleted(path: str) -> Exception:
    return _deleted_error()(f"Directory {path} has been permanently deleted")


def _deleted_error() -> type[Exception]:
    # Code that catches TensorBoard's has imported it.
    module = sys.modules.get("tensorboard.backend.event_processing.directory_watcher")
    return DirectoryDeletedError if module is None else module.DirectoryDeletedError
