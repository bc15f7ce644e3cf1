"""`tfevents repair`: copies of what is good."""

from __future__ import annotations

from typing import Annotated

import typer

from tfevents.cli import options
from tfevents.cli.verify import show
from tfevents.damage import repair as repair_files


def command(
    path: options.Path,
    output: Annotated[str, typer.Option("-o", "--output", help="The new file or directory.")],
    json: options.Json = False,
) -> int:
    """Copy all good records.

    The files stay as they are. The exit code is 1 where something was damaged.

    \b
    tfevents repair runs -o runs-repaired
    """
    report = repair_files(path, output)
    show(report, json)
    return int(not report.ok or not report)
