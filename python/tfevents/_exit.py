"""Flushes all writers when the process ends, for each way in which a Python process can end."""

import atexit
import os
import sys

from tfevents import _native


def flush() -> None:
    """Flushes all writers, to where they write."""
    _native.flush_at_exit()
    spool = sys.modules.get("tfevents.remote.spool")
    if spool is not None:
        spool.flush_at_exit()


atexit.register(flush)

_finalized_in: int | None = None


def opened() -> None:
    """Called whenever a writer opens a file.

    The children of `multiprocessing` leave through `os._exit`: `atexit` never hears of it, only
    the finalizers of `multiprocessing.util` do, and those it forgets in each child.
    """
    global _finalized_in
    process = sys.modules.get("multiprocessing.process")
    if process is None or process.parent_process() is None or _finalized_in == os.getpid():
        return
    from multiprocessing.util import Finalize

    _finalized_in = os.getpid()
    # This runs late, so that events from other finalizers are not lost.
    Finalize(None, flush, exitpriority=0)
