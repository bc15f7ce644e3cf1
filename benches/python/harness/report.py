"""The table, as Markdown and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from importlib import metadata
from pathlib import Path

from harness.measure import Row
from harness.peers import PACKAGES

HEAD = ("Figure", "Against", "tfevents", "Peer", "Ratio (min–max)", "Required", "")

SAYING = """\
Contenders take turns, doing the same job, and what they did is checked each time. Times are medians
over the repetitions; a ratio is the median, the least and the most of the pairs' ratios."""


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table. Notes on the rows follow it."""
    return table(rows, machine())


def table(rows: Sequence[Row], about: str) -> str:
    notes = list(dict.fromkeys(row.note for row in rows if row.note and row.ours))
    cells_of = [HEAD, ("---",) * len(HEAD), *(cells(row, notes) for row in rows)]
    lines = [f"| {' | '.join(line)} |" for line in cells_of]
    lines += ["", SAYING, "", about, ""]
    lines += [f"{number}. {note}" for number, note in enumerate(notes, 1)]
    return "\n".join(lines).rstrip() + "\n"


def cells(row: Row, notes: Sequence[str]) -> tuple[str, ...]:
    if not row.ours:
        return row.figure, row.peer, row.note, "", "", row.required, verdict(row)
    mark = f" [{notes.index(row.note) + 1}]" if row.note else ""
    figures = row.ours, row.theirs, row.ratio, row.required
    return row.figure + mark, row.peer, *figures, verdict(row)


def verdict(row: Row) -> str:
    return {None: "", True: "met", False: "**MISSED**"}[row.met]


def machine() -> str:
    """The machine and the versions of this measurement. Without them the figures mean nothing."""
    packages = ["tfevents", "numpy", *PACKAGES]
    versions = [f"{name} {version}" for name in packages if (version := installed(name))]
    load = f"load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    parts = [processor(), f"{os.cpu_count()} cores", load, f"Python {platform.python_version()}"]
    return ", ".join([*filter(None, parts), *versions]) + "."


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def as_json(rows: Sequence[Row]) -> str:
    """All results, with every sample, in seconds a unit or in MiB."""
    about = {"date": date.today().isoformat(), "machine": machine()}
    return json.dumps({**about, "rows": [asdict(row) for row in rows]}, indent=1)
