"""`tfevents verify`: damage in event files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tfevents.cli import options
from tfevents.cli.logs import file_sizes
from tfevents.cli.output import near, print_json, print_table, progress, size, warn
from tfevents.damage import FileReport, Report, verify_found
from tfevents.reader.finding import Found, finder
from tfevents.reader.log import roots
from tfevents.reader.run import count

WHOLE = "what is damaged has no tag, kind or step; choose among files by --runs"


def command(
    path: options.Path,
    runs: options.Runs = None,
    tags: options.NoTags = None,
    kinds: options.NoKinds = None,
    steps: options.NoSteps = None,
    json: options.Json = False,
) -> int:
    """Check every record.

    The exit code is 1 if there is damage. Whole files are checked, since damage has no tag, kind or
    step. So --tags, --kinds and --steps are refused.

    \b
    tfevents verify runs
    tfevents verify runs --runs 'exp*'
    """
    options.refuse(WHOLE, tags=tags, kinds=kinds, steps=steps)
    found, _ = find(path, runs)
    with files_done("verifying", found.files) as done:
        report = verify_found(found, done)
    show(report, json)
    return int(not report.ok or not report)


def find(path: str, runs: list[str] | None) -> tuple[Found, list[str]]:
    """The files of these runs, and where they are. Says so if there are none."""
    find = finder(*roots(path), options.patterns(runs), skip=True)
    found = find()
    if not found.files:
        warn(f"{path}: there are no runs" + (" of these names" if runs else ""))
    return found, find.inputs(found)


@contextmanager
def files_done(what: str, files: Iterable[str]) -> Iterator[Callable[[str], None]]:
    """Shows a bar of the files' bytes. Gives a function to call after each file."""
    sizes = file_sizes(files)
    read = 0

    def done(file: str) -> None:
        nonlocal read
        read += sizes.get(file, 0)

    with progress(what, sum(sizes.values()), lambda: read):
        yield done


def show(report: Report, json: bool) -> None:
    """Prints the damage, and what was done about it."""
    if json:
        print_json(_plain(report))
        return
    lost = sum(one.length for one in report.damage)
    title = f"{count(len(report), 'file')}, {count(report.records, 'good record')}"
    if lost:
        title += f", {size(lost)} damaged in {count(len(report.damage), 'place')}"
    print(title)
    rows = [
        [near(one.path), str(one.offset), str(one.length), one.kind.replace("_", " ")]
        for one in report.damage
    ]
    rows += [
        [near(file.path), str(_end(file)), str(file.truncated), "last record not finished"]
        for file in report
        if file.truncated
    ]
    rows += [[near(one.path), "", "", one.reason.replace("_", " ")] for one in report.skipped]
    if rows:
        print_table(["file", "offset", "bytes", "what"], rows, right="offset bytes", keep="what")


def _end(file: FileReport) -> int:
    """The offset of the unfinished record."""
    return file.size + sum(one.length for one in file.damage)


def _plain(report: Report) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "files": [
            {
                "path": file.path,
                "records": file.records,
                "size": file.size,
                "truncated": file.truncated,
                "output": file.output,
                "damage": [
                    {"offset": one.offset, "length": one.length, "kind": one.kind}
                    for one in file.damage
                ],
            }
            for file in report
        ],
        "skipped": [{"path": one.path, "reason": one.reason} for one in report.skipped],
    }
