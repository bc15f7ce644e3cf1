"""The runs of a log directory as TensorBoard names them, read newest first, and read on."""

from __future__ import annotations

import logging
import os
import posixpath
from collections.abc import Iterator, Mapping

from tfevents import _native, remote
from tfevents.finding import Find, RunFiles, finder
from tfevents.reader import path_of
from tfevents.selection import step_bounds
from tfevents.tensorboard.contents import Contents

logger = logging.getLogger(__name__)

# Bytes of the runs that are read first, so that something is there to see. Each time it is twice
# as many: what was read is looked at again, which then takes little.
_FIRST = 32 << 20

# So much is believed to be in a file whose size is not known.
_UNKNOWN = 1 << 20


class Log:
    """What is at and below some places, each with a name to put before those of its runs.

    Attributes:
        runs: what was read, by the names of the runs; another dict whenever something changed.
    """

    def __init__(
        self, places: Mapping[str, str | None], restarts: str, max_points: int | None
    ) -> None:
        self.runs: dict[str, Contents] = {}
        paths = {path_of(path, "logdir"): name for path, name in places.items()}
        self._finds: list[tuple[str | None, Find]] = [
            (name, finder([path], False, skip=True)) for path, name in paths.items()
        ]
        threads = remote.threads_for(list(paths))
        self._data = _native.LogData(
            True, True, threads, None, None, step_bounds(None), restarts, max_points
        )
        # What was said of what can't be read, so that it is said once.
        self._told: set[tuple[object, ...]] = set()

    def load(self) -> Iterator[None]:
        """Reads what was written since. At first that may be much: then newer runs come first, and
        it yields whenever there are more.
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
                # It may come.
                self._warn(("none", error.filename), "There is no %s yet", error.filename)
                continue
            # The latter two are of remote directories for which a package is missing.
            except (OSError, ValueError, ImportError) as error:
                self._warn(("find", str(error)), "Runs can't be found: %s", error)
                continue
            for path, reason in found.skipped:
                self._warn((path, reason), "%s is left out: %s", path, reason)
            for name, files, given in found.runs:
                known = _shown(name if prefix is None else posixpath.join(prefix, name))
                if known in runs:
                    # TensorBoard shows the last of them too.
                    self._warn(("name", known), "Two places have a run %r: name them", known)
                runs[known] = (known, files, given)
        return list(runs.values())

    def _update(self, found: list[RunFiles]) -> None:
        while True:
            try:
                updated = self._data.update(found)
                break
            except OSError as error:
                # A run whose file the system can't read hides no others.
                rest = [run for run in found if error.filename not in run[1]]
                if len(rest) == len(found):
                    raise
                self._warn((error.filename, error.errno), "A run can't be read: %s", error)
                found = rest
        before = self.runs
        runs = {name: before[name] if data is None else Contents(data) for name, data in updated}
        # By name, whatever was read first.
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
    """A run's name as text that can be sent. Directories may be named by any bytes."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _parts(found: list[RunFiles]) -> Iterator[list[RunFiles]]:
    """The runs to be read first, and ever more, until it is all."""
    sizes = {run[0]: _size(run[1]) for run in found}
    newest = sorted(found, key=lambda run: sizes[run[0]][1], reverse=True)
    total, most = 0, _FIRST
    for end, run in enumerate(newest, 1):
        total += sizes[run[0]][0]
        if total >= most or end == len(newest):
            yield newest[:end]
            most *= 2


def _size(files: list[str]) -> tuple[int, float]:
    """How many bytes there are, and when they were written last."""
    size, time = 0, 0.0
    for file in files:
        try:
            status = os.stat(file)
            size, time = size + status.st_size, max(time, status.st_mtime)
        except (OSError, ValueError):
            # A URI, or it went.
            size += _UNKNOWN
    return size, time
