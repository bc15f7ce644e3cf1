"""One attempt to upload some files of a directory."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import os
import time
from collections.abc import Callable, Container
from concurrent.futures import Future

from tfevents.remote.errors import as_os_error
from tfevents.remote.place import COPY, Version
from tfevents.remote.uri import FileSystem, below, filesystem

# How many files are on their way at once, which bounds what a slow line has to carry.
_PARALLEL = 4
# Bytes a second. A line that is slower is one that fails.
_SLOWEST = 1 << 20
_PIECE = 1 << 20
_numbers = itertools.count()


class Transfer:
    """Uploads files for as long as that works; whoever owns it calls `step` until it is over.

    Attributes:
        uploaded: the files that are.
        error: why it failed, if it did.
        is_late: whether it failed because nothing arrived.
    """

    def __init__(
        self,
        uri: str,
        directory: str,
        files: dict[str, Version],
        growing: Container[str],
        wake: Callable[[], None],
    ) -> None:
        self._uri = uri
        self._directory = directory
        self._files = files
        self._growing = growing
        self._wake = wake
        self._todo = list(files)
        self._flying: dict[Future[object], tuple[str, str]] = {}
        self._fs: FileSystem = None
        self._root = ""
        # When something last arrived.
        self.since = time.monotonic()
        self.uploaded: dict[str, Version] = {}
        self.error: OSError | None = None
        self.is_late = False

    def limit(self, patience: float) -> float:
        """Until when something has to arrive, if nothing may take longer than `patience` and the
        time that the bytes on their way take a slow line; 0 where there is more to do now."""
        if not self._flying:
            return 0.0
        size = sum(self._files[name][0] for name, _ in self._flying.values())
        return self.since + patience + size / _SLOWEST

    def step(self, patience: float) -> bool:
        """Goes on; whether it is over. Waits for nothing, or where the file system can't but wait,
        for one file."""
        for future in [future for future in self._flying if future.done()]:
            name, copy = self._flying.pop(future)
            self._remove(copy)
            self._ended(name, None if future.cancelled() else future.exception())
        if self._flying and time.monotonic() >= self.limit(patience):
            waited = time.monotonic() - self.since
            self.is_late = True
            self.abort(TimeoutError(errno.ETIMEDOUT, f"nothing arrived for {waited:.0f} s"))
        while self._todo and self.error is None and len(self._flying) < _PARALLEL:
            name = self._todo.pop(0)
            try:
                waited = self._start(name)
            except Exception as error:
                self._ended(name, error)
            else:
                if waited:
                    break
        # What is under way may still arrive where another file failed.
        return not self._flying and (self.error is not None or not self._todo)

    def abort(self, error: Exception) -> None:
        """Gives up what is on its way."""
        self._failed(error)
        for future, (_, copy) in self._flying.items():
            future.cancel()
            self._remove(copy)
        self._flying.clear()

    def _start(self, name: str) -> bool:
        """Has a file on its way; whether it has arrived already."""
        if self._fs is None:
            self._fs, self._root = filesystem(self._uri)
        local = os.path.join(self._directory, name)
        remote = below(self._root, name)
        copy = ""
        if name in self._growing:
            # Some file systems send as many bytes as there were at first, and fail at a file that
            # grows.
            copy = local = self._copy(local, self._files[name][0])
        if _is_asynchronous(self._fs):
            coroutine = self._fs._put_file(local, remote)
            future = asyncio.run_coroutine_threadsafe(coroutine, self._fs.loop)
            self._flying[future] = (name, copy)
            future.add_done_callback(lambda _: self._wake())
            return False
        try:
            self._fs.put_file(local, remote)
        finally:
            self._remove(copy)
        self._ended(name, None)
        return True

    def _copy(self, path: str, size: int) -> str:
        """The first bytes of a file, in one of its own beside the directory."""
        copy = f"{self._directory}.{next(_numbers)}{COPY}"
        with open(path, "rb") as source, open(copy, "wb") as target:
            while size > 0 and (piece := source.read(min(size, _PIECE))):
                target.write(piece)
                size -= len(piece)
        return copy

    def _remove(self, copy: str) -> None:
        if copy:
            with contextlib.suppress(OSError):
                os.unlink(copy)

    def _ended(self, name: str, error: BaseException | None) -> None:
        if error is not None:
            self._failed(error)
            return
        self.since = time.monotonic()
        self.uploaded[name] = self._files[name]

    def _failed(self, error: BaseException) -> None:
        if self.error is None:
            what = f"uploading failed, all is kept in {self._directory}"
            self.error = as_os_error(error, what, self._uri)


def _is_asynchronous(fs: FileSystem) -> bool:
    """Whether uploads can be started and waited for later."""
    from fsspec.asyn import AsyncFileSystem

    # What fsspec makes of a coroutine is kept with the object, what others wrote with its class.
    return isinstance(fs, AsyncFileSystem) and not fs.asynchronous and "put_file" in vars(fs)
