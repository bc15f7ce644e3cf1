"""One attempt to upload some files of a directory."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import os
import posixpath
import time
from collections.abc import Awaitable, Callable, Container, Coroutine
from concurrent.futures import Future
from typing import Any

from tfevents.remote.calls import is_asynchronous
from tfevents.remote.errors import as_os_error, code_of
from tfevents.remote.files import modified
from tfevents.remote.place import COPY, Version
from tfevents.remote.projector import CONFIG, merged
from tfevents.remote.uri import FileSystem, below, filesystem

# The number of files that are uploaded at the same time. It bounds the load of a slow network.
_PARALLEL = 4
# Bytes per second. If a network is slower, uploads count as failed.
_SLOWEST = 1 << 20
_PIECE = 1 << 20
_numbers = itertools.count()
# A function that calls a method of the file system.
_Ask = Callable[..., Awaitable[Any]]


class Transfer:
    """Uploads files for as long as that works; whoever owns it calls `step` until it is over.

    With `newer_stay`, a remote file that was written after ours is not replaced.

    Attributes:
        uploaded: the files that are, or need not be.
        outdated: those of them of which a newer one is there, which stays.
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
        newer_stay: bool = False,
    ) -> None:
        self._uri = uri
        self._directory = directory
        self._files = files
        self._growing = growing
        self._wake = wake
        self._newer_stay = newer_stay
        # The configuration comes last, since it names the other files.
        self._todo = sorted(files, key=CONFIG.__eq__)
        self._flying: dict[Future[None], tuple[str, str]] = {}
        self._fs: FileSystem = None
        self._root = ""
        # When a file last arrived.
        self.since = time.monotonic()
        self.uploaded: dict[str, Version] = {}
        self.outdated: set[str] = set()
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
        # If one file failed, the uploads in progress may still succeed.
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
            self._fs.invalidate_cache()
        local = os.path.join(self._directory, name)
        remote = below(self._root, name)
        copy = ""
        if name in self._growing or name == CONFIG:
            # Some file systems send the number of bytes that the file had at first, and fail if it
            # grows. So a copy is uploaded.
            copy = local = self._copy(local, self._files[name][0])
        if is_asynchronous(self._fs, "put_file"):
            coroutine = self._send(self._ask, name, local, remote)
            future = asyncio.run_coroutine_threadsafe(coroutine, self._fs.loop)
            self._flying[future] = (name, copy)
            future.add_done_callback(lambda _: self._wake())
            return False
        try:
            _run(self._send(self._ask_and_wait, name, local, remote))
        finally:
            self._remove(copy)
        self._ended(name, None)
        return True

    async def _send(self, ask: _Ask, name: str, local: str, remote: str) -> None:
        """Uploads a file, unless what is there is to stay."""
        if name == CONFIG:
            with open(local, "rb") as file:
                ours = file.read()
            there = await self._there(ask("cat_file", remote), name) or b""
            # Entries that another writer has added meanwhile stay.
            if (whole := merged(there, ours)) == there:
                return
            with open(local, "wb") as file:
                file.write(whole)
        elif self._newer_stay and "tfevents" not in posixpath.basename(name):
            # Event files have unique names. Another writer may have written other files meanwhile.
            info = await self._there(ask("info", remote), name)
            written = modified(info) if info else None
            if written is not None and written > self._files[name][1] / 1e9:
                self.outdated.add(name)
                return
        await ask("put_file", local, remote)

    async def _there(self, asked: Awaitable[Any], name: str) -> Any:
        """What is asked of a file; None where there is none."""
        try:
            return await asked
        except Exception as error:
            if code_of(error) == errno.ENOENT:
                return None
            raise as_os_error(error, f"looking at {name} failed", self._uri) from error

    async def _ask(self, method: str, *args: str) -> Any:
        return await getattr(self._fs, f"_{method}")(*args)

    async def _ask_and_wait(self, method: str, *args: str) -> Any:
        return getattr(self._fs, method)(*args)

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


def _run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Runs a coroutine that leaves nothing to wait for to others."""
    with contextlib.suppress(StopIteration):
        coroutine.send(None)
