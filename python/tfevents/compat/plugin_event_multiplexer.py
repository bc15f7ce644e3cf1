"""Replaces `tensorboard.backend.event_processing.plugin_event_multiplexer`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

from tfevents.compat.multiplexed import Multiplexed
from tfevents.compat.plugin_event_accumulator import EventAccumulator

__all__ = ["EventMultiplexer"]


class EventMultiplexer(Multiplexed[EventAccumulator]):
    """Reads many runs as TensorBoard's class of this name does: all values are tensors.

    Example:
        >>> runs = EventMultiplexer().AddRunsFromDirectory("runs")  # doctest: +SKIP
        >>> runs.Reload().Tensors("exp1", "train/loss")  # doctest: +SKIP
    """

    def __init__(
        self,
        run_path_map: Mapping[str, str] | None = None,
        size_guidance: Mapping[str, int] | None = None,
        tensor_size_guidance: Mapping[str, int] | None = None,
        purge_orphaned_data: bool = True,
        max_reload_threads: int | None = None,
        event_file_active_filter: Callable[[float], bool] | None = None,
        detect_file_replacement: bool | None = None,
    ) -> None:
        """Adds runs. Nothing is read before `Reload`.

        Args:
            run_path_map: event files or directories, by the names of runs.
            max_reload_threads: the number of runs that `Reload` reads at a time; by default one.
            size_guidance, tensor_size_guidance, purge_orphaned_data, event_file_active_filter,
                detect_file_replacement: as for `EventAccumulator`.
        """
        self.purge_orphaned_data = purge_orphaned_data
        self._size_guidance = size_guidance
        self._tensor_size_guidance = tensor_size_guidance
        self._threads = max_reload_threads or 1
        self._is_active = event_file_active_filter
        super().__init__(run_path_map)

    def _open(self, path: str) -> EventAccumulator:
        return EventAccumulator(
            path,
            self._size_guidance,
            self._tensor_size_guidance,
            self.purge_orphaned_data,
            self._is_active,
        )

    def AddRunsFromDirectory(self, path: str, name: str | None = None) -> Self:
        """Adds the runs in a directory and below it. Each is called `name/` and its path below the
        directory.

        A directory that does not exist yet has no runs. If links lead to one directory, the
        shortest path is taken.
        """
        return super().AddRunsFromDirectory(os.path.expanduser(path), name)

    def _reload_all(self) -> None:
        if self._threads == 1:
            super()._reload_all()
            return
        with ThreadPoolExecutor(self._threads, "tfevents-reload") as pool:
            # An error of a thread is raised here, when all threads have ended.
            list(pool.map(self._reload, self._items()))

    def ActivePlugins(self) -> frozenset[str]:
        """The names of the plugins that have values in any run."""
        return frozenset().union(*(it.ActivePlugins() for _, it in self._items()))

    def AllSummaryMetadata(self) -> dict[str, dict[str, Any]]:
        """The first `SummaryMetadata` of each tag that has any, by runs."""
        return {name: it.AllSummaryMetadata() for name, it in self._items()}
