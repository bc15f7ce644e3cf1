"""`tfevents hparams`: trials and what came of them."""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer

from tfevents.cli import options
from tfevents.cli.logs import read_log
from tfevents.cli.output import Quit, number, print_json, print_table
from tfevents.reader import Log


def command(
    path: options.Path,
    runs: options.Runs = None,
    tags: options.Tags = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="NAME", help="A metric or a hyperparameter.")
    ] = None,
    descending: Annotated[bool, typer.Option("--desc", help="The greatest first.")] = False,
    json: options.Json = False,
) -> int:
    """List trials and their metrics.

    A trial is a run with hyperparameters; of a metric the last value counts. Metrics are those that
    were named when the hyperparameters were logged; --tags chooses others.

    \b
    tfevents hparams runs --sort accuracy --desc
    tfevents hparams runs --tags 'val/*'
    """
    log = read_log(path, runs, tags, ["hparams", "scalars"])
    found = trials(log, every_tag=bool(tags))
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
    metrics = list(dict.fromkeys(name for one in found for name in one["metrics"]))
    rows = [
        [one["run"]]
        + [_cell(one["hparams"].get(name)) for name in hparams]
        + [_cell(one["metrics"].get(name)) for name in metrics]
        for one in found
    ]
    print_table(["run", *hparams, *metrics], rows)
    return 0


def trials(log: Log, every_tag: bool = False) -> list[dict[str, Any]]:
    """Each run with hyperparameters, and its metrics, which may be in runs below it."""
    found = []
    for name, run in log.items():
        if not run.hparams:
            continue
        metrics: dict[str, float] = {}
        for tag in _metrics(run.hparams.metrics, log, name, every_tag):
            for other in _below(log, name):
                scalars = log[other].scalars
                if tag in scalars and len(scalars[tag]):
                    metrics[tag] = float(scalars[tag].value[-1])
                    break
        one = {"run": name, "hparams": dict(run.hparams), "metrics": metrics}
        found.append({**one, "status": run.hparams.status})
    return found


def _metrics(named: list[str], log: Log, name: str, every_tag: bool) -> list[str]:
    if named and not every_tag:
        return named
    return list(dict.fromkeys(tag for run in _below(log, name) for tag in log[run].scalars))


def _below(log: Log, name: str) -> list[str]:
    """The run itself, and those below it that have no hyperparameters of their own."""
    prefix = "" if name == "." else f"{name}/"
    below = [run for run in log if run != name and run.startswith(prefix) and not log[run].hparams]
    return [name, *below]


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
