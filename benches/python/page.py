"""Writes the documentation's page of measurements and its chart from the results in JSON.

    python benches/python/run.py --json docs/benchmarks/all.json
    python benches/python/page.py

The chart needs matplotlib.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import report
from harness.measure import Row

DOCS = Path(__file__).parents[2] / "docs"
RUNS = DOCS / "benchmarks"
PAGE = DOCS / "benchmarks.md"
CHART = DOCS / "_static" / "benchmarks.svg"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"

# The chart's groups: a title, and for each name the figure and the peer of a row. Ours is in the
# first.
PANELS = [
    (
        "Log a scalar",
        {
            "torch": ("`add_scalar`, until all is written", "torch"),
            "tensorboardX": ("`add_scalar`, until all is written", "tensorboardX"),
        },
    ),
    (
        "Read a scalar",
        {
            "RustBoard": ("load 10 tags, torch's encoding", "RustBoard's load cycle"),
            "EventAccumulator": ("load 10 tags, torch's encoding", "EventAccumulator"),
            "tbparse": ("load 10 tags, torch's encoding", "tbparse"),
        },
    ),
    (
        "Start Python and import (CPU)",
        {
            "torch": ("import, CPU of the whole process", "torch"),
            "tensorboardX": ("import, CPU of the whole process", "tensorboardX"),
            "EventAccumulator": ("import, CPU of the whole process", "EventAccumulator"),
        },
    ),
]
UNITS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}


def runs() -> list[dict[str, Any]]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RUNS.glob("*.json"))]
    return [{**run, "rows": [Row(**row) for row in run["rows"]]} for run in found]


def tables() -> str:
    return "\n".join(
        report.table(run["rows"], f"Measured on {run['date']}: {run['machine']}") for run in runs()
    )


def page(text: str) -> str:
    """The page, with the tables between its marks."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{tables()}\n{END}{tail}"


def seconds(text: str) -> float:
    """The number and the unit of a text such as `22.3 µs/call`."""
    number, unit = re.match(r"([\d.]+) (\w+)/", text).groups()  # type: ignore[union-attr]
    return float(number) * UNITS[unit]


def bars() -> Iterator[tuple[str, list[tuple[str, float, str]]]]:
    rows = {(row.figure, row.peer): row for run in runs() for row in run["rows"]}
    for title, peers in PANELS:
        found = {name: rows[key] for name, key in peers.items() if key in rows}
        if not found:
            continue
        ours = next(iter(found.values())).ours
        shown = [("tfevents", seconds(ours), ours)]
        shown += [(name, seconds(row.theirs), row.theirs) for name, row in found.items()]
        yield title, shown


def chart() -> None:
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    # Text stays text, and the same results give the same file.
    style = {"svg.fonttype": "none", "svg.hashsalt": "tfevents", "font.size": 10}
    panels = list(bars())
    with plt.rc_context(style):
        figure, axes = plt.subplots(1, len(panels), figsize=(11, 2.4), layout="constrained")
        for axis, (title, shown) in zip(axes, panels, strict=True):
            names, values, texts = zip(*shown, strict=True)
            colors = ["#d9480f", *["#adb5bd"] * (len(names) - 1)]
            drawn = axis.barh(names, values, color=colors)
            axis.bar_label(drawn, [text.split("/")[0] for text in texts], padding=4)
            axis.set(xscale="log", title=title, xlim=(min(values) / 4, max(values) * 12))
            axis.invert_yaxis()
            axis.xaxis.set_visible(False)
            axis.tick_params(left=False)
            axis.spines[:].set_visible(False)
        figure.supxlabel("time, on a logarithmic scale: less is better", fontsize=9)
        figure.savefig(CHART, metadata={"Date": None}, facecolor="white")
        plt.close(figure)


if __name__ == "__main__":
    wanted = page(PAGE.read_text(encoding="utf-8"))
    if "--check" in sys.argv[1:]:
        sys.exit(wanted != PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(wanted, encoding="utf-8")
    chart()
