"""`tfevents tail`: values as they are written."""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections import deque
from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import typer

from tfevents._native import Event, Value
from tfevents._text import shown
from tfevents.cli import options
from tfevents.cli.draw import curves
from tfevents.cli.logs import Lost
from tfevents.cli.ls import NAMES
from tfevents.cli.output import (
    Quit,
    console,
    cut,
    is_terminal,
    number,
    print_json_line,
    warn,
    when,
)
from tfevents.reader import selection
from tfevents.reader.follower import follow
from tfevents.reader.log import Damage

# The number of last points of a curve that are drawn.
_MOST = 10_000
# The kinds whose strings are texts.
_TEXTS = ("texts", "tensors")
# Seconds between two drawings.
_PAUSE = 0.5


def command(
    path: options.Path,
    runs: options.Runs = None,
    tags: options.Tags = None,
    kinds: options.Kinds = None,
    steps: options.Steps = None,
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Begin with what was written before.")
    ] = False,
    timeout: Annotated[
        float | None, typer.Option(help="End after so many seconds without a new value.")
    ] = None,
    interval: Annotated[float, typer.Option(help="Seconds between looks at the files.")] = 0.1,
    plot: Annotated[
        bool, typer.Option("--plot", help="Draw the scalars, again and again.")
    ] = False,
    json: options.Json = False,
) -> int:
    """Follow new values.

    Values are shown as they are written, by any program. Ctrl-C ends it.

    \b
    tfevents tail runs
    tfevents tail runs --tags loss --plot
    tfevents tail runs --all --timeout 0 --json
    """
    if plot and json:
        raise ValueError("--plot can't be with --json")
    damage: list[Damage] = []
    found = _values(path, runs, tags, kinds, steps, everything, timeout, interval, plot, damage)
    lost = Lost()
    try:
        if plot:
            _draw(found, lost)
        else:
            _print(found, json, lost)
    except KeyboardInterrupt:
        return 0
    return int(bool(damage or lost.number))


Found = tuple[str, Event, Value, str]


def _values(
    path: str,
    runs: list[str] | None,
    tags: list[str] | None,
    kinds: list[str] | None,
    steps: str | None,
    everything: bool,
    timeout: float | None,
    interval: float,
    plot: bool,
    damage: list[Damage],
) -> Iterator[Found | None]:
    """The selected values of each event. None if nothing came for a moment.

    At the end, `damage` has what was skipped.
    """
    wants = selection.matcher("tags", options.patterns(tags))
    wanted = options.kinds(kinds)
    selection.kind_names(wanted)
    first, last = selection.step_bounds(options.steps(steps))
    events = follow(
        path,
        runs=options.patterns(runs),
        start="beginning" if everything or plot else "end",
        # The drawing is updated even if nothing more comes.
        timeout=min(_PAUSE, math.inf if timeout is None else timeout) if plot else timeout,
        interval=interval,
        on_corrupt="skip",
    )
    quiet = time.monotonic()
    with events, warnings.catch_warnings():
        warnings.showwarning = lambda message, *rest, **more: warn(str(message))
        warnings.simplefilter("always", RuntimeWarning)
        while True:
            for run, event in events:
                quiet = time.monotonic()
                for value in event.values if event.what == "summary" else ():
                    kind = NAMES.get(events._kind_of(run, value) or "", "other")
                    if (
                        (wants is None or wants(value.tag))
                        and (wanted is None or kind in wanted)
                        and first <= event.step <= last
                    ):
                        yield run, event, value, kind
            if not plot or (timeout is not None and time.monotonic() - quiet >= timeout):
                damage += events.damage
                return
            yield None


def _number(value: Value) -> float | None:
    """The number of a scalar."""
    found = value.value
    if isinstance(found, (int, float)):
        return float(found)
    if isinstance(found, np.ndarray) and found.size == 1 and found.dtype != object:
        return float(found.reshape(-1)[0])
    return None


def _print(found: Iterator[Found | None], json: bool, lost: Lost) -> None:
    is_cut = is_terminal()
    for one in found:
        if one is None:
            continue
        run, event, value, kind = one
        with lost.tell(run, f"tag {value.tag!r}", event.step):
            row = {
                "run": run,
                "tag": value.tag,
                "kind": kind,
                "step": event.step,
                "wall_time": event.wall_time,
                "value": _number(value) if kind == "scalars" else _text(value, kind),
            }
            if json:
                print_json_line(row)
            else:
                text = shown(_line(row))
                print(cut(text, console().width) if is_cut else text)
            sys.stdout.flush()


def _line(row: dict[str, Any]) -> str:
    what = row["value"]
    what = number(what) if isinstance(what, float) else f"({row['kind']}) {what or ''}"
    place = f"{when(row['wall_time'])}  {row['run']}  step {row['step']}  {row['tag']}"
    return f"{place}  {' '.join(what.split())}"


def _text(value: Value, kind: str) -> Any:
    """The text of a value, or its texts. The strings of other kinds are messages and pictures."""
    found: Any = value.value if kind in _TEXTS else None
    if not isinstance(found, np.ndarray) or found.dtype != object:
        return None
    texts = np.vectorize(_decoded, [object])(found) if found.size else found
    return texts.item() if texts.size == 1 else texts.tolist()


def _decoded(text: str | bytes) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text


def _draw(found: Iterator[Found | None], lost: Lost) -> None:
    """Draws the curves again if values came, at most every half a second."""
    points: dict[str, deque[tuple[int, float]]] = {}
    drawn, changed = 0.0, False
    clear = "\x1b[H\x1b[2J" if is_terminal() else ""
    for one in found:
        if one is not None:
            run, event, value, kind = one
            scalar = None
            if kind == "scalars":
                with lost.tell(run, f"tag {value.tag!r}", event.step):
                    scalar = _number(value)
            if scalar is not None:
                name = f"{run} {value.tag}"
                points.setdefault(name, deque(maxlen=_MOST)).append((event.step, scalar))
                changed = True
        if changed and clear and time.monotonic() - drawn >= _PAUSE:
            print(clear + _picture(points), flush=True)
            drawn, changed = time.monotonic(), False
    if not points:
        raise Quit(1, "no scalars came")
    if changed:
        print(clear + _picture(points))


def _picture(points: dict[str, deque[tuple[int, float]]]) -> str:
    lines = []
    for name, curve in points.items():
        both = np.array(curve, dtype=np.float64)
        lines.append((name, both[:, 0], both[:, 1]))
    return curves(lines)
