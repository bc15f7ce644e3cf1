"""Replaces `tensorboard.backend.event_processing.event_multiplexer`."""

from __future__ import annotations

from collections.abc import Mapping

from tfevents.compat.event_accumulator import (
    AudioEvent,
    CompressedHistogramEvent,
    EventAccumulator,
    HistogramEvent,
    ImageEvent,
    ScalarEvent,
)
from tfevents.compat.multiplexed import Multiplexed

__all__ = ["EventMultiplexer"]


class EventMultiplexer(Multiplexed[EventAccumulator]):
    """Reads many runs as TensorBoard's class of this name does. Each has an `EventAccumulator`.

    Example:
        >>> runs = EventMultiplexer().AddRunsFromDirectory("runs")  # doctest: +SKIP
        >>> runs.Reload().Scalars("exp1", "train/loss")  # doctest: +SKIP
    """

    def __init__(
        self,
        run_path_map: Mapping[str, str] | None = None,
        size_guidance: Mapping[str, int] | None = None,
        purge_orphaned_data: bool = True,
    ) -> None:
        """Adds runs. Nothing is read before `Reload`.

        Args:
            run_path_map: event files or directories, by the names of runs.
            size_guidance, purge_orphaned_data: as for `EventAccumulator`.
        """
        self.purge_orphaned_data = purge_orphaned_data
        self._size_guidance = size_guidance
        super().__init__(run_path_map)

    def _open(self, path: str) -> EventAccumulator:
        return EventAccumulator(
            path, self._size_guidance, purge_orphaned_data=self.purge_orphaned_data
        )

    def Scalars(self, run: str, tag: str) -> list[ScalarEvent]:
        """The scalars under a tag."""
        return self.GetAccumulator(run).Scalars(tag)

    def Histograms(self, run: str, tag: str) -> list[HistogramEvent]:
        """The histograms under a tag."""
        return self.GetAccumulator(run).Histograms(tag)

    def CompressedHistograms(self, run: str, tag: str) -> list[CompressedHistogramEvent]:
        """The histograms under a tag, as their values at the basis points."""
        return self.GetAccumulator(run).CompressedHistograms(tag)

    def Images(self, run: str, tag: str) -> list[ImageEvent]:
        """The pictures under a tag."""
        return self.GetAccumulator(run).Images(tag)

    def Audio(self, run: str, tag: str) -> list[AudioEvent]:
        """The sounds under a tag."""
        return self.GetAccumulator(run).Audio(tag)
