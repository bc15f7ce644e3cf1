"""The spool of a writer with a remote directory: local files that a thread uploads.

Objects in a bucket can't be appended to. So the files grow in a local directory, the spool. Every
`flush_secs`, a thread uploads each changed file as a whole. If a file would be uploaded too often,
the writer begins another one, so that all uploads together are less than twice what was logged.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import sys
import threading
import time
import warnings
import weakref
from typing import Literal

from tfevents import _native
from tfevents.remote import uploads
from tfevents.remote.errors import as_os_error
from tfevents.remote.place import Place, Version, files_of, find_left
from tfevents.remote.transfer import Transfer
from tfevents.remote.uri import below, filesystem

# Seconds from the opening of a file to its first upload, which shows early whether uploads work.
_FIRST = 1.0
# Seconds to the next attempt after a failure. Each failure doubles them, up to the interval or up
# to `_LONGEST_RETRY`.
_RETRY = 1.0
_LONGEST_RETRY = 300.0
_SHORTEST, _LONGEST = 0.1, 1e6
# A file with fewer bytes is uploaded again, even if it was uploaded often.
_SMALL = 256 << 10


class Spool:
    """The local files of one writer and its sub-runs.

    Each process has a directory of its own; a forked child starts with none.
    """

    def __init__(self, uri: str, flush_secs: float, on_error: Literal["raise", "warn"]) -> None:
        filesystem(uri)  # fails if fsspec can't open that scheme
        self.uri = uri
        self._flush_secs = flush_secs
        self._on_error = on_error
        self._start_afresh()
        _tell_of_left(uri)
        _spools.add(self)

    def _start_afresh(self) -> None:
        self._place = Place(self.uri)
        self._outage = _native.Outage(self._on_error)
        self._controls: dict[str, _native.Control] = {}
        self._uploaded: dict[str, Version] = {}
        # By run: the uploaded bytes, and the bytes of files that are uploaded and removed.
        self._sent: dict[str, int] = {}
        self._gone: dict[str, int] = {}
        # The lock of `uploads` guards all attributes below. These count the requests that were made
        # and answered.
        self.wanted = 0
        self.served = 0
        self._ticket = 0
        # The result of the last attempt.
        self.error: OSError | None = None
        # Whether the spool ends after the next success.
        self._is_last = False
        # Whether it was reported that the files stay in the spool.
        self._is_told = False
        self._due = float("inf")
        self._retry = _RETRY
        self._transfer: Transfer | None = None

    def run(self, name: str = "") -> SpooledRun:
        """What the writer of the run of this name, relative to the URI, talks to."""
        return SpooledRun(self, name)

    def open(self, name: str, control: _native.Control) -> str:
        """The local directory of a run.

        Called before its writer opens a file, and again once it did.
        """
        with uploads.lock:
            self._place.make()
            self._controls[name] = control
            self._outage.attach(control)
            self._is_last = self._is_told = False
            self._due = min(time.monotonic() + _FIRST, self._due)
            uploads.add(self)
        return os.path.join(self._place.directory, name)

    def _is_open(self) -> bool:
        """Whether any of the writers has a file open."""
        return any(control.is_running() for control in list(self._controls.values()))

    def flush(self) -> None:
        """Uploads what changed. A failure is raised, or warned of once an outage."""
        if uploads.is_exiting():
            self.end()
            return
        error = uploads.ask([self])
        if error is not None and self._on_error == "raise":
            self._tell(error)
        self._outage.check()

    def close(self, name: str) -> None:
        """Told when a writer was closed: with the last one, uploads the rest, removes the spool."""
        with uploads.lock:
            control = self._controls.get(name)
            if control is None or self not in uploads.spools:
                return
        if control.is_running():
            # Another thread opened the writer again.
            self.flush()
        elif not self._is_open():
            self._finish(uploads.ask([self], last=True))

    def abandon(self) -> None:
        """Told when a writer was collected: what `close` would do is left to the thread.

        The collection may have happened in this thread, or in one that it waits for.
        """
        if not self._is_open():
            self.want(last=True)
            uploads.wake()

    def end(self) -> None:
        """Closes the writers, uploads what is left and removes the spool."""
        self.close_writers()
        self._finish(self.error or uploads.ask([self], last=True))

    def close_writers(self) -> None:
        """Has all that was logged in the files."""
        for control in list(self._controls.values()):
            control.close()

    def _finish(self, error: OSError | None) -> None:
        self._is_told = error is not None
        if error is not None:
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        """Raises or warns of this error, and of no other."""
        self._outage.clear()
        if self._on_error == "raise":
            raise error
        self._outage.report(error)
        self._outage.check()

    # `uploads` calls the methods below. Any thread may call `want`, with or without the lock. One
    # thread at a time calls the others.

    def want(self, last: bool) -> int:
        """Notes a request; its number, which `served` reaches once it is answered."""
        with uploads.lock:
            self.wanted += 1
            self._is_last |= last
            return self.wanted

    def gave_up(self, error: OSError) -> None:
        """Somebody waited longer than an attempt may take."""
        error = as_os_error(error, self._kept(), self.uri)
        with uploads.lock:
            self.served = self.wanted
            self.error = error
        self._outage.report(error)

    def untold(self) -> OSError | None:
        """Why something is left of which nobody heard."""
        return None if self._is_told else self.error

    def step(self, patience: float, stops: OSError | None) -> float:
        """Goes on with what there is to do; the time at which to look again."""
        if self._transfer is None:
            with uploads.lock:
                if self.wanted == self.served and (stops or time.monotonic() < self._due):
                    return float("inf") if stops else self._due
                self._ticket = self.wanted
            if stops is not None:
                self._ended(as_os_error(stops, self._kept(), self.uri), True)
                return 0.0
            try:
                self._transfer = self._begin()
            except OSError as error:
                self._ended(as_os_error(error, self._kept(), self.uri), False)
                return 0.0
        if stops is not None:
            self._transfer.abort(stops)
        if not self._transfer.step(patience):
            return self._transfer.limit(patience)
        transfer, self._transfer = self._transfer, None
        try:
            self._count(transfer.uploaded)
        except OSError as error:
            self._ended(transfer.error or as_os_error(error, self._kept(), self.uri), False)
            return 0.0
        # What was asked for since this began needs an attempt of its own, unless nothing arrives.
        self._ended(transfer.error, transfer.is_late)
        return 0.0

    def _kept(self) -> str:
        return f"uploading failed, all is kept in {self._place.directory}"

    def _begin(self) -> Transfer:
        directory = self._place.directory
        changed = self._changed()
        rolled = [self._roll(run, control, changed) for run, control in self._open_controls()]
        if any(rolled):
            changed = self._changed()
        growing = {name for name in changed if self._may_grow(name)}
        return Transfer(self.uri, directory, changed, growing, uploads.wake)

    def _changed(self) -> dict[str, Version]:
        found = files_of(self._place.directory)
        return {name: it for name, it in found.items() if self._uploaded.get(name) != it}

    def _open_controls(self) -> list[tuple[str, _native.Control]]:
        return [it for it in list(self._controls.items()) if it[1].is_running()]

    def _may_grow(self, name: str) -> bool:
        run, file = posixpath.split(name)
        control = self._controls.get(run)
        return "tfevents" not in file or (control is not None and control.is_running())

    def _roll(self, run: str, control: _native.Control, changed: dict[str, Version]) -> bool:
        """Ends the file of a run if what goes up after this one would be more than twice what is
        logged. Before it goes up: what came in between would have it go up once more."""
        path = control.path()
        name = posixpath.join(run, os.path.basename(path)) if path else ""
        if name not in changed:
            return False
        logged = self._gone.get(run, 0)
        sending = self._sent.get(run, 0)
        for other, (size, _) in files_of(os.path.join(self._place.directory, run)).items():
            if "/" not in other and "tfevents" in other:
                logged += size
                sending += size if posixpath.join(run, other) in changed else 0
        size, _ = changed[name]
        if size <= max(_SMALL, 2 * logged - sending):
            return False
        control.roll()
        return True

    def _count(self, uploaded: dict[str, Version]) -> None:
        """Notes what went up, and removes the files that are done: a later one is there."""
        self._uploaded.update(uploaded)
        for name, (size, _) in uploaded.items():
            run, file = posixpath.split(name)
            if "tfevents" in file:
                self._sent[run] = self._sent.get(run, 0) + size
        self._place.note(self._uploaded)
        found = files_of(self._place.directory)
        for name, version in found.items():
            run, file = posixpath.split(name)
            # This comes after the files were listed, so a file that is opened now is not among
            # them.
            control = self._controls.get(run)
            if control is None or "tfevents" not in file or self._uploaded.get(name) != version:
                continue
            path = control.path()
            if (path and file < os.path.basename(path)) or not (path or control.is_running()):
                os.unlink(os.path.join(self._place.directory, name))
                del self._uploaded[name]
                self._gone[run] = self._gone.get(run, 0) + version[0]

    def _ended(self, error: OSError | None, answers_all: bool) -> None:
        """Answers who waits."""
        if error is None:
            self._outage.clear()
        else:
            self._outage.report(error)
        with uploads.lock:
            if self._is_last and self._ticket == self.wanted and error is None:
                error = self._remove()
            self.error = error
            self.served = self.wanted if answers_all else self._ticket
            interval = min(max(self._flush_secs, _SHORTEST), _LONGEST)
            wait = min(self._retry, interval) if error else interval
            self._due = time.monotonic() + wait
            self._retry = min(2 * self._retry, _LONGEST_RETRY) if error else _RETRY
            uploads.lock.notify_all()

    def _remove(self) -> OSError | None:
        """Removes the files that are uploaded as they are, and the spool, unless a writer was
        opened meanwhile."""
        try:
            found = files_of(self._place.directory)
            uploaded = [name for name, it in found.items() if self._uploaded.get(name) == it]
            # This comes after the files were listed, so a file that is opened now is not among
            # them.
            if self._is_open():
                return None
            for name in uploaded:
                os.unlink(os.path.join(self._place.directory, name))
                del self._uploaded[name]
            if len(uploaded) == len(found):
                self._place.remove()
                uploads.discard(self)
        except OSError as error:
            return error
        return None

    def forked(self) -> None:
        """In a child: the files are the parent's."""
        self._place.leave()
        self._start_afresh()


class SpooledRun:
    """One run's part in a spool, for its native writer."""

    def __init__(self, spool: Spool, name: str) -> None:
        self._spool = spool
        self._name = name

    def open(self, control: _native.Control) -> str:
        return self._spool.open(self._name, control)

    def flush(self) -> None:
        self._spool.flush()

    def close(self) -> None:
        self._spool.close(self._name)

    def abandon(self) -> None:
        self._spool.abandon()


def _tell_of_left(uri: str) -> None:
    """Warns of what an earlier writer of this directory could not upload."""
    for left in find_left(uri):
        if not left.files:
            left.done({})
            continue
        size = sum(size for size, _ in left.files.values())
        warnings.warn(
            f"{uri}: an earlier writer has left {len(left.files)} files, {size:,} bytes, that are "
            f"not uploaded, in {left.directory}; tfevents.upload_spools({uri!r}) uploads them",
            RuntimeWarning,
            stacklevel=_level(),
        )


def _level() -> int:
    """The level of a warning at the line that called this package, for who calls this."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] != "tfevents":
            break
        frame, level = frame.f_back, level + 1
    return level


def upload_left(uri: str | None) -> list[str]:
    """See `tfevents.upload_spools`."""
    done: list[str] = []
    errors: list[OSError] = []
    for left in find_left():
        if uri is not None and not _is_below(left.uri, uri):
            continue
        if not left.files:
            left.done({})
            continue
        changed = threading.Event()
        transfer = Transfer(left.uri, left.directory, left.files, (), changed.set, newer_stay=True)
        while not transfer.step(uploads.PATIENCE):
            changed.wait(max(0.0, transfer.limit(uploads.PATIENCE) - time.monotonic()))
            changed.clear()
        left.done(transfer.uploaded)
        went_up = [name for name in transfer.uploaded if name not in transfer.outdated]
        done += [below(left.uri, name) for name in went_up]
        if transfer.error is not None:
            errors.append(transfer.error)
    _raise(errors)
    return done


def _is_below(uri: str, root: str) -> bool:
    uri, root = uri.rstrip("/"), root.rstrip("/")
    return uri == root or uri.startswith(f"{root}/")


def _raise(errors: list[OSError]) -> None:
    if len(errors) == 1:
        raise errors[0]
    if errors:
        # At exit only the message of an exception is shown.
        each = "".join(f"\n- {error}" for error in errors)
        raise ExceptionGroup(f"some event files could not be uploaded:{each}", errors)


_spools: weakref.WeakSet[Spool] = weakref.WeakSet()


def flush_at_exit() -> None:
    """Uploads everything and removes the spools; raises of those that have to stay."""
    uploads.exiting()
    spools = list(uploads.spools)
    for spool in spools:
        spool.close_writers()
    # Spools whose upload just failed are not tried again.
    uploads.end([spool for spool in spools if spool.error is None])
    _raise([error for spool in spools if (error := spool.untold()) is not None])


def _before_threads_end() -> None:
    """Uploads while the packages that do it can still start threads, which `atexit` can't."""
    try:
        _native.flush_at_exit(last=False)
        uploads.at_end()
    except KeyboardInterrupt:
        uploads.stop()


def _forked() -> None:
    # The files and the thread belong to the parent.
    uploads.forked()
    for spool in list(_spools):
        spool.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
# This function is private, but `concurrent.futures` uses it too. If it is missing, `flush_at_exit`
# has to be enough.
with contextlib.suppress(AttributeError, RuntimeError):
    threading._register_atexit(_before_threads_end)  # type: ignore[attr-defined]
