"""`tfevents hparams`: trials and what came of them."""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer

from tfevents.cli import options
from tfevents.cli.logs import read_log
from tfevents.cli.output import Quit, number, print_json, print_table
from tfevents.trials import Choice, trials


def command(
    path: options.Path,
    runs: options.Runs = None,
    tags: options.Tags = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="NAME", help="A metric or a hyperparameter.")
    ] = None,
    descending: Annotated[bool, typer.Option("--desc", help="The greatest first.")] = False,
    metrics: Annotated[
        Choice, typer.Option("--metrics", help="The value of a metric that counts.")
    ] = "last",
    json: options.Json = False,
) -> int:
    """List trials and their metrics.

    A trial is a run with hyperparameters. Metrics are those that were named when the
    hyperparameters were logged; --tags chooses others. Of the values of a metric the last counts,
    or what --metrics says: `best` is the least of what a loss or an error is called, and the
    greatest of others.

    \b
    tfevents hparams runs --sort accuracy --desc
    tfevents hparams runs --metrics best
    tfevents hparams runs --tags 'val/*'
    """
    log = read_log(path, runs, tags, ["hparams", "scalars"])
    found: list[dict[str, Any]] = [
        {
            "run": trial.name,
            "hparams": dict(trial.hparams),
            "metrics": trial.values(trial.all_tags() if tags else trial.tags(), metrics),
            "status": log[trial.name].hparams.status,
        }
        for trial in trials(log)
    ]
    if not found:
        raise Quit(1, f"{path}: no run has hyperparameters")
    if sort is not None:
        known = {name for one in found for name in (*one["hparams"], *one["metrics"])}
        if sort not in known:
            raise ValueError(f"--sort: there is no {sort!r}; there are {', '.join(sorted(known))}")
        present = [one for one in found if _usable(_of(one, sort))]
        absent = [one for one in found if not _usable(_of(one, sort))]
        present.sort(key=lambda one: _key(_of(one, sort)), reverse=descending)
        found = present + absent
    if json:
        print_json(found)
        return 0
    hparams = list(dict.fromkeys(name for one in found for name in one["hparams"]))
    columns = list(dict.fromkeys(name for one in found for name in one["metrics"]))
    rows = [
        [one["run"]]
        + [_cell(one["hparams"].get(name)) for name in hparams]
        + [_cell(one["metrics"].get(name)) for name in columns]
        for one in found
    ]
    print_table(["run", *hparams, *columns], rows)
    return 0


def _of(one: dict[str, Any], name: str) -> Any:
    return one["metrics"].get(name, one["hparams"].get(name))


def _usable(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _key(value: Any) -> tuple[bool, Any]:
    # Numbers before texts, which are not compared.
    return isinstance(value, str), value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return number(value) if isinstance(value, float) else str(value)
