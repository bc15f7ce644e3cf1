"""URIs such as `s3://bucket/run`, through fsspec (the extra `tfevents[remote]`).

fsspec and its packages find the keys and endpoints of a service: in environment variables, in
configuration files and in `fsspec.config`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from tfevents.remote.uri import is_uri, location

if TYPE_CHECKING:
    from tfevents.remote.spool import Spool

__all__ = ["is_uri", "location", "spool_for", "threads_for", "upload_spools"]

# There are at least this many threads, so that some read while others wait for the network.
_THREADS = 8


def spool_for(log_dir: Any, flush_secs: float, on_error: Literal["raise", "warn"]) -> Spool | None:
    """Where the files of a remote directory are written first; None for a local directory."""
    if not is_uri(log_dir):
        return None
    from tfevents.remote.spool import Spool

    return Spool(log_dir, flush_secs, on_error)


def upload_spools(uri: str | None = None) -> list[str]:
    """Uploads what writers of remote directories left on this machine when they were killed.

    A writer of a remote directory keeps what is not uploaded in a local one, its spool. The next
    writer of the same directory warns of what an earlier one left there. Spools of processes that
    still run are not touched.

    Args:
        uri: the directory whose spools are uploaded, and those of directories below it; by default
            all of this user's.

    What later writers have uploaded stays: entries are added to a `projector_config.pbtxt`, and a
    file of an embedding goes up only where no newer one of its step and tag is there.

    Returns:
        The URIs of the files that were uploaded. Their spools are removed.

    Raises:
        TypeError: `uri` is no str.
        OSError: some could not be uploaded, and stay where they are; a `TimeoutError` once nothing
            has arrived for 30 s, and a second for each megabyte that is on its way. An
            `ExceptionGroup` of such where several spools could not.

    Example:
        >>> tfevents.upload_spools("s3://bucket/runs")  # doctest: +SKIP
        ['s3://bucket/runs/exp1/events.out.tfevents.1700000000.host.1.0']
    """
    if uri is not None and not isinstance(uri, str):
        raise TypeError(f"uri: expected a str, got {type(uri).__name__}")
    from tfevents.remote.spool import upload_left

    return upload_left(uri)


def threads_for(paths: Iterable[str]) -> int | None:
    """How many threads read these files best; None where there is nothing to say."""
    return max(_THREADS, os.cpu_count() or 1) if any(map(is_uri, paths)) else None
