"""The directory of spools, and the spools that killed processes left there.

All spools of a user are in one directory. A spool is a directory, and beside it is a file of the
same name with `.lock` at its end. That file is locked while the process of the spool lives. Its
first line is the URI. Its second line lists what is uploaded of the files, as JSON.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import itertools
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from typing import TypeAlias

# The size and the time of a file. They differ if it changed.
Version: TypeAlias = tuple[int, int]

_LOCK = ".lock"
# The end of the names of copies that exist during an upload.
COPY = ".copy"
_numbers = itertools.count()
# The lock files of this process. Opening and closing one of them again would unlock it.
_own: set[str] = set()


class Place:
    """A directory for the files of a URI. It is there from `make` on, until `remove`."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._above = _above()
        name = f"{_key(uri)}-{os.getpid()}-{next(_numbers)}"
        self.directory = os.path.join(self._above, name)
        self._lock: int | None = None

    def make(self) -> None:
        """Makes the directory, where it is not there."""
        if self._lock is not None:
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
            return
        path = self.directory + _LOCK
        while True:
            _make_private(self._above)
            with contextlib.suppress(FileNotFoundError):  # the last of another process went
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
                break
        _own.add(path)
        _lock(descriptor, wait=True)
        self._lock = descriptor
        self.note({})
        os.makedirs(self.directory, mode=0o700, exist_ok=True)

    def leave(self) -> None:
        """In a forked child: leaves it to the parent."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def note(self, uploaded: dict[str, Version]) -> None:
        """Writes down which files are uploaded as they are."""
        if self._lock is not None:
            text = f"{self.uri}\n{json.dumps(uploaded)}\n".encode()
            os.ftruncate(self._lock, os.pwrite(self._lock, text, 0))

    def remove(self) -> None:
        """Removes the directory, which is empty but for other directories."""
        for path, _, _ in os.walk(self.directory, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(path)
        if self._lock is not None and not os.path.exists(self.directory):
            _forget(self.directory, self._lock)
            self._lock = None


class Left:
    """What a process that has ended left of a spool; held until `close`.

    Attributes:
        uri: where it was to go.
        files: what was not uploaded, by its path in the directory.
        directory: where it is.
    """

    def __init__(self, directory: str, lock: int) -> None:
        self.directory = directory
        self._lock: int | None = lock
        head, _, rest = os.pread(lock, os.fstat(lock).st_size, 0).decode().partition("\n")
        if not head:
            raise ValueError("it is being made")
        self.uri = head
        try:
            self.uploaded: dict[str, Version] = {k: tuple(v) for k, v in json.loads(rest).items()}
        except (ValueError, AttributeError, TypeError):  # cut off
            self.uploaded = {}
        found = files_of(directory)
        self.files = {name: it for name, it in found.items() if self.uploaded.get(name) != it}

    def done(self, uploaded: dict[str, Version]) -> None:
        """Removes what is there, if these files and those before are all; or notes them."""
        self.uploaded.update(uploaded)
        if all(self.uploaded.get(name) == it for name, it in files_of(self.directory).items()):
            shutil.rmtree(self.directory, ignore_errors=True)
            if self._lock is not None:
                _forget(self.directory, self._lock)
                self._lock = None
        elif self._lock is not None:
            text = f"{self.uri}\n{json.dumps(self.uploaded)}\n".encode()
            os.ftruncate(self._lock, os.pwrite(self._lock, text, 0))

    def close(self) -> None:
        """Leaves it to others."""
        if self._lock is not None:
            _own.discard(self.directory + _LOCK)
            os.close(self._lock)
            self._lock = None


def find_left(uri: str | None = None) -> Iterator[Left]:
    """What was left for a URI, or for any; each is held until the next is asked for."""
    above = _above()
    try:
        names = sorted(os.listdir(above))
    except OSError:
        return
    key = "" if uri is None else f"{_key(uri)}-"
    for name in names:
        if not (name.startswith(key) and name.endswith(_LOCK)):
            continue
        left = _claim(os.path.join(above, name.removesuffix(_LOCK)))
        if left is not None:
            try:
                yield left
            finally:
                left.close()


def files_of(directory: str) -> dict[str, Version]:
    """The files below a directory, by their paths relative to it, with `/`."""
    found = {}
    for path, _, names in os.walk(directory):
        for name in names:
            full = os.path.join(path, name)
            with contextlib.suppress(FileNotFoundError):
                info = os.stat(full)
                key = os.path.relpath(full, directory).replace(os.sep, "/")
                found[key] = (info.st_size, info.st_mtime_ns)
    return found


def _claim(directory: str) -> Left | None:
    path = directory + _LOCK
    if path in _own:
        return None
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return None
    _own.add(path)
    try:
        _lock(descriptor, wait=False)
        return Left(directory, descriptor)
    except (OSError, ValueError):
        _own.discard(path)
        os.close(descriptor)
        return None


def _forget(directory: str, lock: int) -> None:
    path = directory + _LOCK
    for name in (path, *glob.glob(f"{glob.escape(directory)}.*{COPY}")):
        with contextlib.suppress(OSError):
            os.unlink(name)
    os.close(lock)
    _own.discard(path)
    # Other writers may have spools there, so that removing the directory fails.
    with contextlib.suppress(OSError):
        os.rmdir(os.path.dirname(directory))


def _key(uri: str) -> str:
    return hashlib.sha256(uri.rstrip("/").encode()).hexdigest()[:16]


def _above() -> str:
    """The directory of all spools of this user."""
    if chosen := os.environ.get("TFEVENTS_SPOOL"):
        parent = chosen
    elif any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")):
        parent = tempfile.gettempdir()
    else:
        # Files in this directory stay there when the machine restarts.
        parent = "/var/tmp" if os.access("/var/tmp", os.W_OK) else tempfile.gettempdir()
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return os.path.join(os.path.abspath(parent), f"tfevents-spool-{user}")


def _make_private(path: str) -> None:
    """Makes a directory that nobody else may look into; an OSError if somebody else made it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    info = os.lstat(path)
    is_ours = not hasattr(os, "getuid") or info.st_uid == os.getuid()
    if not stat.S_ISDIR(info.st_mode) or not is_ours:
        why = "it is no directory of this user's; TFEVENTS_SPOOL chooses another one"
        raise PermissionError(errno.EACCES, f"the spool can't be there: {why}", path)


def _lock(descriptor: int, wait: bool) -> None:
    """Locks a file for this process, not for its children; an OSError if another one has it."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    else:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _forked() -> None:
    _own.clear()


if hasattr(os, "register_at_fork"):
    # A child does not own its parent's spools.
    os.register_at_fork(after_in_child=_forked)
