"""`tfevents hparams`: trials and their results."""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer

from tfevents.analysis.trials import Choice, trial_value, trials
from tfevents.cli import options
from tfevents.cli.logs import Lost, no_tag, read_log
from tfevents.cli.output import Quit, number, print_json, print_table
from tfevents.reader.log import Log


def command(
    path: options.Path,
    runs: options.Runs = None,
    tags: options.Tags = None,
    kinds: options.NoKinds = None,
    steps: options.Steps = None,
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

    A trial is a run with hyperparameters. If add_hparams made it part of another run, the metrics
    of that run count too. Metrics are those that were named with the hyperparameters; --tags
    chooses others. The last value of a metric counts unless --metrics says otherwise: `best` is the
    least value of a loss or an error, and the greatest of others. With --steps only values at these
    steps count. --kinds is refused, since a trial consists of hyperparameters and scalars.

    \b
    tfevents hparams runs --sort accuracy --desc
    tfevents hparams runs --metrics best
    tfevents hparams runs --tags 'val/*'
    """
    options.refuse("a trial is made of hparams and scalars", kinds=kinds)
    log = read_log(path, runs, tags, ["hparams", "scalars"], steps, tells_tags=False)
    lost = Lost()
    found = rows_of(log, metrics, lost, every_tag=bool(tags))
    if not found:
        raise Quit(1, f"{path}: no run has hyperparameters")
    if tags and not any(one["metrics"] for one in found):
        raise Quit(1, f"{path}: no trial has such a metric; there is {no_tag(path, runs, tags)}")
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
        return int(bool(log.damage or lost.number))
    hparams = list(dict.fromkeys(name for one in found for name in one["hparams"]))
    columns = list(dict.fromkeys(name for one in found for name in one["metrics"]))
    # A trial that is part of a run has a name of its own.
    places = ["run"] if all(one["trial"] == one["run"] for one in found) else ["trial", "run"]
    rows = [
        [one[place] for place in places]
        + [_cell(one["hparams"].get(name)) for name in hparams]
        + [_cell(one["metrics"].get(name)) for name in columns]
        for one in found
    ]
    # A narrow terminal has no room for all columns, and trials are compared by this one.
    keep = sort or next(iter(columns), "")
    print_table([*places, *hparams, *columns], rows, keep=keep)
    return int(bool(log.damage or lost.number))


def rows_of(log: Log, choice: Choice, lost: Lost, every_tag: bool = False) -> list[dict[str, Any]]:
    """Each trial of `log.hparams`, with one value of each of its metrics."""
    for name, run in log.items():
        lost.tell_hparams(name, run)
    found = []
    for trial in trials(log):
        metrics = {
            column: trial_value(series, tag, choice)
            for tag in trial.tags(every=every_tag)
            for column, series in trial.series(tag).items()
            if any(map(len, series))
        }
        one = {"trial": trial.name, "run": trial.run, "hparams": dict(trial.hparams)}
        found.append({**one, "metrics": metrics, "status": log[trial.name].hparams.status})
    return found


def _of(one: dict[str, Any], name: str) -> Any:
    return one["metrics"].get(name, one["hparams"].get(name))


def _usable(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _key(value: Any) -> tuple[bool, Any]:
    # Numbers come before texts, since they can't be compared.
    return isinstance(value, str), value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return number(value) if isinstance(value, float) else str(value)
