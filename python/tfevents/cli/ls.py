"""`tfevents ls`: the runs of a log."""

from __future__ import annotations

from typing import Any

from tfevents.cli import options
from tfevents.cli.logs import native, read_log
from tfevents.cli.output import print_json, print_table, size, when
from tfevents.reader.log import Log
from tfevents.reader.run import KINDS

# The kinds by the names that `--kinds` has.
NAMES = {native: name for name, natives in KINDS.items() for native in natives}


def command(
    path: options.Path,
    runs: options.Runs = None,
    tags: options.Tags = None,
    kinds: options.Kinds = None,
    steps: options.Steps = None,
    restarts: options.Restarts = "raw",
    json: options.Json = False,
) -> int:
    """List runs, or tags.

    For each run it shows the number of tags and values, the first and last step and time, the size
    and the damage. With --tags it shows a row for each tag.

    \b
    tfevents ls runs
    tfevents ls runs --tags 'train/*' --kinds scalars
    """
    log = read_log(path, runs, tags, options.kinds(kinds), steps, restarts)
    rows = _tag_rows(log) if tags else _run_rows(log)
    if json:
        print_json(rows)
    elif tags:
        print_table(
            ["run", "tag", "kind", "values", "steps", "first", "last"],
            [
                [
                    row["run"],
                    row["tag"],
                    row["kind"],
                    str(row["values"]),
                    _span(row),
                    when(row["first_time"]),
                    when(row["last_time"]),
                ]
                for row in rows
            ],
            right="values",
        )
    else:
        print_table(
            ["run", "tags", "values", "steps", "size", "damage", "first", "last"],
            [
                [
                    row["run"],
                    str(row["tags"]),
                    str(row["values"]),
                    _span(row),
                    size(row["size"]),
                    size(row["damaged"]) if row["damaged"] else "",
                    "" if row["first_time"] is None else when(row["first_time"]),
                    "" if row["last_time"] is None else when(row["last_time"]),
                ]
                for row in rows
            ],
            right="tags values size damage",
            keep="damage" if log.damage else "",
        )
    if log.damage or (tags and not rows):
        raise SystemExit(1)
    return 0


def _span(row: dict[str, Any]) -> str:
    first, last = row["first_step"], row["last_step"]
    if first is None:
        return ""
    return str(first) if first == last else f"{first}–{last}"


def _tag_rows(log: Log) -> list[dict[str, Any]]:
    rows = []
    for run, data in native(log):
        for (tag, kind, values), extent in zip(data.summary(), data.extents(), strict=True):
            if extent is None:
                continue
            first, last, start, end = extent
            rows.append(
                {
                    "run": run,
                    "tag": tag,
                    "kind": NAMES.get(kind, kind),
                    "values": values,
                    "first_step": first,
                    "last_step": last,
                    "first_time": start,
                    "last_time": end,
                }
            )
    return rows


def _run_rows(log: Log) -> list[dict[str, Any]]:
    damaged: dict[str, int] = {}
    for one in log.damage:
        damaged[one.path] = damaged.get(one.path, 0) + one.length
    rows = []
    for run, data in native(log):
        tags, values, extent = data.overall()
        first_step, last_step, first_time, last_time = extent or (None,) * 4
        files, length = data.size()
        # Most logs have no damage, and names take long to complete.
        damage = sum(damaged.get(one, 0) for one in data.files()) if damaged else 0
        rows.append(
            {
                "run": run,
                "tags": tags,
                "values": values,
                "first_step": first_step,
                "last_step": last_step,
                "first_time": first_time,
                "last_time": last_time,
                "files": files,
                "size": length,
                "damaged": damage,
            }
        )
    return rows
