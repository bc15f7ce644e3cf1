"""The layout of TensorBoard's custom scalars dashboard: charts of several tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tfevents import _native
from tfevents._arguments import as_mapping, as_sequence
from tfevents._native import Summary, as_text

Chart = tuple[str, list[str] | tuple[str, str, str]]


def custom_scalars(layout: Mapping[str, Mapping[str, Sequence[Any]]]) -> Summary:
    """A layout: charts by their titles, by the titles of their categories.

    Args:
        layout: `{category: {title: [kind, tags]}}`. The `tags` of a `"Multiline"` chart are
            regular expressions: the chart has a line for each tag that one of them matches. The
            `tags` of a `"Margin"` chart are three: the tag of the line, of its lower bound and of
            its upper bound. The case of a kind does not matter.

    Raises:
        TypeError, ValueError: the layout can't be used; the message names the chart.

    Example:
        >>> charts = {"both": ["Multiline", ["loss/train", "loss/val"]]}
        >>> summary = tfevents.summary.custom_scalars({"Losses": charts})
        >>> writer.file_writer.add_summary(summary)
    """
    categories = [
        (as_text(category, "layout: a key"), _charts(charts, f"layout[{category!r}]"))
        for category, charts in as_mapping(layout, "layout").items()
    ]
    return _native.custom_scalars(categories)


def single_chart(kind: str, tags: Sequence[str], category: str, title: str) -> Summary:
    """A layout of one chart."""
    chart = (as_text(title, "title"), _tags(kind, tags, "tags"))
    return _native.custom_scalars([(as_text(category, "category"), [chart])])


def _charts(charts: Any, argument: str) -> list[Chart]:
    return [
        (as_text(title, f"{argument}: a key"), _chart(chart, f"{argument}[{title!r}]"))
        for title, chart in as_mapping(charts, argument).items()
    ]


def _chart(chart: Any, argument: str) -> list[str] | tuple[str, str, str]:
    if not isinstance(chart, (list, tuple)) or len(chart) != 2:
        raise TypeError(
            f"{argument}: expected a kind and a list of tags, got {type(chart).__name__}"
        )
    kind, tags = chart
    return _tags(as_text(kind, f"{argument}[0]"), tags, f"{argument}[1]")


def _tags(kind: str, tags: Any, argument: str) -> list[str] | tuple[str, str, str]:
    """The tags of a chart; three of them in a tuple are those of a margin."""
    texts = [as_text(tag, f"{argument}[{i}]") for i, tag in enumerate(as_sequence(tags, argument))]
    if kind.lower() == "multiline":
        return texts
    if kind.lower() != "margin":
        raise ValueError(f'{argument}: tags of a "Multiline" or "Margin" chart, not {kind!r:.60}')
    if len(texts) != 3:
        raise ValueError(
            f"{argument}: a margin takes the tags of the value, of the lower and of the upper "
            f"bound, got {len(texts)} tags"
        )
    value, lower, upper = texts
    return value, lower, upper
