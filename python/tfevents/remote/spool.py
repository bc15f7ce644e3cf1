"""What a writer writes for a remote directory: local files that a thread uploads.

Objects can't be appended to. So the files grow in a local directory, the spool, and a thread
uploads those that changed, whole, every `flush_secs`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
import warnings
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from tfevents import _native
from tfevents.remote import files
from tfevents.remote.errors import as_os_error
from tfevents.remote.uri import FileSystem, below, filesystem

# Seconds from the opening of a file to its first upload, which tells early what can't work.
_FIRST = 1.0
# Seconds to the next attempt after a failure; doubled with each up to the interval.
_RETRY = 1.0
_SHORTEST = 0.1
# How many files are uploaded at once.
_PARALLEL = 8

# Size and time of a file, which tell whether it changed.
_Version = tuple[int, int]


class Spool:
    """The local files of one writer and its sub-runs, and the thread that uploads them.

    Each process has a directory of its own; a forked child starts with none.
    """

    def __init__(self, uri: str, flush_secs: float, on_error: Literal["raise", "warn"]) -> None:
        filesystem(uri)  # fails where there is no way to that scheme
        self.uri = uri
        self._flush_secs = flush_secs
        self._on_error = on_error
        self._start_afresh()
        _spools.add(self)

    def _start_afresh(self) -> None:
        # Reentrant, as everything here that a garbage collection may call.
        self._state = threading.Condition()
        # Held by who uploads, so that no older file replaces a newer one.
        self._uploading = threading.Lock()
        self._directory: str | None = None
        self._uploaded: dict[str, _Version] = {}
        # Remote files that what is in the directory replaces.
        self._fetching = threading.Lock()
        self._fetched: set[str] = set()
        self._controls: dict[str, _native.Control] = {}
        self._thread: threading.Thread | None = None
        self._due = 0.0
        self._abandoned = False
        self._failing = False
        self._unreported: OSError | None = None
        # Why the attempt before the end of all threads failed.
        self._early: OSError | None = None

    def run(self, name: str = "") -> SpooledRun:
        """What the writer of the run of this name, relative to the URI, talks to."""
        return SpooledRun(self, name)

    def open(self, name: str, control: _native.Control) -> str:
        """The local directory of a run.

        Called before its writer opens a file, and again once it did.
        """
        with self._state:
            if self._directory is None:
                self._directory = tempfile.mkdtemp(prefix="tfevents-spool-")
            else:
                os.makedirs(self._directory, mode=0o700, exist_ok=True)
            self._controls[name] = control
            _open_spools.add(self)
            if control.is_running():
                self._due = min(time.monotonic() + _FIRST, self._due or float("inf"))
                self._start_thread()
            return os.path.join(self._directory, name)

    def fetch(self, name: str) -> None:
        """Has the file of this name, if it is there, in the local directory, to be added to.

        Must come before the first request to write it.

        Raises:
            OSError: it can't be read. What would take its place would lose what it holds.
        """
        with self._fetching:
            if self._directory is None or name in self._fetched:
                return
            data = files.download(below(self.uri, name))
            path = os.path.join(self._directory, name)
            if data is not None and not os.path.exists(path):
                with open(path, "xb") as file:
                    file.write(data)
            self._fetched.add(name)

    def _start_thread(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._work, name="tfevents-upload", daemon=True)
            # At the end of the process none can be started; then every flush uploads.
            with contextlib.suppress(RuntimeError):
                thread.start()
                self._thread = thread
        self._state.notify_all()

    def _is_open(self) -> bool:
        """Whether any of the writers has a file open."""
        return any(control.is_running() for control in tuple(self._controls.values()))

    def check(self) -> None:
        """Raises or warns of an upload that failed in the background and has not succeeded."""
        with self._state:
            error, self._unreported = self._unreported, None
        if error is not None:
            self._report(error)

    def _report(self, error: OSError) -> None:
        if self._on_error == "raise":
            raise error
        warnings.warn(f"logging is disturbed: {error}", RuntimeWarning, stacklevel=3)

    def flush(self) -> None:
        """Uploads what changed. A failure is raised, or warned of once an outage."""
        if _exiting:
            self.end()
        self._attempt()
        self.check()

    def close(self, name: str) -> None:
        """Told when a writer was closed: with the last one, uploads the rest, removes the spool."""
        with self._state:
            control = self._controls.get(name)
            if control is None or self not in _open_spools:
                return
            self._state.notify_all()
        if control.is_running():
            # Another thread opened it again.
            self.flush()
        elif not self._is_open():
            self._finish()

    def abandon(self) -> None:
        """Told when a writer was collected: what `close` would do is left to the thread.

        The collection may have happened in this thread, or in one that it waits for.
        """
        with self._state:
            self._abandoned = not self._is_open()
            self._start_thread()

    def end(self) -> None:
        """Closes the writers, uploads what is left and removes the spool."""
        for control in tuple(self._controls.values()):
            control.close()
        self._finish()

    def _finish(self) -> None:
        error = self._attempt(last=True)
        with self._state:
            self._unreported = None
            if error is None and not self._is_open():
                _open_spools.discard(self)
        if error is not None:
            # Later than that, even what could work does not.
            self._report(self._early or error)

    def _work(self) -> None:
        """The thread: uploads every now and then while files are open."""
        interval = min(max(self._flush_secs, _SHORTEST), threading.TIMEOUT_MAX / 2)
        retry = _RETRY
        while True:
            with self._state:
                while (is_open := self._is_open()) and (wait := self._due - time.monotonic()) > 0:
                    self._state.wait(wait)
                if not is_open:
                    self._thread = None
                    self._due = 0.0
                    abandoned, self._abandoned = self._abandoned, False
                    break
            failed = self._attempt() is not None
            with self._state:
                wait = min(retry, interval) if failed else interval
                self._due = time.monotonic() + wait
            retry = 2 * retry if failed else _RETRY
        if abandoned:
            self._finish()

    def _attempt(self, last: bool = False) -> OSError | None:
        """Uploads what changed; what went wrong, which `check` tells once."""
        with self._uploading:
            directory = self._directory
            if directory is None:
                return None
            failure = None
            try:
                self._upload(directory, last)
            except Exception as error:
                failure = self._failure(error, directory)
            if failure is None and last:
                self._remove(directory)
            with self._state:
                if failure is None:
                    # What nobody heard of is over, and nothing was lost.
                    self._unreported = None
                elif self._on_error == "raise" or not self._failing:
                    self._unreported = failure
                    for control in self._controls.values():
                        control.ring()
                self._failing = failure is not None
        return failure

    def _upload(self, directory: str, last: bool) -> None:
        found = _files(directory)
        changed = [name for name in found if self._uploaded.get(name) != found[name]]
        if not changed:
            return
        fs, root = filesystem(self.uri)

        def upload(name: str) -> Exception | None:
            try:
                _upload_file(fs, os.path.join(directory, name), f"{root}/{name}", still=last)
            except Exception as error:
                return error
            self._uploaded[name] = found[name]
            return None

        errors = [error for error in _map(upload, changed) if error is not None]
        if errors:
            raise errors[0]

    def _remove(self, directory: str) -> None:
        """Removes the files that are uploaded as they are, unless a writer was opened meanwhile."""
        uploaded = [
            name
            for name, version in _files(directory).items()
            if self._uploaded.get(name) == version
        ]
        # Looked at after the files: what is opened from here on is none of them.
        if self._is_open():
            return
        for name in uploaded:
            os.unlink(os.path.join(directory, name))
            del self._uploaded[name]
            self._fetched.discard(name)
        for path, _, _ in os.walk(directory, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(path)

    def _failure(self, error: Exception, directory: str) -> OSError:
        return as_os_error(error, f"uploading failed, all is kept in {directory}", self.uri)


class SpooledRun:
    """One run's part in a spool, for its native writer."""

    def __init__(self, spool: Spool, name: str) -> None:
        self._spool = spool
        self._name = name

    def open(self, control: _native.Control) -> str:
        return self._spool.open(self._name, control)

    def check(self) -> None:
        self._spool.check()

    def flush(self) -> None:
        self._spool.flush()

    def close(self) -> None:
        self._spool.close(self._name)

    def abandon(self) -> None:
        self._spool.abandon()


def _files(directory: str) -> dict[str, _Version]:
    """The files below a directory, by their paths relative to it, with `/`."""
    found = {}
    for path, _, names in os.walk(directory):
        for name in names:
            full = os.path.join(path, name)
            with contextlib.suppress(FileNotFoundError):
                stat = os.stat(full)
                key = os.path.relpath(full, directory).replace(os.sep, "/")
                found[key] = (stat.st_size, stat.st_mtime_ns)
    return found


def _upload_file(fs: FileSystem, local: str, remote: str, still: bool) -> None:
    if still:
        fs.put_file(local, remote)
        return
    # Some file systems send as many bytes as there were at first, and fail at a file that grows.
    with tempfile.TemporaryDirectory(prefix="tfevents-upload-") as directory:
        copy = shutil.copyfile(local, os.path.join(directory, "copy"))
        fs.put_file(copy, remote)


def _map(function: Callable[[str], Exception | None], names: list[str]) -> list[Exception | None]:
    if len(names) > 1 and not _exiting:
        # The last moments of a process have no threads for it.
        with contextlib.suppress(RuntimeError), ThreadPoolExecutor(_PARALLEL) as pool:
            return list(pool.map(function, names))
    return [function(name) for name in names]


_spools: weakref.WeakSet[Spool] = weakref.WeakSet()
# Those that have something to upload, or may have soon.
_open_spools: set[Spool] = set()
_exiting = False


def flush_at_exit() -> None:
    """Uploads everything and removes the spools; raises of those that have to stay."""
    global _exiting
    _exiting = True
    errors: list[OSError] = []
    for spool in tuple(_open_spools):
        try:
            spool.end()
        except OSError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup("some event files could not be uploaded", errors)


def _before_threads_end() -> None:
    """Uploads while the packages that do it can still start threads, which `atexit` can't."""
    _native.flush_at_exit(last=False)
    for spool in tuple(_open_spools):
        spool._early = spool._attempt()


def _forked() -> None:
    # The files and the thread are the parent's.
    for spool in tuple(_spools):
        spool._start_afresh()
    _open_spools.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
# Private, and what `concurrent.futures` uses; where it is missing, `flush_at_exit` has to do.
with contextlib.suppress(AttributeError, RuntimeError):
    threading._register_atexit(_before_threads_end)  # type: ignore[attr-defined]
