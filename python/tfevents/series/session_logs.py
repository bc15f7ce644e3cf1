"""Starts and stops of the program that logs (`tensorflow/core/util/event.proto`)."""

from __future__ import annotations

from typing import NamedTuple

from tfevents import _messages as messages

_STATUS = {1: "start", 2: "stop", 3: "checkpoint"}


class SessionLog(NamedTuple):
    """A session that starts, stops, or saves its state."""

    step: int
    wall_time: float
    status: str
    """`"start"`, `"stop"`, `"checkpoint"` or `"unspecified"`."""
    checkpoint_path: str
    message: str


def session_log(step: int, wall_time: float, raw: bytes) -> SessionLog:
    """Decodes a serialized `SessionLog`."""
    fields = messages.decode(raw)
    status = _STATUS.get(messages.integer(fields, 1), "unspecified")
    return SessionLog(step, wall_time, status, messages.text(fields, 2), messages.text(fields, 3))
