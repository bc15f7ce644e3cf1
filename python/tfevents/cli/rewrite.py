"""`tfevents rewrite`: edited copies of logs."""

from __future__ import annotations

import re
import warnings
from typing import Annotated

import typer

from tfevents.cli import options
from tfevents.cli.logs import tell
from tfevents.cli.output import near, print_json, progress, size, warn
from tfevents.reader.run import count
from tfevents.rewriting import Pair, RewriteReport, Rewriting


def command(
    path: options.Path,
    output: Annotated[str, typer.Option("-o", "--output", help="The new file or directory.")],
    runs: options.Runs = None,
    tags: options.Tags = None,
    kinds: options.Kinds = None,
    steps: options.Steps = None,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Tags that go, as --tags has them.")
    ] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="A new tag, or /regex/=replacement; several."),
    ] = None,
    every: Annotated[
        int, typer.Option(min=1, help="Of so many values of a tag the first stays.")
    ] = 1,
    restarts: options.Restarts = "raw",
    merge: Annotated[
        bool, typer.Option("--merge", help="Make one file of those of a run.")
    ] = False,
    merge_runs: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OLD=NEW", help="A new run, in one file; runs of one name become one."
        ),
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option(metavar="TAG=RUN", help="A tag, or /regex/, that goes to a run of its own."),
    ] = None,
    cast: Annotated[
        list[str] | None,
        typer.Option(metavar="TYPE", help="Scalars as simple_value, tensor or float32."),
    ] = None,
    skip_damage: Annotated[
        bool, typer.Option("--skip-damage", help="Leave out what is damaged.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    json: options.Json = False,
) -> int:
    """Edit logs into new ones.

    Rename, drop, thin out, merge, split or convert. The files are not changed.

    \b
    tfevents rewrite runs -o clean --drop 'debug/*' --rename loss=train/loss
    tfevents rewrite runs -o thin --every 100 --kinds scalars
    tfevents rewrite runs/exp1 -o mended --merge --restarts last_wins
    tfevents rewrite runs -o one --merge-runs '/exp1-.*/=exp1'
    tfevents rewrite runs -o split --split '/^(train|val)/=\\1'
    """
    if merge and merge_runs:
        raise ValueError("--merge-runs makes one file of each run: leave out --merge")
    rewriting = Rewriting(
        path,
        output,
        runs=options.patterns(runs),
        tags=options.patterns(tags),
        kinds=options.kinds(kinds),
        steps=options.steps(steps),
        drop=options.patterns(drop),
        rename=_renaming("--rename", rename),
        every=every,
        restarts=restarts,
        merge=_renaming("--merge-runs", merge_runs) or merge,
        split=_renaming("--split", split),
        cast=cast,
        on_corrupt="skip" if skip_damage else "raise",
        overwrite=overwrite,
    )
    with (
        warnings.catch_warnings(record=True) as told,
        progress("rewriting", rewriting.total(), rewriting.done),
    ):
        warnings.simplefilter("always")
        report = rewriting.run()
    for warning in told:
        warn(str(warning.message))
    if not (report.files or told or report.skipped):
        warn(f"{path}: there are no runs")
    if json:
        print_json(_plain(report))
    elif report.files:
        _show(report)
    else:
        tell(report.damage, report.skipped)
    return int(bool(report.damage) or not report.files)


def _renaming(argument: str, given: list[str] | None) -> dict[str, str] | list[Pair] | None:
    """New names by old ones. With regular expressions among them, pairs for one after the other."""
    if not given:
        return None
    names: dict[str, str] = {}
    pairs: list[Pair] = []
    for one in given:
        if match := re.fullmatch(r"/(.+)/=(.*)", one, re.DOTALL):
            pairs.append((match[1], match[2]))
            continue
        old, sign, new = one.partition("=")
        if not sign or not old:
            raise ValueError(f"{argument}: expected OLD=NEW or /regex/=replacement, got {one!r}")
        names[old] = new
        pairs.append((rf"\A{re.escape(old)}\Z", new.replace("\\", r"\\")))
    return names if len(names) == len(pairs) else pairs


def _show(report: RewriteReport) -> None:
    changed = report.records - report.copied
    records, files = count(report.records, "record"), count(len(report.files), "file")
    print(f"{records} in {files} at {report.output}, {changed} changed")
    for why, values in report.left_out.items():
        print(f"left out by {why}: {count(values, 'value')}")
    if report.damage:
        print(f"damaged and left out: {size(sum(one.length for one in report.damage))}")
    if report.truncated:
        print(f"not finished and left out: {size(report.truncated)}")
    for skipped in report.skipped:
        print(f"left out: {near(skipped.path)} ({skipped.reason.replace('_', ' ')})")


def _plain(report: RewriteReport) -> dict[str, object]:
    return {
        **report._asdict(),
        "damage": [one._asdict() for one in report.damage],
        "skipped": [one._asdict() for one in report.skipped],
    }
