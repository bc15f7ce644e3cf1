"""Calls of file systems, which end however long the other side is silent."""

from __future__ import annotations

import errno
import inspect
import time
from typing import Any

from tfevents.remote.uri import FileSystem

# Seconds in which one request has to be answered, beside those that its bytes take a slow line.
PATIENCE = 60.0
# Bytes a second. Several files share the line.
_SLOWEST = 32 << 10
# A listing of all below is as many requests as there are thousands of files.
LISTING_PATIENCE = 600.0


def call(fs: FileSystem, method: str, *args: Any, size: int = 0, **options: Any) -> Any:
    """What a method of a file system returns.

    Where fsspec waits for the file system, it is told how long: a request with an answer of `size`
    bytes may take as long as it takes a slow line. The others have limits of their own.

    Raises:
        TimeoutError: it took longer.
        Exception: whatever the file system raises.
    """
    if not is_asynchronous(fs, method):
        return getattr(fs, method)(*args, **options)
    from fsspec.asyn import sync

    limit = (LISTING_PATIENCE if method == "find" else PATIENCE) + size / _SLOWEST
    began = time.monotonic()
    try:
        return sync(fs.loop, getattr(fs, f"_{method}"), *args, timeout=limit, **options)
    except TimeoutError as error:
        waited = time.monotonic() - began
        raise TimeoutError(errno.ETIMEDOUT, f"no answer within {waited:.0f} s") from error


def is_asynchronous(fs: FileSystem, method: str) -> bool:
    """Whether a call of this method can be started and waited for later."""
    from fsspec.asyn import AsyncFileSystem

    if not isinstance(fs, AsyncFileSystem) or fs.asynchronous:
        return False
    # What others wrote in the place of what fsspec makes of a coroutine is called as it is.
    return inspect.iscoroutinefunction(inspect.unwrap(getattr(fs, method)))
