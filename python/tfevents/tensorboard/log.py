"""The runs of a log directory by TensorBoard's names. Newest runs are read first."""

from __future__ import annotations

import logging
import os
import posixpath
from collections.abc import Iterator, Mapping

from tfevents import _native, remote
from tfevents.reader.finding import Find, Finder, RunFiles
from tfevents.reader.log import path_of
from tfevents.reader.selection import step_bounds
from tfevents.tensorboard.contents import Contents

logger = logging.getLogger(__name__)

# The number of bytes of runs that are read first, so that something can be shown. Each time it
# doubles. What was read before is only checked, which takes little time.
_FIRST = 32 << 20

# The assumed size of a file whose size is unknown.
_UNKNOWN = 1 << 20


class Log:
    """The runs at and below some paths. Each path has a prefix for the names of its runs.

    Attributes:
        runs: the runs by name. It is a new dict after each change.
    """

    def __init__(
        self, places: Mapping[str, str | None], restarts: str, max_points: int | None
    ) -> None:
        self.runs: dict[str, Contents] = {}
        paths = {path_of(path, "logdir"): name for path, name in places.items()}
        self._finds: list[tuple[str | None, Find]] = [
            (name, Finder([path], False, None, skip=True)) for path, name in paths.items()
        ]
        threads = remote.threads_for(list(paths))
        self._data = _native.LogData(
            True, True, threads, None, None, step_bounds(None), restarts, max_points
        )
        # Messages that were logged, so that each is logged once.
        self._told: set[tuple[object, ...]] = set()

    def load(self) -> Iterator[None]:
        """Reads what was written since. The first time this may be much: then newer runs come
        first, and it yields whenever there are more.
        """
        found = self._find()
        if self.runs:
            self._update(found)
        else:
            for part in _parts(found):
                self._update(part)
                if len(part) < len(found):
                    logger.warning("%d of %d runs are read", len(part), len(found))
                yield
        self._tell()

    def _find(self) -> list[RunFiles]:
        runs: dict[str, RunFiles] = {}
        for prefix, find in self._finds:
            try:
                found = find()
            except FileNotFoundError as error:
                # It may appear later.
                self._warn(("none", error.filename), "There is no %s yet", error.filename)
                continue
            # The last two are for remote directories whose package is missing.
            except (OSError, ValueError, ImportError) as error:
                self._warn(("find", str(error)), "Runs can't be found: %s", error)
                continue
            for path, reason in found.skipped:
                self._warn((path, reason), "%s is left out: %s", path, reason)
            for name, files, given in found.runs:
                known = _shown(name if prefix is None else posixpath.join(prefix, name))
                if known in runs:
                    # TensorBoard shows the last of them, too.
                    self._warn(("name", known), "Two places have a run %r: name them", known)
                runs[known] = (known, files, given)
        return list(runs.values())

    def _update(self, found: list[RunFiles]) -> None:
        while True:
            try:
                updated = self._data.update(found)
                break
            except OSError as error:
                # A run with a file that can't be read does not hide others.
                rest = [run for run in found if error.filename not in run[1]]
                if len(rest) == len(found):
                    raise
                self._warn((error.filename, error.errno), "A run can't be read: %s", error)
                found = rest
        before = self.runs
        runs = {name: before[name] if data is None else Contents(data) for name, data in updated}
        # They are sorted by name, whichever was read first.
        self.runs = dict(sorted(runs.items()))

    def _tell(self) -> None:
        for path, offset, length, kind in self._data.damage():
            self._warn(
                (path, offset), "%s: %d bytes at %d are damaged: %s", path, length, offset, kind
            )
        for path, reason in self._data.skipped():
            self._warn((path, reason), "%s is left out: %s", path, reason)

    def _warn(self, what: tuple[object, ...], message: str, *arguments: object) -> None:
        if what not in self._told:
            self._told.add(what)
            logger.warning(message, *arguments)


def _shown(name: str) -> str:
    """The name of a run as text that can be sent. Names of directories may have any bytes."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _parts(found: list[RunFiles]) -> Iterator[list[RunFiles]]:
    """The runs to read first, then more and more, up to all."""
    sizes = {run[0]: _size(run[1]) for run in found}
    newest = sorted(found, key=lambda run: sizes[run[0]][1], reverse=True)
    total, most = 0, _FIRST
    for end, run in enumerate(newest, 1):
        total += sizes[run[0]][0]
        if total >= most or end == len(newest):
            yield newest[:end]
            most *= 2


def _size(files: list[str]) -> tuple[int, float]:
    """The number of bytes, and the time of the last write."""
    size, time = 0, 0.0
    for file in files:
        try:
            status = os.stat(file)
            size, time = size + status.st_size, max(time, status.st_mtime)
        except (OSError, ValueError):
            # It is a URI, or it was removed.
            size += _UNKNOWN
    return size, time
