"""Hyperparameters and metrics of a run (`tensorboard/plugins/hparams/plugin_data.proto`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tfevents import _messages as messages

# `HParamsPluginData`.
_EXPERIMENT, _START, _END = 2, 3, 4
_STATUS = {1: "success", 2: "failure", 3: "running"}


class HParams(Mapping[str, Any]):
    """The hyperparameters of a run by name; empty where none were logged.

    Values are `float`, `str`, `bool` or `None`: a file has no integers.

    Attributes:
        metrics: the tags of the metrics, whose values are among the run's scalars, or among those
            of a run below it.
        domains: what each hyperparameter may be, where that was logged: a list of values, or a
            tuple of the least and the greatest.
        status: `"success"`, `"failure"` or `"running"`; `None` where nothing was logged.
        group_name: what runs with the same hyperparameters have in common, if it was logged.
        start_time, end_time: in seconds since the epoch; `None` where they were not logged.
    """

    def __init__(self, contents: list[bytes]) -> None:
        self.metrics: list[str] = []
        self.domains: dict[str, list[Any] | tuple[float, float]] = {}
        self.status: str | None = None
        self.group_name = ""
        self.start_time: float | None = None
        self.end_time: float | None = None
        self._values: dict[str, Any] = {}
        for content in contents:
            data = messages.decode(content)
            if (experiment := messages.message(data, _EXPERIMENT)) is not None:
                self._experiment(messages.decode(experiment))
            if (start := messages.message(data, _START)) is not None:
                self._start(messages.decode(start))
            if (end := messages.message(data, _END)) is not None:
                self._end(messages.decode(end))

    def _experiment(self, experiment: messages.Fields) -> None:
        for info in map(messages.decode, messages.parts(experiment, 4)):
            domain = _domain(info)
            if domain is not None:
                self.domains[messages.text(info, 1)] = domain
        for info in map(messages.decode, messages.parts(experiment, 5)):
            name = messages.decode(messages.message(info, 1) or b"")
            tag = messages.text(name, 2)
            if tag not in self.metrics:
                self.metrics.append(tag)

    def _start(self, start: messages.Fields) -> None:
        for entry in map(messages.decode, messages.parts(start, 1)):
            value = messages.message(entry, 2) or b""
            self._values[messages.text(entry, 1)] = _value(value)
        self.group_name = messages.text(start, 4)
        self.start_time = messages.double(start, 5) or None
        if self.status is None:
            self.status = "running"

    def _end(self, end: messages.Fields) -> None:
        self.status = _STATUS.get(messages.integer(end, 1))
        self.end_time = messages.double(end, 2) or None

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"HParams({self._values}, metrics={self.metrics}, status={self.status!r})"


def _domain(info: messages.Fields) -> list[Any] | tuple[float, float] | None:
    discrete, interval = messages.message(info, 5), messages.message(info, 6)
    if interval is not None:
        bounds = messages.decode(interval)
        return messages.double(bounds, 1), messages.double(bounds, 2)
    if discrete is not None:
        return [_value(value) for value in messages.parts(messages.decode(discrete), 1)]
    return None


def _value(message: bytes, depth: int = 0) -> Any:
    """A `google.protobuf.Value`. Nothing nests deeper than protobuf's own parsers allow."""
    if depth > 100:
        raise ValueError("a hyperparameter nests too deep")
    fields = messages.decode(message)
    if 2 in fields:
        return messages.double(fields, 2)
    if 3 in fields:
        return messages.text(fields, 3)
    if 4 in fields:
        return bool(messages.integer(fields, 4))
    if 5 in fields:
        entries = messages.parts(messages.decode(messages.message(fields, 5) or b""), 1)
        return {
            messages.text(entry, 1): _value(messages.message(entry, 2) or b"", depth + 1)
            for entry in map(messages.decode, entries)
        }
    if 6 in fields:
        values = messages.parts(messages.decode(messages.message(fields, 6) or b""), 1)
        return [_value(value, depth + 1) for value in values]
    return None
