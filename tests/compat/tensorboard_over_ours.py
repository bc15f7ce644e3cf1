"""A plugin of pytest that puts our provider in the place of TensorBoard's.

TensorBoard's tests read a directory with an `EventMultiplexer` and make a `MultiplexerDataProvider`
of it. With this plugin they get a `Provider` of the same runs:

    python -m pytest -p tensorboard_over_ours …
"""

import os
from typing import Any

from tensorboard.backend.event_processing import data_provider

from tfevents import _native
from tfevents.reader.selection import step_bounds
from tfevents.tensorboard.contents import Contents
from tfevents.tensorboard.provider import Provider


class Runs:
    """The runs of a multiplexer, read again whenever one of their files changed."""

    def __init__(self, multiplexer: Any) -> None:
        self._multiplexer = multiplexer
        everything = (True, True, None, None, None, step_bounds(None), "raw")
        self._data = _native.LogData(*everything)
        self._runs: dict[str, Contents] = {}

    def __call__(self) -> dict[str, Contents]:
        found = []
        for name, path in self._multiplexer.RunPaths().items():
            runs, _ = _native.find([os.fspath(path)], False)
            found += [(name, files, given) for below, files, given in runs if below == "."]
        updated = self._data.update(found)
        before = self._runs
        self._runs = {
            name: before[name] if data is None else Contents(data) for name, data in updated
        }
        return self._runs


def pytest_configure() -> None:
    def provider(multiplexer: Any, logdir: str) -> Provider:
        return Provider(Runs(multiplexer), location=logdir)

    data_provider.MultiplexerDataProvider = provider
