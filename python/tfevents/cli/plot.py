"""`tfevents plot`: curves of scalars, in the terminal or in a file."""

from __future__ import annotations

import os
from typing import Annotated

import numpy as np
import typer

from tfevents._text import shown
from tfevents.cli import options
from tfevents.cli.draw import Numbers, curves, smoothed
from tfevents.cli.logs import no_tag, read_log
from tfevents.cli.output import Quit, print_json
from tfevents.reader.log import Log, path_of
from tfevents.remote.uri import is_uri

Line = tuple[str, Numbers, Numbers]


def command(
    path: options.Path,
    tag: Annotated[
        list[str] | None, typer.Argument(metavar="[TAG]...", help="Tags, as --tags has them.")
    ] = None,
    runs: options.Runs = None,
    tags: options.Tags = None,
    kinds: options.NoKinds = None,
    steps: options.Steps = None,
    restarts: options.Restarts = "last_wins",
    smooth: Annotated[
        float, typer.Option(min=0, max=0.999, help="Smoothing, as TensorBoard's: 0 is none.")
    ] = 0.0,
    x: Annotated[str, typer.Option("--x", help="step, relative (hours) or wall (hours).")] = "step",
    log_y: Annotated[bool, typer.Option("--log-y", help="A logarithmic axis.")] = False,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="A file: .png, .svg or .pdf.")
    ] = None,
    json: options.Json = False,
) -> int:
    """Draw curves of scalars.

    There is a curve for each run and tag. --kinds is refused, since only scalars have curves.

    \b
    tfevents plot runs loss
    tfevents plot runs 'loss/*' --runs 'exp*' --smooth 0.6 --log-y
    tfevents plot runs loss -o loss.png
    """
    options.refuse("a curve is made of scalars", kinds=kinds)
    if output is not None:
        if is_uri(output := path_of(output, "output")):
            raise ValueError("--output: a plot can't be written to a URI")
        if not os.path.splitext(output)[1]:
            # Matplotlib would write to another file.
            raise ValueError(f"--output: {output!r} says no format; it must end in .png, say")
        if not os.path.isdir(os.path.dirname(output) or "."):
            raise Quit(1, f"--output: there is no directory {os.path.dirname(output)}")
    if x not in ("step", "relative", "wall"):
        raise ValueError(f"--x: expected step, relative or wall, got {x!r}")
    chosen = [*(tag or []), *(tags or [])]
    log = read_log(path, runs, chosen, "scalars", steps, restarts, tells_tags=False)
    found = lines(log, x, smooth)
    if not found:
        said = f"; there is {no_tag(path, runs, chosen, 'scalars')}" if chosen else ""
        raise Quit(1, f"{path}: there are no such scalars{said}")
    label = "step" if x == "step" else "hours"
    if output is not None:
        _save(found, output, label, log_y)
    if json:
        rows = [{"name": name, "x": a.tolist(), "y": b.tolist()} for name, a, b in found]
        print_json(rows)
    elif output is None:
        print(curves(found, x_label=label, log_y=log_y))
    return 1 if log.damage else 0


def lines(log: Log, x: str = "step", smooth: float = 0.0) -> list[Line]:
    """The curves of a log by name. The name is the tag, the run or both, as needed to tell them
    apart.
    """
    found = [
        (run, tag, series)
        for run, scalars in log.scalars.items()
        for tag, series in scalars.items()
        if len(series)
    ]
    several_runs = len({run for run, _, _ in found}) > 1
    several_tags = len({tag for _, tag, _ in found}) > 1
    out: list[Line] = []
    for run, tag, series in found:
        name = f"{run} {tag}" if several_runs and several_tags else run if several_runs else tag
        at = series.step.astype(np.float64) if x == "step" else series.wall_time / 3600
        if x == "relative":
            at = at - at[0]
        y = smoothed(series.value, smooth) if smooth else series.value
        out.append((name, at, y))
    return out


def _save(found: list[Line], output: str, label: str, log_y: bool) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise Quit(2, "a plot in a file needs matplotlib: pip install 'tfevents[plot]'") from error
    from tfevents.analysis import plots

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    drawn = [
        axes.plot(at, y, label=shown(name), marker=plots.marker(at))[0] for name, at, y in found
    ]
    axes.set_xlabel(label)
    if log_y:
        axes.set_yscale("log")
    # A name with dollars is not a formula.
    for text in plots.legend(axes, drawn, None).get_texts():
        text.set_parse_math(False)
    figure.savefig(output)
