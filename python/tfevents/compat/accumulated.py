"""The common part of both accumulators: they read one run, again and again."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any, Self

from tfevents import _native
from tfevents.compat import source
from tfevents.compat.events import TensorEvent
from tfevents.compat.messages import message

logger = logging.getLogger("tfevents")

_MAX_WRITER_NAME = 128


class Accumulated:
    """A run, and its content other than values."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        purge_orphaned_data: bool,
        is_active: Callable[[float], bool] | None = None,
    ) -> None:
        if not path:
            raise ValueError("path must be a valid string")
        self.path = path
        self.purge_orphaned_data = purge_orphaned_data
        self.most_recent_step = -1
        self.most_recent_wall_time: float = -1
        self.file_version: float | None = None

        self._source = source.open_path(os.fspath(path), is_active)
        self._turn = _native.Turn("loading events")
        self._first_wall_time: float | None = None
        self._source_writer: str | None = None
        self._metadata: dict[str, bytes] = {}
        self._metadata_messages: dict[str, Any] = {}
        # tbparse needs the attribute of this name.
        self._plugin_to_tag_to_content: dict[str, dict[str, bytes]] = {}
        self._graph: bytes | None = None
        self._meta_graph: bytes | None = None
        self._run_metadata: dict[str, bytes] = {}

    def Reload(self) -> Self:
        """Reads the events that were written since the last call. The first call reads all.

        Raises:
            CorruptFileError: a record is not an event. The next call continues after it.
            DirectoryDeletedError: there is no such directory.
        """
        with self._turn:
            for item in self._source.load():
                self._add(item)
        return self

    def Tags(self) -> dict[str, Any]:
        """The tags of each kind, and whether there are graphs."""
        raise NotImplementedError

    def Tensors(self, tag: str) -> list[TensorEvent]:
        """The tensors under a tag."""
        raise NotImplementedError

    def Graph(self) -> Any:
        """The `GraphDef` that was logged last, or else that of the meta graph. Raises a ValueError
        if there is none.
        """
        if self._graph is not None:
            return message("GraphDef").FromString(self._graph)
        if self._meta_graph is not None:
            return self.MetaGraph().graph_def
        raise ValueError("There is no graph in this EventAccumulator")

    def SerializedGraph(self) -> bytes | None:
        """The serialized graph; `None` if there is none."""
        if self._graph is None and self._meta_graph is not None:
            serialized: bytes = self.Graph().SerializeToString()
            return serialized
        return self._graph

    def MetaGraph(self) -> Any:
        """The `MetaGraphDef` that was logged last. Raises a ValueError if there is none."""
        if self._meta_graph is None:
            raise ValueError("There is no metagraph in this EventAccumulator")
        return message("MetaGraphDef").FromString(self._meta_graph)

    def RunMetadata(self, tag: str) -> Any:
        """The `RunMetadata` that were logged last under a tag. Raises a ValueError if there are
        none.
        """
        if tag not in self._run_metadata:
            raise ValueError("There is no run metadata with this tag name")
        return message("RunMetadata").FromString(self._run_metadata[tag])

    def SummaryMetadata(self, tag: str) -> Any:
        """The first `SummaryMetadata` of a tag. Raises a KeyError if there is none."""
        if tag not in self._metadata_messages:
            summary = message("Summary").FromString(self._metadata[tag])
            self._metadata_messages[tag] = summary.value[0].metadata
        return self._metadata_messages[tag]

    def AllSummaryMetadata(self) -> dict[str, Any]:
        """The first `SummaryMetadata` of each tag that has any."""
        return {tag: self.SummaryMetadata(tag) for tag in self._metadata}

    @property
    def summary_metadata(self) -> dict[str, Any]:
        """The first `SummaryMetadata` of each tag that has any."""
        return self.AllSummaryMetadata()

    def ActivePlugins(self) -> list[str]:
        """The names of the plugins that have values."""
        return list(self._plugin_to_tag_to_content)

    def PluginTagToContent(self, plugin_name: str) -> dict[str, bytes]:
        """The plugin data of each tag in its first metadata. Raises a KeyError if the plugin has
        none.
        """
        if plugin_name not in self._plugin_to_tag_to_content:
            raise KeyError(f"Plugin {plugin_name!r} could not be found.")
        return self._plugin_to_tag_to_content[plugin_name]

    def PluginAssets(self, plugin_name: str) -> list[str]:
        """The names of a plugin's files, which are beside the event files."""
        try:
            return os.listdir(self._assets(plugin_name))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def RetrievePluginAsset(self, plugin_name: str, asset_name: str) -> str:
        """The text in a plugin's file. Raises a KeyError if the file can't be read."""
        path = os.path.join(self._assets(plugin_name), asset_name)
        try:
            with open(path, encoding="utf-8", newline="") as file:
                return file.read()
        except FileNotFoundError:
            raise KeyError(f"Asset path {path} not found") from None
        except OSError as error:
            raise KeyError(f"Couldn't read asset path: {path}, {error}") from error

    def FirstEventTimestamp(self) -> float:
        """The time of the first event. It is read if no event was. Raises a
        ValueError if there is none.
        """
        if self._first_wall_time is None:
            self._read_one()
        if self._first_wall_time is None:
            raise ValueError("No event timestamp could be found")
        return self._first_wall_time

    def GetSourceWriter(self) -> str | None:
        """The writer's name in the first event, which is read if no event was."""
        if self._source_writer is None:
            self._read_one()
        return self._source_writer

    def _assets(self, plugin_name: str) -> str:
        return os.path.join(self.path, "plugins", plugin_name)

    def _read_one(self) -> None:
        with self._turn:
            for item in self._source.load(1):
                self._add(item)

    def _add(self, item: tuple[Any, ...]) -> None:
        """Adds the items of `EventTail.load`."""
        raise NotImplementedError

    def _note(self, item: tuple[Any, ...]) -> None:
        """Adds the content of an event that belongs to the run."""
        wall_time, _, writer, what, content = item
        if self._first_wall_time is None:
            self._first_wall_time = wall_time
        if writer is not None:
            self._source_writer = _writer_name(writer)
        if what == "file_version":
            self.file_version = _version(content)

    def _has_session_logs(self) -> bool:
        """Whether restarts have events of their own in this version, so that steps need not
        tell.
        """
        return bool(self.file_version and self.file_version >= 2)


def _version(text: str) -> float:
    try:
        return float(text.split("brain.Event:")[-1])
    except ValueError:
        logger.warning("The file's version is not known: %r", text)
        return -1


def _writer_name(writer: str) -> str | None:
    return writer if 0 < len(writer) <= _MAX_WRITER_NAME else None
