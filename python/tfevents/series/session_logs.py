"""Starts and stops of the program that logs (`tensorflow/core/util/event.proto`)."""

from __future__ import annotations

from typing import NamedTuple

from tfevents import _native


class SessionLog(NamedTuple):
    """A session that starts, stops, or saves its state."""

    step: int
    """The step."""
    wall_time: float
    """When it was logged, in seconds since the epoch."""
    status: str
    """`"start"`, `"stop"`, `"checkpoint"` or `"unspecified"`."""
    checkpoint_path: str
    """Where the state was saved; empty otherwise."""
    message: str
    """A message, or an empty string."""


def session_log(step: int, wall_time: float, raw: bytes) -> SessionLog:
    """Decodes a serialized `SessionLog`."""
    return SessionLog(step, wall_time, *_native.session_log(raw))
