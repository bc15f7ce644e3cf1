"""What readers in the place of TensorBoard's have in common: one run, read on and on."""

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
    """A run, and what is said of it rather than of its values."""

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
        # tbparse asks for it by this name.
        self._plugin_to_tag_to_content: dict[str, dict[str, bytes]] = {}
        self._graph: bytes | None = None
        self._meta_graph: bytes | None = None
        self._run_metadata: dict[str, bytes] = {}

    def Reload(self) -> Self:
        """Reads the events that came since it was last called, the first time all.

        Raises:
            CorruptFileError: a record is no event. What comes after it is read the next time.
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
        """The tensors of a tag."""
        raise NotImplementedError

    def Graph(self) -> Any:
        """The `GraphDef` that was logged last, or else that of the meta graph; a ValueError if
        there is none.
        """
        if self._graph is not None:
            return message("GraphDef").FromString(self._graph)
        if self._meta_graph is not None:
            return self.MetaGraph().graph_def
        raise ValueError("There is no graph in this EventAccumulator")

    def SerializedGraph(self) -> bytes | None:
        """The same as bytes; `None` if there is none."""
        if self._graph is None and self._meta_graph is not None:
            serialized: bytes = self.Graph().SerializeToString()
            return serialized
        return self._graph

    def MetaGraph(self) -> Any:
        """The `MetaGraphDef` that was logged last; a ValueError if there is none."""
        if self._meta_graph is None:
            raise ValueError("There is no metagraph in this EventAccumulator")
        return message("MetaGraphDef").FromString(self._meta_graph)

    def RunMetadata(self, tag: str) -> Any:
        """The `RunMetadata` that were logged last under a tag; a ValueError if there are none."""
        if tag not in self._run_metadata:
            raise ValueError("There is no run metadata with this tag name")
        return message("RunMetadata").FromString(self._run_metadata[tag])

    def SummaryMetadata(self, tag: str) -> Any:
        """The first `SummaryMetadata` of a tag; a KeyError if there are none."""
        if tag not in self._metadata_messages:
            summary = message("Summary").FromString(self._metadata[tag])
            self._metadata_messages[tag] = summary.value[0].metadata
        return self._metadata_messages[tag]

    def AllSummaryMetadata(self) -> dict[str, Any]:
        """The first `SummaryMetadata` of each tag that has some."""
        return {tag: self.SummaryMetadata(tag) for tag in self._metadata}

    @property
    def summary_metadata(self) -> dict[str, Any]:
        """The first `SummaryMetadata` of each tag that has some."""
        return self.AllSummaryMetadata()

    def ActivePlugins(self) -> list[str]:
        """The names of the plugins for which there is something."""
        return list(self._plugin_to_tag_to_content)

    def PluginTagToContent(self, plugin_name: str) -> dict[str, bytes]:
        """What a plugin was first told about each tag; a KeyError if there is nothing for it."""
        if plugin_name not in self._plugin_to_tag_to_content:
            raise KeyError(f"Plugin {plugin_name!r} could not be found.")
        return self._plugin_to_tag_to_content[plugin_name]

    def PluginAssets(self, plugin_name: str) -> list[str]:
        """The names of a plugin's files beside the event files."""
        try:
            return os.listdir(self._assets(plugin_name))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def RetrievePluginAsset(self, plugin_name: str, asset_name: str) -> str:
        """The text in a plugin's file; a KeyError if it can't be read."""
        path = os.path.join(self._assets(plugin_name), asset_name)
        try:
            with open(path, encoding="utf-8", newline="") as file:
                return file.read()
        except FileNotFoundError:
            raise KeyError(f"Asset path {path} not found") from None
        except OSError as error:
            raise KeyError(f"Couldn't read asset path: {path}, {error}") from error

    def FirstEventTimestamp(self) -> float:
        """The time of the first event, which is read if nothing was; a ValueError if none is."""
        if self._first_wall_time is None:
            self._read_one()
        if self._first_wall_time is None:
            raise ValueError("No event timestamp could be found")
        return self._first_wall_time

    def GetSourceWriter(self) -> str | None:
        """Who wrote the events, if the first says it, which is read if nothing was."""
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
        """Adds what `EventTail.load` gives."""
        raise NotImplementedError

    def _note(self, item: tuple[Any, ...]) -> None:
        """Notes what an event says of the run."""
        wall_time, _, writer, what, content = item
        if self._first_wall_time is None:
            self._first_wall_time = wall_time
        if writer is not None:
            self._source_writer = _writer_name(writer)
        if what == "file_version":
            self.file_version = _version(content)

    def _has_session_logs(self) -> bool:
        """Whether restarts are logged in files of this version, so that steps need not tell."""
        return bool(self.file_version and self.file_version >= 2)


def _version(text: str) -> float:
    try:
        return float(text.split("brain.Event:")[-1])
    except ValueError:
        logger.warning("The file's version is not known: %r", text)
        return -1


def _writer_name(writer: str) -> str | None:
    return writer if 0 < len(writer) <= _MAX_WRITER_NAME else None
