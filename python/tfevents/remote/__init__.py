"""Paths with a scheme, `s3://bucket/run` say, through fsspec (the extra `tfevents[remote]`).

How to reach a service (keys, endpoints) is for fsspec and its packages to know: their environment
variables, configuration files and `fsspec.config`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from tfevents.remote.uri import is_uri, location

if TYPE_CHECKING:
    from tfevents.remote.spool import Spool

__all__ = ["is_uri", "location", "spool_for", "threads_for"]

# Files are read while others wait for the network.
_THREADS = 8


def spool_for(log_dir: Any, flush_secs: float, on_error: Literal["raise", "warn"]) -> Spool | None:
    """Where the files of a remote directory are written first; None for a local directory."""
    if not is_uri(log_dir):
        return None
    from tfevents.remote.spool import Spool

    return Spool(log_dir, flush_secs, on_error)


def threads_for(paths: Iterable[str]) -> int | None:
    """How many threads read these files best; None where there is nothing to say."""
    return max(_THREADS, os.cpu_count() or 1) if any(map(is_uri, paths)) else None
