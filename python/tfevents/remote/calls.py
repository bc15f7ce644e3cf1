"""Calls file systems with a time limit, since a service may never answer."""

from __future__ import annotations

import errno
import inspect
import time
from typing import Any

from tfevents.remote.uri import FileSystem

# The time limit of one request in seconds, without the time that a slow network needs for its
# bytes.
PATIENCE = 60.0
# Bytes per second of a slow network, which several files share.
_SLOWEST = 32 << 10
# The limit of a listing, which takes a request for each thousand files.
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
    # fsspec makes methods from coroutines. A method that others wrote instead is called directly.
    return inspect.iscoroutinefunction(inspect.unwrap(getattr(fs, method)))
