"""Drawing in a terminal: curves, histograms, pictures."""

from __future__ import annotations

import math
import re
import shutil
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tfevents._extras import module
from tfevents._text import shown
from tfevents.cli.output import Quit, console, cut, is_terminal

if TYPE_CHECKING:
    from tfevents.series.histograms import Histogram

Numbers = NDArray[np.float64]

# More points than this can't be seen in a terminal.
_MOST = 2000

_COLORS = ("cyan", "yellow", "magenta", "green", "red", "blue", "white")
# What colours text.
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def has_colors() -> bool:
    """Whether the output is a terminal with colours, and `NO_COLOR` is not set."""
    if not is_terminal():
        return False
    return console().color_system is not None and not console().no_color


def curves(
    lines: list[tuple[str, Numbers, Numbers]], *, x_label: str = "step", log_y: bool = False
) -> str:
    """Curves as text, by name, x and y. Without colours, each has a letter."""
    figure = module("plotille", "a plot in the terminal", "cli").Figure()
    width, height = shutil.get_terminal_size((80, 24))
    figure.with_colors = has_colors()
    figure.color_mode = "names"
    # The drawing is narrower by 12 columns and the numbers of the axis, and lower by the axes and a
    # line for each name.
    figure.width = max(width - 12 - len(f"-> ({x_label})"), 20)
    figure.height = min(max(height - len(lines) - 8, 8), 40)
    figure.x_label = x_label
    figure.origin = False
    figure.x_ticks_fkt = lambda low, high: _tick(low, 4, 9)
    figure.y_ticks_fkt = lambda low, high: _tick(_power(low) if log_y else low, 5, 10)
    drawn, ends = 0, []
    for name, x, y in lines:
        can_be = np.isfinite(x) & np.isfinite(y) & ((y > 0) | (not log_y))
        x, y = _fewer(x[can_be], y[can_be])
        if len(x):
            color = _COLORS[drawn % len(_COLORS)] if figure.with_colors else None
            letter = None if figure.with_colors or len(lines) == 1 else _LETTERS[drawn % 26]
            # The axis is longer than what it shows, and its length is a number, too.
            y = np.log10(y) if log_y else np.clip(y, -4e307, 4e307)
            # The sign of the line and a blank come before it.
            label = cut(shown(name), width - 4)
            figure.plot(x.tolist(), y.tolist(), label=label, lc=color, marker=letter)
            drawn += 1
            ends += [float(x.min()), float(x.max())]
    if not drawn:
        raise Quit(1, "there is nothing that can be drawn")
    rows = _rows(figure, min(ends), max(ends))
    # The width of the axis depends on its numbers.
    over = max(len(_STYLE.sub("", row)) for row in rows[: len(rows) - drawn]) - width
    if over > 0:
        figure.width = max(figure.width - over, 20)
        rows = _rows(figure, min(ends), max(ends))
    return "\n".join(rows)


def _power(exponent: float) -> float:
    """A power of ten. The axis goes on beyond the greatest number."""
    try:
        return math.pow(10, exponent)
    except OverflowError:
        return math.inf


def _tick(value: float, digits: int, room: int) -> str:
    """A number in as many digits as there is room for. What is longer would lose its end."""
    texts = (f"{value:.{number}g}" for number in range(digits, 0, -1))
    return next((text for text in texts if len(text) <= room), "")


def _rows(figure: Any, low: float, high: float) -> list[str]:
    """The drawing of curves between these values of x."""
    if low < high:
        # A column is two dots wide. A point at the limit itself would fall beyond the last dot.
        dots = 2 * figure.width
        figure.set_x_limits(low, low + (high - low) * dots / (dots - 1))
    drawing: str = figure.show(legend=True)
    # Rows end in blanks of Braille. The first row is for a label of y, which there is not. The
    # names have a heading, which they do not need.
    rows = [row.rstrip("\u2800 ") for row in drawing.splitlines()[1:]]
    return [row for row in rows if row not in ("", "Legend:", "-------")]


def _fewer(x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
    """The least and the greatest of each stretch of many points. They look the same as all
    points.
    """
    if len(x) <= _MOST:
        return x, y
    stretches = np.array_split(np.arange(len(x)), _MOST // 2)
    chosen = [at[[int(y[at].argmin()), int(y[at].argmax())]] for at in stretches]
    at = np.unique(np.concatenate(chosen))
    return x[at], y[at]


def smoothed(y: Numbers, weight: float) -> Numbers:
    """An exponential moving average without the bias of its start, as TensorBoard's charts have."""
    last, mass = 0.0, 0.0
    out = np.empty_like(y)
    for at, value in enumerate(y.tolist()):
        if np.isfinite(value):
            last = last * weight + (1 - weight) * value
            mass = mass * weight + (1 - weight)
        out[at] = last / mass if mass and np.isfinite(value) else value
    return out


def histogram(one: Histogram, most: int = 12) -> str:
    """A bar for each of several buckets of the same width. Values are spread evenly over their
    buckets.
    """
    edges, counts = one.edges, one.counts
    if not len(counts):
        return "(empty)"
    with np.errstate(all="ignore"):
        # The buckets of a histogram have any widths, and people compare equal ones.
        even = np.linspace(edges[0], edges[-1], most + 1)
        grows = (np.diff(edges) >= 0).all() and (np.diff(even) >= 0).all() and even[0] < even[-1]
        spread = one.rebin(even) if grows else counts
        if grows and np.isfinite(spread).all():
            edges, counts = even, spread
        elif len(counts) > most:
            # Where some have no end, each bar stands for several.
            at = np.linspace(0, len(counts), most + 1).astype(int)
            edges, counts = edges[at], np.add.reduceat(counts, at[:-1])
    labels = [f"{a:.4g} to {b:.4g}" for a, b in pairwise(edges)]
    width = max(map(len, labels))
    columns, _ = shutil.get_terminal_size()
    room = max(10, min(50, columns - width - 22))
    top = float(counts[np.isfinite(counts)].max(initial=0)) or 1.0
    rows = []
    for label, count in zip(labels, counts.tolist(), strict=True):
        share = 0 if math.isnan(count) else min(max(count / top, 0), 1)
        eighths = round(8 * room * share)
        bar = "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
        rows.append(f"{label:>{width}}  {bar} {count:.4g}")
    return "\n".join(rows)


def picture(image: Any, index: int = 0) -> None:
    """Draws one picture of a batch, with two pixels in each character, if the output is a terminal
    with colours.
    """
    if not has_colors() or console().color_system not in ("truecolor", "256"):
        print("      (a terminal with colours would show it)")
        return
    out = console()
    from rich.color import Color
    from rich.segment import Segment, Segments
    from rich.style import Style

    try:
        pixels = image.decode(index)
    except (ValueError, ImportError, OSError) as error:
        print(f"      (it can't be shown: {error})")
        return
    if pixels.ndim == 4:
        pixels = pixels[0]  # the first frame
    if pixels.shape[-1] in (1, 2):
        pixels = np.repeat(pixels[..., :1], 3, axis=-1)
    height, width = pixels.shape[:2]
    columns = min(width, max(1, out.width - 8), 80)
    rows = max(2, round(height * columns / width) // 2 * 2)
    at_y = np.arange(rows) * height // rows
    at_x = np.arange(columns) * width // columns
    small = pixels[at_y][:, at_x, :3].tolist()
    segments = []
    for top, bottom in zip(small[::2], small[1::2], strict=True):
        segments.append(Segment("      "))
        for above, below in zip(top, bottom, strict=True):
            style = Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below))
            segments.append(Segment("▀", style))
        segments.append(Segment.line())
    out.print(Segments(segments), end="")
