"""Replaces `tensorboard.backend.event_processing.event_accumulator`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfevents.compat import compressor
from tfevents.compat.accumulated import Accumulated, logger
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
"""The basis points of a normal distribution's minimum, of -1.5, -1, -0.5, 0, 0.5, 1 and 1.5
standard deviations, and of its maximum.
"""

DEFAULT_SIZE_GUIDANCE = {
    COMPRESSED_HISTOGRAMS: 500,
    IMAGES: 4,
    AUDIO: 4,
    SCALARS: 10000,
    HISTOGRAMS: 1,
    TENSORS: 10,
}
"""The number of values of a tag that are kept."""

STORE_EVERYTHING_SIZE_GUIDANCE = dict.fromkeys(DEFAULT_SIZE_GUIDANCE, 0)
"""All values are kept."""


class EventAccumulator(Accumulated):
    """Reads a run as TensorBoard's class of this name does, and returns the same values.

    Attributes:
        path: the event file, or the directory with event files.
        purge_orphaned_data: whether values are dropped that were written before a restart, for
            steps from its step on.
        scalars, histograms, compressed_histograms, images, audios, tensors: the values that are
            kept, by tag.
        most_recent_step, most_recent_wall_time: those of the last event that did not go backwards,
            in files without a version; -1 in others.
        file_version: the version in the file, a float; `None` if it has none.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        size_guidance: Mapping[str, int] | None = None,
        compression_bps: Sequence[float] = NORMAL_HISTOGRAM_BPS,
        purge_orphaned_data: bool = True,
    ) -> None:
        """Opens a file. Nothing is read before `Reload`.

        Args:
            path: an event file with `tfevents` in its name, or a directory with such files.
            size_guidance: the number of values of each tag that are kept, at random, by the name of
                the kind. 0 keeps all. Kinds that are not given are as in `DEFAULT_SIZE_GUIDANCE`.
            compression_bps: the basis points of `CompressedHistograms`.
            purge_orphaned_data: whether to drop values that were written before a restart, for
                steps from its step on.

        Raises:
            FileNotFoundError: the file does not exist.
            ValueError: the path is empty, or a number of values is negative.
        """
        super().__init__(path, purge_orphaned_data)
        sizes = {**DEFAULT_SIZE_GUIDANCE, **(size_guidance or {})}
        self.scalars = ScalarReservoir(sizes[SCALARS], ScalarEvent)
        self.histograms = Reservoir(sizes[HISTOGRAMS], _histogram_event)
        self.compressed_histograms = Reservoir(
            sizes[COMPRESSED_HISTOGRAMS], self._compressed, always_keep_last=False
        )
        self.images = Reservoir(sizes[IMAGES], ImageEvent)
        self.audios = Reservoir(sizes[AUDIO], AudioEvent)
        self.tensors = Reservoir(sizes[TENSORS], _tensor_event)
        self._compression_bps = compression_bps

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
        """The numbers of a tag. Raises a KeyError if there is none, as for the other kinds."""
        return self.scalars.Items(tag)

    def Histograms(self, tag: str) -> list[HistogramEvent]:
        """The histograms of a tag."""
        return self.histograms.Items(tag)

    def CompressedHistograms(self, tag: str) -> list[CompressedHistogramEvent]:
        """The histograms of a tag, each as its values at `compression_bps`."""
        return self.compressed_histograms.Items(tag)

    def Images(self, tag: str) -> list[ImageEvent]:
        """The pictures of a tag."""
        return self.images.Items(tag)

    def Audio(self, tag: str) -> list[AudioEvent]:
        """The sounds of a tag."""
        return self.audios.Items(tag)

    def Tensors(self, tag: str) -> list[TensorEvent]:
        """The tensors of a tag, as messages of TensorBoard, or of ours if it is not installed.
        Raises an ImportError without protobuf.
        """
        return self.tensors.Items(tag)

    def _compressed(self, wall_time: float, step: int, *value: Any) -> CompressedHistogramEvent:
        histogram = _histogram_event(wall_time, step, *value).histogram_value
        values = compressor.compress(histogram, self._compression_bps)
        return CompressedHistogramEvent(wall_time, step, values)

    def _add(self, item: tuple[Any, ...]) -> None:
        """Adds the items of `EventTail.load`."""
        if isinstance(item[0], list):
            self._add_scalars(*item)
            return
        wall_time, step, _, what, content = item
        self._note(item)
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
        """Adds the scalars of many events. All arguments but the first are columns."""
        if self._first_wall_time is None:
            self._first_wall_time = float(wall_time[0])
        rows = np.empty(len(tag), ROW)
        rows["wall_time"], rows["step"], rows["value"] = wall_time, step, value
        if not self.purge_orphaned_data or self._has_session_logs():
            self._add_rows(tags, tag, rows)
            return
        # Before an event that goes backwards there is nothing to purge.
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

    def _purge(self, step: int, wall_time: float, tags: list[str]) -> None:
        """Drops the values of these tags from `step` on, except tensors; of all tags if none is
        given.
        """
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
