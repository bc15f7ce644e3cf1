"""The table of layouts of the custom scalars dashboard."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tfevents.series import Layouts
from tfevents.tables.columns import Lists
from tfevents.tables.kinds import KindTable


class LayoutTable(KindTable):
    """A table of layouts, with a row for each chart.

    Own columns: `category` is the heading. `closed` says whether its charts are hidden at first.
    `chart` is the title. `tags` is a list of regular expressions, for the tags of a `"Multiline"`
    chart. `margin_value`, `margin_lower` and `margin_upper` are lists of the tags of a `"Margin"`
    chart.
    """

    _KIND = "custom_scalars"
    _SERIES = Layouts
    _OWN: ClassVar = {
        "category": "text",
        "closed": "bool",
        "chart": "text",
        **dict.fromkeys(("tags", "margin_value", "margin_lower", "margin_upper"), "list[text]"),
    }

    def _values(self, series: Layouts, rows: range) -> tuple[NDArray[np.int64], dict[str, Any]]:
        layouts = [series[row].categories for row in rows]
        charts = [
            [(category, chart) for category in layout for chart in category.charts]
            for layout in layouts
        ]
        flat = [pair for layout in charts for pair in layout]
        own: dict[str, Any] = {
            "category": [category.title for category, _ in flat],
            "closed": np.array([category.closed for category, _ in flat], bool),
            "chart": [chart.title for _, chart in flat],
            "tags": Lists.of([chart.tags for _, chart in flat]),
        }
        for place, name in enumerate(("margin_value", "margin_lower", "margin_upper")):
            own[name] = Lists.of([[tags[place] for tags in chart.margins] for _, chart in flat])
        return np.array(list(map(len, charts)), np.int64), own
