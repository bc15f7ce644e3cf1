"""Hyperparameters and metrics of a run (`tensorboard/plugins/hparams/plugin_data.proto`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tfevents import _native


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
            self._add(content)

    def _add(self, content: bytes) -> None:
        """Adds what a tag's metadata say; a ValueError if that is malformed."""
        match _native.hparams_plugin_data(content):
            case "experiment", domains, metrics:
                self.domains.update(domains)
                self.metrics += [tag for tag in metrics if tag not in self.metrics]
            case "start", values, group_name, start_time:
                self._values.update(values)
                self.group_name = group_name
                self.start_time = start_time or None
                self.status = self.status or "running"
            case "end", status, end_time:
                self.status = status
                self.end_time = end_time or None

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __repr__(self) -> str:
        return f"HParams({self._values}, metrics={self.metrics}, status={self.status!r})"
