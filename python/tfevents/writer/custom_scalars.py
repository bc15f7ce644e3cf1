"""Methods that log layouts of the custom scalars dashboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tfevents import summary
from tfevents.summary.custom_scalars import single_chart
from tfevents.writer.base import BaseWriter


class CustomScalarMethods(BaseWriter):
    """The layout of TensorBoard's custom scalars dashboard, which shows a run's last one."""

    def add_custom_scalars(self, layout: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
        """Logs a layout of charts, before or after the scalars that they show.

        Args:
            layout: `{category: {title: [kind, tags]}}`. A chart of the kind `"Multiline"` has a
                line for each tag that one of `tags`, regular expressions, matches; one of the kind
                `"Margin"` has the line of one tag between those of its lower and its upper bound,
                in this order in `tags`.

        Raises:
            TypeError, ValueError: a layout that is none, and nothing is logged.

        Example:
            >>> both = ["Multiline", ["train/loss", "val/loss"]]
            >>> writer.add_custom_scalars({"Loss": {"both": both}})
        """
        self._add(summary.custom_scalars(layout))

    def add_custom_scalars_multilinechart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Logs a layout of one chart with a line for each of these tags.

        Args:
            tags: regular expressions; each tag that one of them matches has a line.
            category, title: what stands above the chart.

        Raises:
            TypeError, ValueError: an argument that can't be used, and nothing is logged.

        Example:
            >>> writer.add_custom_scalars_multilinechart(["train/loss", "val/loss"])
        """
        self._add(single_chart("Multiline", tags, category, title))

    def add_custom_scalars_marginchart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Logs a layout of one chart with the line of a tag between two bounds.

        Args:
            tags: the tags of the value, of its lower and of its upper bound.
            category, title: what stands above the chart.

        Raises:
            TypeError, ValueError: an argument that can't be used, and nothing is logged.

        Example:
            >>> writer.add_custom_scalars_marginchart(["loss", "loss/low", "loss/high"])
        """
        self._add(single_chart("Margin", tags, category, title))
