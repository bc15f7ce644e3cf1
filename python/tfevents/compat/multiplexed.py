"""The common part of both multiplexers: they read many runs by their names."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from typing import Any, Generic, Self, TypeVar

from tfevents import _native
from tfevents.compat.accumulated import Accumulated
from tfevents.compat.events import TensorEvent
from tfevents.compat.source import is_deleted

logger = logging.getLogger("tfevents")

A = TypeVar("A", bound=Accumulated)


class Multiplexed(Generic[A]):
    """Runs, each with an accumulator."""

    def __init__(self, run_path_map: Mapping[str, str] | None) -> None:
        # This lock is held for a moment only, and never while an accumulator reads.
        self._lock = threading.Lock()
        self._accumulators: dict[str, A] = {}
        self._paths: dict[str, str] = {}
        self._is_loaded = False
        for name, path in (run_path_map or {}).items():
            self.AddRun(path, name)

    def _open(self, path: str) -> A:
        """An accumulator for the run at a path."""
        raise NotImplementedError

    def AddRun(self, path: str, name: str | None = None) -> Self:
        """Adds a run. Without a name, it is called as its path.

        It replaces a run of the same name with another path. It is read at once if `Reload` was
        called before.
        """
        name = name or path
        with self._lock:
            known = self._paths.get(name) if name in self._accumulators else None
        if known == path:
            return self
        if known is not None:
            logger.warning("the run %s was at %s, and is at %s now", name, known, path)
        accumulator = self._open(path)
        with self._lock:
            self._accumulators[name] = accumulator
            self._paths[name] = path
        if self._is_loaded:
            accumulator.Reload()
        return self

    def AddRunsFromDirectory(self, path: str, name: str | None = None) -> Self:
        """Adds the runs in a directory and below it. Each is called `name/` and its path below the
        directory.

        A directory that does not exist yet has no runs. If links lead to one directory, the
        shortest path is taken.
        """
        if not path:
            return self
        try:
            found, _ = _native.find([path], False)
        except FileNotFoundError:
            return self
        for run, files, given in found:
            if given:
                raise ValueError(f"path is not a directory: {path}")
            self.AddRun(os.path.dirname(files[0]), os.path.join(name, run) if name else run)
        return self

    def Reload(self) -> Self:
        """Reads what was written since the last call, in all runs. Removes the runs whose directory
        was removed.
        """
        self._is_loaded = True
        self._reload_all()
        return self

    def _reload_all(self) -> None:
        for item in self._items():
            self._reload(item)

    def _reload(self, item: tuple[str, A]) -> None:
        name, accumulator = item
        try:
            accumulator.Reload()
        except Exception as error:
            if is_deleted(error):
                with self._lock:
                    self._accumulators.pop(name, None)
            elif isinstance(error, OSError):
                logger.error("the run %s can't be read: %s", name, error)
            else:
                raise

    def Runs(self) -> dict[str, dict[str, Any]]:
        """The names of the runs, each with its tags by kind."""
        return {name: accumulator.Tags() for name, accumulator in self._items()}

    def RunPaths(self) -> dict[str, str]:
        """The names of the runs, each with its path."""
        return self._paths

    def GetAccumulator(self, run: str) -> A:
        """The accumulator of a run.

        Raises:
            KeyError: there is no such run. This also holds for the methods below.
        """
        with self._lock:
            return self._accumulators[run]

    def _items(self) -> list[tuple[str, A]]:
        with self._lock:
            return list(self._accumulators.items())

    # What the accumulator of a run returns.

    def FirstEventTimestamp(self, run: str) -> float:
        """The wall time of the first event, in seconds since the epoch."""
        return self.GetAccumulator(run).FirstEventTimestamp()

    def GetSourceWriter(self, run: str) -> str | None:
        """The writer's name in a run, if it has one."""
        return self.GetAccumulator(run).GetSourceWriter()

    def Tensors(self, run: str, tag: str) -> list[TensorEvent]:
        """The tensors under a tag."""
        return self.GetAccumulator(run).Tensors(tag)

    def Graph(self, run: str) -> Any:
        """The graph, a `GraphDef`."""
        return self.GetAccumulator(run).Graph()

    def SerializedGraph(self, run: str) -> bytes | None:
        """The serialized graph."""
        return self.GetAccumulator(run).SerializedGraph()

    def MetaGraph(self, run: str) -> Any:
        """The meta graph, a `MetaGraphDef`."""
        return self.GetAccumulator(run).MetaGraph()

    def RunMetadata(self, run: str, tag: str) -> Any:
        """The costs of a step of a session, a `RunMetadata`."""
        return self.GetAccumulator(run).RunMetadata(tag)

    def SummaryMetadata(self, run: str, tag: str) -> Any:
        """The metadata of a tag, a `SummaryMetadata`."""
        return self.GetAccumulator(run).SummaryMetadata(tag)

    def PluginRunToTagToContent(self, plugin_name: str) -> dict[str, dict[str, bytes]]:
        """The plugin data of each tag, for the runs that have values for the plugin."""
        contents = {}
        for name, accumulator in self._items():
            try:
                contents[name] = accumulator.PluginTagToContent(plugin_name)
            except KeyError:
                continue
        return contents

    def PluginAssets(self, plugin_name: str) -> dict[str, list[str]]:
        """The names of a plugin's assets in each run."""
        return {name: it.PluginAssets(plugin_name) for name, it in self._items()}

    def RetrievePluginAsset(self, run: str, plugin_name: str, asset_name: str) -> str:
        """The text of an asset of a plugin."""
        return self.GetAccumulator(run).RetrievePluginAsset(plugin_name, asset_name)
