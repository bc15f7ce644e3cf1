"""Starts and stops of the program that logs (`tensorflow/core/util/event.proto`)."""

from __future__ import annotations

from typing import NamedTuple

from tfevents import _native


class SessionLog(NamedTuple):
    """A session that starts, stops, or saves its state.

    Attributes:
        step: the step.
        wall_time: when it was logged, in seconds since the epoch.
        status: `"start"`, `"stop"`, `"checkpoint"` or `"unspecified"`.
        checkpoint_path: where the state was saved; empty otherwise.
        message: a message, or an empty string.
    """

    step: int
    wall_time: float
    status: str
    checkpoint_path: str
    message: str


def session_log(step: int, wall_time: float, raw: bytes) -> SessionLog:
    """Decodes a serialized `SessionLog`."""
    return SessionLog(step, wall_time, *_native.session_log(raw))
