"""The thread that uploads for all writers of the process, and the functions that wait for it."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfevents import _native

if TYPE_CHECKING:
    from tfevents.remote.spool import Spool

# If nothing arrives for this many seconds, `flush` and `close` fail. The next is the same for the
# end of the process, and the last is the longest time that the end may wait.
PATIENCE = 30.0
_PATIENCE_AT_END = 10.0
_LONGEST_END = 60.0
# Waiting times are not more exact than this.
_SLACK = 1.0

# It is reentrant, since a garbage collection may call this code at any time. It is notified when a
# request is made, when a file arrives and when a request is answered.
lock = threading.Condition()
# The spools that have something to upload, or may have soon.
spools: set[Spool] = set()

_thread: threading.Thread | None = None
_woken = False
# When the uploading thread, or its substitute, last began some work; infinity while it waits.
_began = float("inf")
# The thread that uploads holds this lock: the uploading thread, or at exit the main thread.
_driving = threading.Lock()
_patience = PATIENCE
_stops: OSError | None = None
# The process in which SIGTERM is handled.
_handled_in: int | None = None
_was_end = False
_is_exiting = False


def add(spool: Spool) -> None:
    """Has the files of a spool uploaded whenever they are due."""
    with lock:
        spools.add(spool)
        _handle_termination()
        _start_thread()
        wake()


def discard(spool: Spool) -> None:
    """Forgets a spool that has no files."""
    with lock:
        spools.discard(spool)


def wake() -> None:
    """Has the thread look at what there is to do."""
    global _woken
    with lock:
        _woken = True
        lock.notify_all()


def ask(
    asked: Sequence[Spool], last: bool = False, deadline: float = float("inf")
) -> OSError | None:
    """Has what changed uploaded, of all of these at once, and waits; the first failure.

    `last`: where that succeeds, and no writer is open, the spools go.
    """
    tickets = [(spool, spool.want(last)) for spool in asked if spool in spools]
    began = time.monotonic()
    if _stops is None:
        with lock:
            has_thread = _start_thread()
            wake()
        while open_ones := [spool for spool, ticket in tickets if spool.served < ticket]:
            if not has_thread:
                _drive()
            with lock:
                if any(spool.served < ticket for spool, ticket in tickets):
                    lock.wait(0.01 if not has_thread else 0.2)
            now = time.monotonic()
            stuck = now - max(began, _began)
            if _stops is not None or now >= deadline or stuck >= _patience + _SLACK:
                _give_up(open_ones, now - began)
                break
    else:
        _give_up([spool for spool, _ in tickets], 0.0)
    return next((spool.error for spool, _ in tickets if spool.error is not None), None)


def _give_up(late: Sequence[Spool], waited: float) -> None:
    error = _stops or TimeoutError(errno.ETIMEDOUT, f"nothing arrived for {waited:.0f} s")
    for spool in late:
        spool.gave_up(error)


def _start_thread() -> bool:
    """Whether a thread runs, now or already. Called with the lock."""
    global _thread
    if _thread is None:
        # It is a daemon, so that unfinished uploads do not keep the process from ending.
        thread = threading.Thread(target=_work, name="tfevents-upload", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # No thread can be started at exit, or if there are too many.
            return False
        _thread = thread
    return True


def _work() -> None:
    global _thread, _woken, _began
    while True:
        with lock:
            if not spools:
                _thread = None
                return
            _woken = False
        until = _drive()
        with lock:
            if not _woken:
                lock.wait(min(max(until - time.monotonic(), 0.0), 1e6))


def _drive() -> float:
    """Goes on with all there is to do, and waits for nothing; the time at which to look again."""
    global _began
    until = float("inf")
    with _driving:
        for spool in list(spools):
            _began = time.monotonic()
            until = min(until, spool.step(_patience, _stops))
        _began = float("inf")
    return until


# The functions below are for the end of the process.


def at_end() -> None:
    """Uploads what there is, of all spools at once. Ctrl-C ends that, and nothing goes up after."""
    global _patience, _was_end
    _was_end = True
    _patience = _PATIENCE_AT_END
    try:
        wake()
        ask(list(spools), deadline=time.monotonic() + _LONGEST_END)
    except KeyboardInterrupt:
        stop()
    finally:
        # Other threads may take as long as they need.
        _patience = PATIENCE


def end(last: Sequence[Spool]) -> None:
    """Uploads what is left of these for the last time."""
    global _patience
    _patience = _PATIENCE_AT_END
    try:
        ask(last, last=True, deadline=time.monotonic() + _LONGEST_END)
    except KeyboardInterrupt:
        stop()
        ask(last, last=True)


def _handle_termination() -> None:
    """Has what is there uploaded before SIGTERM ends the process, where it does."""
    global _handled_in
    if _handled_in != os.getpid():
        _handled_in = os.getpid()
        with contextlib.suppress(OSError):
            _native.before_termination(_terminated, _LONGEST_END + 2 * _SLACK)


def _terminated() -> None:
    _native.flush_at_exit(last=False)
    at_end()
    for error in [spool.error for spool in list(spools) if spool.error is not None]:
        print(f"tfevents: {error}", file=sys.stderr, flush=True)


def stop() -> None:
    """Gives up what is on its way, and uploads nothing more."""
    global _stops
    _stops = InterruptedError(errno.EINTR, "interrupted")
    wake()


def exiting() -> None:
    """Told when the process ends; `at_end` comes first, where nobody has called it yet."""
    global _is_exiting
    _is_exiting = True
    if not _was_end:
        at_end()


def is_exiting() -> bool:
    """Whether the process ends."""
    return _is_exiting


def forked() -> None:
    """In a child: the thread and the spools are the parent's."""
    global lock, _thread, _woken, _began, _driving, _patience, _stops, _was_end, _is_exiting
    lock = threading.Condition()
    spools.clear()
    _thread, _woken, _began, _driving = None, False, float("inf"), threading.Lock()
    _patience, _stops, _was_end, _is_exiting = PATIENCE, None, False, False
