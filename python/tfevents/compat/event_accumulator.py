"""In the place of `tensorboard.backend.event_processing.event_accumulator`."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from tfevents import _native
from tfevents.compat import compressor, source
from tfevents.compat.events import (
    AudioEvent,
    CompressedHistogramEvent,
    HistogramEvent,
    HistogramValue,
    ImageEvent,
    ScalarEvent,
    TensorEvent,
)
from tfevents.compat.messages import message
from tfevents.compat.reservoir import ROW, Reservoir, ScalarReservoir

__all__ = [
    "AUDIO",
    "COMPRESSED_HISTOGRAMS",
    "DEFAULT_SIZE_GUIDANCE",
    "GRAPH",
    "HISTOGRAMS",
    "IMAGES",
    "META_GRAPH",
    "NORMAL_HISTOGRAM_BPS",
    "RUN_METADATA",
    "SCALARS",
    "STORE_EVERYTHING_SIZE_GUIDANCE",
    "TENSORS",
    "AudioEvent",
    "CompressedHistogramEvent",
    "EventAccumulator",
    "HistogramEvent",
    "HistogramValue",
    "ImageEvent",
    "ScalarEvent",
    "TensorEvent",
]

logger = logging.getLogger("tfevents")

COMPRESSED_HISTOGRAMS = "distributions"
HISTOGRAMS = "histograms"
IMAGES = "images"
AUDIO = "audio"
SCALARS = "scalars"
TENSORS = "tensors"
GRAPH = "graph"
META_GRAPH = "meta_graph"
RUN_METADATA = "run_metadata"

NORMAL_HISTOGRAM_BPS = (0, 668, 1587, 3085, 5000, 6915, 8413, 9332, 10000)
"""Where a normal distribution has its minimum, -1.5, -1, -0.5, 0, 0.5, 1 and 1.5 standard
deviations, and its maximum."""

DEFAULT_SIZE_GUIDANCE = {
    COMPRESSED_HISTOGRAMS: 500,
    IMAGES: 4,
    AUDIO: 4,
    SCALARS: 10000,
    HISTOGRAMS: 1,
    TENSORS: 10,
}
"""How many values of a tag are kept."""

STORE_EVERYTHING_SIZE_GUIDANCE = dict.fromkeys(DEFAULT_SIZE_GUIDANCE, 0)
"""All are."""

_MAX_WRITER_NAME = 128


class EventAccumulator:
    """Reads a run as TensorBoard's class of this name does, and returns the same.

    Attributes:
        path: the event file, or the directory with event files.
        purge_orphaned_data: whether values are dropped that were written before a restart, for
            steps that come after it.
        scalars, histograms, compressed_histograms, images, audios, tensors: what is kept, by tags.
        most_recent_step, most_recent_wall_time: of the event by which restarts are found in files
            without a version; -1 in others.
        file_version: the version that the file states, a float; `None` if it states none.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        size_guidance: Mapping[str, int] | None = None,
        compression_bps: Sequence[float] = NORMAL_HISTOGRAM_BPS,
        purge_orphaned_data: bool = True,
    ) -> None:
        """Reads nothing yet, but opens a file.

        Args:
            path: an event file, with `tfevents` in its name, or a directory with some.
            size_guidance: how many values of each tag are kept, at random, by the names of the
                kinds; 0 for all of them. What it does not say is as in `DEFAULT_SIZE_GUIDANCE`.
            compression_bps: the basis points of `CompressedHistograms`.
            purge_orphaned_data: whether to drop values that were written before a restart, for
                steps that come after it.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the path is empty, or a number of values is negative.
        """
        if not path:
            raise ValueError("path must be a valid string")
        sizes = {**DEFAULT_SIZE_GUIDANCE, **(size_guidance or {})}
        self.path = path
        self.purge_orphaned_data = purge_orphaned_data
        self.scalars = ScalarReservoir(sizes[SCALARS], ScalarEvent)
        self.histograms = Reservoir(sizes[HISTOGRAMS], _histogram_event)
        self.compressed_histograms = Reservoir(
            sizes[COMPRESSED_HISTOGRAMS], self._compressed, always_keep_last=False
        )
        self.images = Reservoir(sizes[IMAGES], ImageEvent)
        self.audios = Reservoir(sizes[AUDIO], AudioEvent)
        self.tensors = Reservoir(sizes[TENSORS], _tensor_event)
        self.most_recent_step = -1
        self.most_recent_wall_time: float = -1
        self.file_version: float | None = None

        self._compression_bps = compression_bps
        self._source = source.open_path(os.fspath(path))
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
        return {
            IMAGES: self.images.Keys(),
            AUDIO: self.audios.Keys(),
            HISTOGRAMS: self.histograms.Keys(),
            SCALARS: self.scalars.Keys(),
            COMPRESSED_HISTOGRAMS: self.compressed_histograms.Keys(),
            TENSORS: self.tensors.Keys(),
            GRAPH: self._graph is not None or self._meta_graph is not None,
            META_GRAPH: self._meta_graph is not None,
            RUN_METADATA: list(self._run_metadata),
        }

    def Scalars(self, tag: str) -> list[ScalarEvent]:
        """The numbers of a tag; a KeyError if there are none, as of the other kinds."""
        return self.scalars.Items(tag)

    def Histograms(self, tag: str) -> list[HistogramEvent]:
        """The histograms of a tag."""
        return self.histograms.Items(tag)

    def CompressedHistograms(self, tag: str) -> list[CompressedHistogramEvent]:
        """The histograms of a tag, each as the values at `compression_bps`."""
        return self.compressed_histograms.Items(tag)

    def Images(self, tag: str) -> list[ImageEvent]:
        """The pictures of a tag."""
        return self.images.Items(tag)

    def Audio(self, tag: str) -> list[AudioEvent]:
        """The sounds of a tag."""
        return self.audios.Items(tag)

    def Tensors(self, tag: str) -> list[TensorEvent]:
        """The tensors of a tag, as messages of TensorBoard's or, without it, of ours; an
        ImportError if protobuf is missing too.
        """
        return self.tensors.Items(tag)

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

    def _compressed(self, wall_time: float, step: int, *value: Any) -> CompressedHistogramEvent:
        histogram = _histogram_event(wall_time, step, *value).histogram_value
        values = compressor.compress(histogram, self._compression_bps)
        return CompressedHistogramEvent(wall_time, step, values)

    def _add(self, item: tuple[Any, ...]) -> None:
        """Adds what `EventTail.load` gives."""
        if isinstance(item[0], list):
            self._add_scalars(*item)
            return
        wall_time, step, writer, what, content = item
        if self._first_wall_time is None:
            self._first_wall_time = wall_time
        if writer is not None:
            self._source_writer = _writer_name(writer)
        if what == "file_version":
            self.file_version = _version(content)
        if self.purge_orphaned_data:
            if self._has_session_logs():
                if what == "session_log" and content:
                    self._purge(step, wall_time, [""])
            elif step < self.most_recent_step and what == "summary":
                self._purge(step, wall_time, [tag if own else "" for tag, own, *_ in content])
            else:
                self.most_recent_step, self.most_recent_wall_time = step, wall_time
        if what == "graph_def":
            self._graph = content
        elif what == "meta_graph_def":
            self._meta_graph = content
        elif what == "tagged_run_metadata":
            tag, run_metadata = content
            self._run_metadata[tag] = run_metadata
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
        if metadata is not None:
            plugin, data = metadata
            own = tag if is_tagged else ""
            if own not in self._metadata:
                self._metadata[own] = raw
                if plugin:
                    self._plugin_to_tag_to_content.setdefault(plugin, {})[own] = data
        if what == "simple_value":
            self.scalars.add(tag, np.array([(wall_time, step, content)], ROW))
        elif what == "histo":
            self.histograms.add(tag, (wall_time, step, *content))
            self.compressed_histograms.add(tag, (wall_time, step, *content))
        elif what == "image":
            self.images.add(tag, (wall_time, step, *content))
        elif what == "audio":
            self.audios.add(tag, (wall_time, step, *content))
        elif what == "tensor":
            self.tensors.add(tag, (wall_time, step, raw))

    def _add_scalars(
        self, tags: list[str], tag: Any, event: Any, step: Any, wall_time: Any, value: Any
    ) -> None:
        """Adds the scalars of many events; all arguments but the first are columns."""
        if self._first_wall_time is None:
            self._first_wall_time = float(wall_time[0])
        rows = np.empty(len(tag), ROW)
        rows["wall_time"], rows["step"], rows["value"] = wall_time, step, value
        if not self.purge_orphaned_data or self._has_session_logs():
            self._add_rows(tags, tag, rows)
            return
        # Up to an event that steps back there is nothing to purge.
        starts = np.flatnonzero(np.diff(event, prepend=-1))
        ends = np.append(starts[1:], len(tag))
        begin = 0
        for start, end, at in zip(
            starts.tolist(), ends.tolist(), step[starts].tolist(), strict=True
        ):
            if at >= self.most_recent_step:
                self.most_recent_step = at
                self.most_recent_wall_time = float(wall_time[start])
                continue
            self._add_rows(tags, tag[begin:start], rows[begin:start])
            begin = start
            of_event = [tags[number] for number in tag[start:end].tolist()]
            self._purge(at, float(wall_time[start]), of_event)
        self._add_rows(tags, tag[begin:], rows[begin:])

    def _add_rows(self, tags: list[str], tag: Any, rows: Any) -> None:
        # Narrow integers are sorted in one pass.
        order = np.argsort(tag.astype(np.min_scalar_type(len(tags))), kind="stable")
        ends = np.bincount(tag, minlength=len(tags)).cumsum()
        for name, part in zip(tags, np.split(rows[order], ends[:-1]), strict=True):
            if len(part):
                self.scalars.add(name, part)

    def _has_session_logs(self) -> bool:
        """Whether restarts are logged in files of this version, so that steps need not tell."""
        return bool(self.file_version and self.file_version >= 2)

    def _purge(self, step: int, wall_time: float, tags: list[str]) -> None:
        """Drops the values of these tags, of all if one is empty, from `step` on; no tensors."""
        kinds = (
            self.scalars,
            self.histograms,
            self.compressed_histograms,
            self.images,
            self.audios,
        )
        counts = [sum(kind.purge(step, tag) for tag in tags) for kind in kinds]
        if any(counts):
            logger.warning(
                "A restart at step %s (%s), after step %s (%s): dropping %s scalars, %s histograms,"
                " %s compressed histograms, %s images and %s sounds from that step on.",
                step,
                wall_time,
                self.most_recent_step,
                self.most_recent_wall_time,
                *counts,
            )


def _histogram_event(wall_time: float, step: int, *value: Any) -> HistogramEvent:
    least, most, number, total, squares, limits, counts = value
    histogram = HistogramValue(
        least, most, number, total, squares, limits.tolist(), counts.tolist()
    )
    return HistogramEvent(wall_time, step, histogram)


def _tensor_event(wall_time: float, step: int, raw: bytes) -> TensorEvent:
    return TensorEvent(wall_time, step, message("Summary").FromString(raw).value[0].tensor)


def _version(text: str) -> float:
    try:
        return float(text.split("brain.Event:")[-1])
    except ValueError:
        logger.warning("The file's version is not known: %r", text)
        return -1


def _writer_name(writer: str) -> str | None:
    return writer if 0 < len(writer) <= _MAX_WRITER_NAME else None
