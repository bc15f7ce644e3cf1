"""Lists and reads files under URIs."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

from tfevents.remote.calls import call
from tfevents.remote.errors import as_os_error, code_of
from tfevents.remote.uri import FileSystem, below, filesystem

# The number of blocks of all files that are requested before they are needed. It bounds the memory.
_AHEAD = 12

# The sizes and versions of files that were just listed. Each is used once, in place of a request.
_listed: dict[str, tuple[int, int]] = {}
_MANY = 1 << 16

_pool: ThreadPoolExecutor | None = None
_room = threading.Semaphore(_AHEAD)


def find(uri: str) -> tuple[list[str], list[str]] | None:
    """The paths of all files below a URI, relative to it, and of the directories that may not be
    listed; None if it is a file itself.

    Raises:
        FileNotFoundError: there is nothing.
        OSError: the file system says no.
    """
    fs, root = filesystem(uri)
    try:
        fs.invalidate_cache()
        found, denied = _find(fs, root)
        if (not found or root in found) and _is_file(uri, fs, root):
            return None
    except Exception as error:
        failure = as_os_error(error, "listing failed", uri)
        if failure.errno == errno.ENOENT:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), uri) from error
        if failure.errno == errno.EACCES:
            # Without permission to list, a file may still be readable.
            with contextlib.suppress(Exception):
                if _is_file(uri, fs, root):
                    return None
        raise failure from error
    if len(_listed) > _MANY:
        _listed.clear()
    prefix = root if root.endswith("/") or not root else f"{root}/"
    paths = []
    for name, info in found.items():
        if name.startswith(prefix):
            path = name[len(prefix) :].lstrip("/")
            _listed[below(uri, path)] = _stamp(info)
            paths.append(path)
    return paths, [name[len(prefix) :].strip("/") for name in denied if name.startswith(prefix)]


def _is_file(uri: str, fs: FileSystem, path: str) -> bool:
    # Object stores have no empty directories, but other file systems do.
    info = call(fs, "info", path)
    if info["type"] == "directory":
        return False
    _listed[uri] = _stamp(info)
    return True


def stamp(uri: str) -> tuple[int, int]:
    """The size of a file, and a number that is another one where the file is.

    Raises:
        FileNotFoundError: there is nothing.
        OSError: the file system says no.
    """
    return _listed.pop(uri, None) or _look(uri, *filesystem(uri))


def size(uri: str) -> int:
    """The size of a file, from the listing in which it was found."""
    listed = _listed.get(uri)
    return (listed or _look(uri, *filesystem(uri)))[0]


def _look(uri: str, fs: FileSystem, path: str) -> tuple[int, int]:
    try:
        fs.invalidate_cache(path)
        return _stamp(call(fs, "info", path))
    except Exception as error:
        raise as_os_error(error, "looking failed", uri) from error


def _stamp(info: dict[str, Any]) -> tuple[int, int]:
    # Times come last, since some services give more precise times in listings than elsewhere.
    keys = ("ETag", "etag", "md5Hash", "content_md5", "mtime", "LastModified", "last_modified")
    version = next((info[key] for key in (*keys, "modified", "created") if info.get(key)), None)
    if isinstance(version, datetime):
        version = version.timestamp()
    digest = hashlib.sha256(str(version).encode()).digest()
    return info["size"], int.from_bytes(digest[:8], "little")


def modified(info: dict[str, Any]) -> float | None:
    """When a file was written last, in seconds since the epoch, where its file system says it."""
    keys = ("LastModified", "last_modified", "mtime", "modified", "created")
    time = next((info[key] for key in keys if info.get(key)), None)
    if isinstance(time, datetime):
        return time.timestamp()
    return float(time) if isinstance(time, (int, float)) else None


def read_range(uri: str, start: int, length: int) -> bytes:
    """These bytes of a file, by one request; fewer where it ends before.

    Raises:
        FileNotFoundError: there is nothing.
        OSError: they can't be read.
    """
    fs, path = filesystem(uri)
    try:
        data: bytes = call(fs, "cat_file", path, start=start, end=start + length, size=length)
    except Exception as error:
        # Some services answer with this error if a file ends before the first byte.
        if code_of(error) == errno.EINVAL and _look(uri, fs, path)[0] <= start:
            return b""
        raise as_os_error(error, _reading(start, length), uri) from error
    return data


def _reading(start: int, length: int) -> str:
    return f"reading {length} bytes at offset {start} failed"


def exists(uri: str) -> bool:
    """Whether there is a file or directory; an OSError if the file system says no."""
    fs, path = filesystem(uri)
    try:
        fs.invalidate_cache()
        found: bool = call(fs, "exists", path)
    except Exception as error:
        raise as_os_error(error, "looking failed", uri) from error
    return found


def upload(path: str, uri: str) -> None:
    """Copies a local file; an OSError if that fails."""
    fs, remote = filesystem(uri)
    try:
        call(fs, "put_file", path, remote, size=os.path.getsize(path))
    except Exception as error:
        raise as_os_error(error, "uploading failed", uri) from error


def remove(uri: str) -> None:
    """Removes a file; an OSError if that fails."""
    fs, path = filesystem(uri)
    try:
        call(fs, "rm_file", path)
    except Exception as error:
        raise as_os_error(error, "removing failed", uri) from error


def _find(fs: FileSystem, root: str) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The files below a path, and what is known of them; the directories that may not be listed."""
    from fsspec.asyn import AsyncFileSystem

    denied = []
    if isinstance(fs, AsyncFileSystem) and type(fs)._find is not AsyncFileSystem._find:
        # The `find` of object stores lists many files at a time.
        infos = list(call(fs, "find", root, detail=True).values())
    else:
        # The `find` of other file systems omits directories that can't be listed.
        infos, directories = [], [root]
        while directories:
            directory = directories.pop()
            try:
                here = call(fs, "ls", directory, detail=True)
            except FileNotFoundError:
                if directory == root:
                    raise
                continue  # removed meanwhile
            except Exception as error:
                if directory == root or code_of(error) != errno.EACCES:
                    raise
                denied.append(directory)
                continue
            infos += here
            directories += [
                info["name"]
                for info in here
                if info["type"] == "directory" and info["name"] != directory
            ]
    files = {
        info["name"]: info for info in infos if info["type"] == "file" and info["size"] is not None
    }
    return files, denied


class RemoteFile:
    """A file of known size, read by offset.

    Attributes:
        size, version: its `stamp`.
    """

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._fs, self._path = filesystem(uri)
        listed = _listed.pop(uri, None)
        self.size, self.version = listed or _look(uri, self._fs, self._path)
        # The blocks that were requested before they are needed, by offset.
        self._pending: dict[int, tuple[int, Future[bytes]]] = {}

    def read(self, start: int, end: int, ahead: int, block: int) -> bytes:
        """The bytes from `start` to `end`, or some of them, from the first on. Asks for up to
        `ahead` blocks that follow, if there is room.

        Raises:
            OSError: they can't be read.
        """
        at, data = start, None
        for pending, (length, future) in tuple(self._pending.items()):
            if pending <= start < pending + length:
                del self._pending[pending]
                _room.release()
                at, data, end = pending, future, pending + length
            elif ahead and pending < start:
                # The reader skipped this block.
                self._drop(pending)
        for next_one in range(end, min(end + ahead * block, self.size), block):
            if next_one not in self._pending:
                if not _room.acquire(blocking=False):
                    break
                length = min(block, self.size - next_one)
                self._pending[next_one] = (length, _threads().submit(self._fetch, next_one, length))
        return self._fetch(start, end - start) if data is None else data.result()[start - at :]

    def _drop(self, at: int) -> None:
        _, future = self._pending.pop(at)
        future.cancel()
        _room.release()

    def _fetch(self, start: int, length: int) -> bytes:
        what = _reading(start, length)
        try:
            data: bytes = call(
                self._fs, "cat_file", self._path, start=start, end=start + length, size=length
            )
        except Exception as error:
            raise as_os_error(error, what, self._uri) from error
        if len(data) != length:
            raise OSError(errno.EIO, f"{what}: there were {len(data)}", self._uri)
        return data

    def close(self) -> None:
        """Gives up what was requested and not read."""
        # No `__del__` does it, since the main thread may run that where a thread of ours let the
        # file go, and Ctrl-C in it would be lost.
        for at in tuple(self._pending):
            self._drop(at)


def _threads() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(_AHEAD, "tfevents-read")
    return _pool


def _forked() -> None:
    # A child does not have its parent's threads.
    global _pool, _room
    _pool, _room = None, threading.Semaphore(_AHEAD)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
