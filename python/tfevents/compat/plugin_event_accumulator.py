"""Replaces `tensorboard.backend.event_processing.plugin_event_accumulator`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from tfevents.compat import migration
from tfevents.compat.accumulated import Accumulated, logger
from tfevents.compat.event_accumulator import GRAPH, META_GRAPH, RUN_METADATA, TENSORS
from tfevents.compat.events import TensorEvent
from tfevents.compat.messages import message
from tfevents.compat.migration import Claim
from tfevents.compat.reservoir import Reservoir

__all__ = [
    "DEFAULT_SIZE_GUIDANCE",
    "GRAPH",
    "META_GRAPH",
    "RUN_METADATA",
    "STORE_EVERYTHING_SIZE_GUIDANCE",
    "TENSORS",
    "EventAccumulator",
    "TensorEvent",
]

DEFAULT_SIZE_GUIDANCE = {TENSORS: 500}
"""The number of values of a tag that are kept."""

STORE_EVERYTHING_SIZE_GUIDANCE = {TENSORS: 0}
"""All values are kept."""

_KEY = "."
_RUN_GRAPH, _GRAPHS = "__run_graph__", "graphs"
_TAGGED_RUN_METADATA = "graph_tagged_run_metadata"


class EventAccumulator(Accumulated):
    """Reads a run as TensorBoard's plugins see it: all values are tensors. It returns the same as
    TensorBoard's class of this name. The results are messages, so it needs protobuf.

    Attributes:
        path: the event file, or the directory with event files.
        purge_orphaned_data: whether values are dropped that were written before a restart, for
            steps from its step on.
        tensors_by_tag: the values that are kept, by tag.
        most_recent_step, most_recent_wall_time: those of the last event with values; -1 before the
            first.
        file_version: the version in the file, a float; `None` if it has none.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        size_guidance: Mapping[str, int] | None = None,
        tensor_size_guidance: Mapping[str, int] | None = None,
        purge_orphaned_data: bool = True,
        event_file_active_filter: Callable[[float], bool] | None = None,
        detect_file_replacement: bool | None = None,
    ) -> None:
        """Opens a file. Nothing is read before `Reload`.

        Args:
            path: an event file with `tfevents` in its name, or a directory with such files.
            size_guidance: the number of values of each tag that are kept, at random, as `TENSORS`.
                0 keeps all.
            tensor_size_guidance: the same numbers by the names of plugins.
            purge_orphaned_data: whether to drop values that were written before a restart, for
                steps from its step on.
            event_file_active_filter: a function that tells, from the greatest wall time of a file's
                events, whether the file is still written. With it, all such files of a directory
                are read again, and not only the last file.
            detect_file_replacement: has no effect.

        Raises:
            FileNotFoundError: the file does not exist.
            ValueError: the path is empty, or a number of values is negative.
        """
        super().__init__(path, purge_orphaned_data, event_file_active_filter)
        self._size = (size_guidance or {}).get(TENSORS, DEFAULT_SIZE_GUIDANCE[TENSORS])
        self._sizes = dict(tensor_size_guidance or {})
        self.tensors_by_tag: dict[str, Reservoir] = {}
        self._is_of_meta_graph = False
        # The first start of a session is not a restart.
        self._has_started = False
        # The claims of the first value of each tag in the current file.
        self._file: object = None
        self._claims: dict[str, Claim] = {}
        # The first claims of the tags that have metadata.
        self._first_claims: dict[str, Claim] = {}

    def Tags(self) -> dict[str, Any]:
        """The tags of the tensors, and whether there are graphs."""
        return {
            TENSORS: list(self.tensors_by_tag),
            GRAPH: self._graph is not None,
            META_GRAPH: self._meta_graph is not None,
            RUN_METADATA: [],
        }

    def Tensors(self, tag: str) -> list[TensorEvent]:
        """The values of a tag, as `TensorProto`s. Raises a KeyError if there is none."""
        return self.tensors_by_tag[tag].Items(_KEY)

    def SummaryMetadata(self, tag: str) -> Any:
        """The first `SummaryMetadata` of a tag. Raises a KeyError if there is none."""
        if tag not in self._metadata_messages:
            value = migration.migrated(self._metadata[tag], self._first_claims[tag])
            self._metadata_messages[tag] = value.metadata
        return self._metadata_messages[tag]

    def ActivePlugins(self) -> frozenset[str]:  # type: ignore[override]
        """The names of the plugins that have values."""
        return frozenset(self._plugin_to_tag_to_content)

    def _add(self, item: tuple[Any, ...]) -> None:
        if self._source.current is not self._file:
            self._file, self._claims = self._source.current, {}
        if isinstance(item[0], list):
            self._add_scalars(*item)
            return
        wall_time, step, _, what, content = item
        self._note(item)
        if self.purge_orphaned_data:
            if self._has_session_logs():
                if what == "session_log" and content:
                    if self._has_started:
                        self._purge(step, wall_time, list(self.tensors_by_tag))
                    self._has_started = True
            elif step < self.most_recent_step and what == "summary":
                tags = [tag if is_tagged else "" for tag, is_tagged, *_ in content]
                self._purge(step, wall_time, tags)
            if what == "summary":
                self.most_recent_step, self.most_recent_wall_time = step, wall_time
        if what == "graph_def":
            self._graph, self._is_of_meta_graph = content, False
            self._add_blob(wall_time, step, _RUN_GRAPH, _GRAPHS, content)
        elif what == "meta_graph_def":
            self._meta_graph = content
            if self._graph is None or self._is_of_meta_graph:
                graph = message("MetaGraphDef").FromString(content).graph_def
                self._graph, self._is_of_meta_graph = graph.SerializeToString(), True
        elif what == "tagged_run_metadata":
            self._add_blob(wall_time, step, content[0], _TAGGED_RUN_METADATA, content[1])
        elif what == "summary":
            for value in content:
                self._add_value(wall_time, step, *value)

    def _add_value(
        self,
        wall_time: float,
        step: int,
        tag: str,
        is_tagged: bool,
        metadata: tuple[str, bytes] | None,
        what: str | None,
        content: Any,
        raw: bytes,
    ) -> None:
        own = tag if is_tagged else ""
        first = self._claims.get(own)
        if first is None:
            first = self._claims[own] = migration.claim(what, raw)
        if what in migration.OLD_STYLES:
            # What it is as a tensor has no other name.
            tag, metadata = own, migration.OLD_STYLES[what]
        if metadata is not None and own not in self._metadata:
            plugin, data = metadata
            self._metadata[own], self._first_claims[own] = raw, first
            if plugin:
                self._plugin_to_tag_to_content.setdefault(plugin, {})[own] = data
        if what == "tensor" or what in migration.OLD_STYLES or first.makes_tensors:
            self._add_tensor(tag, wall_time, step, raw, first)

    def _add_scalars(
        self, tags: list[str], tag: Any, event: Any, step: Any, wall_time: Any, value: Any
    ) -> None:
        """Adds the scalars of many events. All arguments but the first are columns."""
        if self._first_wall_time is None:
            self._first_wall_time = float(wall_time[0])
        orders = self.purge_orphaned_data and not self._has_session_logs()
        before = -1
        columns = (column.tolist() for column in (tag, event, step, wall_time, value))
        rows = list(zip(*columns, strict=True))
        for row, (number, place, at, when, scalar) in enumerate(rows):
            name = tags[number]
            if place != before and orders and at < self.most_recent_step:
                end = row + 1
                while end < len(rows) and rows[end][1] == place:
                    end += 1
                self._purge(at, when, [tags[one] for one, *_ in rows[row:end]])
            before = place
            if self.purge_orphaned_data:
                self.most_recent_step, self.most_recent_wall_time = at, when
            first = self._claims.get(name)
            if first is None or name not in self._metadata:
                raw = migration.of_number(name, scalar)
                value_of = (name, True, None, "simple_value", scalar, raw)
                self._add_value(when, at, *value_of)
            else:
                self._add_tensor(name, when, at, scalar, first)

    def _add_blob(self, wall_time: float, step: int, tag: str, plugin: str, content: bytes) -> None:
        if self.purge_orphaned_data:
            if not self._has_session_logs() and step < self.most_recent_step:
                self._purge(step, wall_time, [tag])
            self.most_recent_step, self.most_recent_wall_time = step, wall_time
        raw = migration.of_bytes(tag, plugin, content)
        # It is made of an event, and no other value has a say in it.
        first = Claim(plugin, 3)
        if tag not in self._metadata:
            self._metadata[tag], self._first_claims[tag] = raw, first
            self._plugin_to_tag_to_content.setdefault(plugin, {})[tag] = b""
        self._add_tensor(tag, wall_time, step, raw, first)

    def _add_tensor(
        self, tag: str, wall_time: float, step: int, raw: bytes | float, first: Claim
    ) -> None:
        reservoir = self.tensors_by_tag.get(tag)
        if reservoir is None:
            plugin = self._plugin_of(tag)
            size = self._size if plugin is None else self._sizes.get(plugin, self._size)
            reservoir = self.tensors_by_tag[tag] = Reservoir(size, _tensor_event)
        reservoir.add(_KEY, (wall_time, step, raw, first))

    def _plugin_of(self, tag: str) -> str | None:
        if tag not in self._metadata:
            return None
        name: str = self.SummaryMetadata(tag).plugin_data.plugin_name
        return name

    def _purge(self, step: int, wall_time: float, tags: list[str]) -> None:
        """Drops the values of these tags from `step` on."""
        found = (self.tensors_by_tag[tag] for tag in tags if tag in self.tensors_by_tag)
        count = sum(reservoir.purge(step, _KEY) for reservoir in found)
        if count:
            logger.warning(
                "A restart at step %s (%s), after step %s (%s): dropping %s tensors from that step "
                "on.",
                *(step, wall_time, self.most_recent_step, self.most_recent_wall_time, count),
            )


def _tensor_event(wall_time: float, step: int, raw: bytes | float, first: Claim) -> TensorEvent:
    if isinstance(raw, float):
        raw = migration.of_number("", raw)
    return TensorEvent(wall_time, step, migration.migrated(raw, first).tensor)
