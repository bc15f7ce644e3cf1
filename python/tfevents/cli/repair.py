"""`tfevents repair`: copies of the good records."""

from __future__ import annotations

from typing import Annotated

import typer

from tfevents.cli import options
from tfevents.cli.verify import WHOLE, files_done, find, show
from tfevents.damage import repair_found
from tfevents.reader.log import path_of


def command(
    path: options.Path,
    output: Annotated[str, typer.Option("-o", "--output", help="The new file or directory.")],
    runs: options.Runs = None,
    tags: options.NoTags = None,
    kinds: options.NoKinds = None,
    steps: options.NoSteps = None,
    json: options.Json = False,
) -> int:
    """Copy all good records.

    The files are not changed. The exit code is 1 if there was damage. Whole files are copied, so
    --tags, --kinds and --steps are refused; `tfevents rewrite` has them.

    \b
    tfevents repair runs -o runs-repaired
    tfevents repair runs -o runs-repaired --runs 'exp*'
    """
    options.refuse(WHOLE, tags=tags, kinds=kinds, steps=steps)
    source, target = path_of(path), path_of(output, "output")
    found, inputs = find(source, runs)
    with files_done("repairing", found.files) as done:
        report = repair_found(found, inputs, target, done)
    show(report, json)
    return int(not report.ok or not report)
