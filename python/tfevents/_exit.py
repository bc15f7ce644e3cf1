"""Flushes all writers when the process ends, for each way in which a Python process can end."""

import atexit
import os

from tfevents import _native
from tfevents._extras import imported


def flush() -> None:
    """Flushes all writers, to where they write."""
    _native.flush_at_exit()
    upload = imported("tfevents.remote.spool", "flush_at_exit")
    if upload is not None:
        upload()


atexit.register(flush)

_finalized_in: int | None = None


def opened() -> None:
    """Called whenever a writer opens a file.

    The children of `multiprocessing` leave through `os._exit`: `atexit` never hears of it, only
    the finalizers of `multiprocessing.util` do, and those it forgets in each child.
    """
    global _finalized_in
    parent = imported("multiprocessing.process", "parent_process")
    if parent is None or parent() is None or _finalized_in == os.getpid():
        return
    from multiprocessing.util import Finalize

    _finalized_in = os.getpid()
    # This runs late, so that events from other finalizers are not lost.
    Finalize(None, flush, exitpriority=0)
