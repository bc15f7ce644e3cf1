"""Plots of logs, by matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tfevents._arguments import as_int
from tfevents._text import shown
from tfevents.analysis.aggregate import Align, By, Group, aligned, grouped, of
from tfevents.reader.run import Run
from tfevents.series import Audio, AudioClip, Histograms, Image, Images, PrCurve, Scalars
from tfevents.series.audio import decode_wav
from tfevents.series.scalars import as_weight

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D

Band = Literal["std", "sem", "minmax"] | None

# The greatest number of names in a legend.
_NAMED = 15

# The number of buckets of a ridge.
_BINS = 60


def axes(ax: Axes | None = None, size: tuple[float, float] = (7, 4)) -> Axes:
    """These axes, or those of a new figure.

    Raises:
        ImportError: matplotlib is not installed.
    """
    return several(1, 1, size)[0] if ax is None else ax


def several(rows: int, columns: int, size: tuple[float, float]) -> list[Axes]:
    """The axes of a new figure, row by row."""
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError(
            "to plot needs matplotlib: pip install 'tfevents[plot]'", name="matplotlib"
        ) from None
    _, made = pyplot.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    return list(made.flat)


def spread(count: int, most: int) -> list[int]:
    """At most so many of the indices up to a count, evenly chosen, the first and the last among
    them.
    """
    most = as_int(most, "most")
    if most < 0:
        raise ValueError(f"most must be at least 0, not {most}")
    chosen = np.unique(np.linspace(0, count - 1, min(most, count)).astype(int))
    return [int(row) for row in chosen]


def curves(
    runs: Mapping[str, Run],
    tag: str,
    *,
    by: By,
    smooth: float,
    band: Band,
    align: Align,
    every: int | None,
    ax: Axes | None,
) -> Axes:
    """A line a run or a group; see `Log.plot`."""
    if band not in ("std", "sem", "minmax", None):
        raise ValueError(f"band must be 'std', 'sem', 'minmax' or None, not {band!r}")
    smooth = as_weight(smooth, "smooth")
    if by is None:
        names, groups = grouped(runs, tag, lambda run: run.name)
    else:
        names, groups = grouped(runs, tag, by)
    is_plain = by is None and align == "union" and every is None
    # An argument that can't be used leaves no empty figure.
    means = [] if is_plain else list(aligned(groups, align, every, smooth))
    ax = axes(ax)
    before = len(ax.lines)
    if is_plain:
        for group in groups:
            line(group.series[0], smooth=smooth, ax=ax, label=_plain(group.label))
    for group, steps, values in means:
        _mean(ax, group, steps, values, band)
    ax.set(xlabel="step", ylabel=_plain(tag))
    if len(groups) > 1:
        labels = {_plain(group.label) for group in groups}
        drawn = [line for line in ax.lines[before:] if line.get_label() in labels]
        legend(ax, drawn, _plain(", ".join(names)) if by is not None else None)
    return ax


def legend(ax: Axes, drawn: Sequence[Line2D], title: str | None) -> Legend:
    """A legend of these lines and what else the axes have, which does not fill them."""
    from matplotlib.lines import Line2D

    # By itself, a legend leaves out names that begin with an underscore.
    handles = list(dict.fromkeys([*ax.get_legend_handles_labels()[0], *drawn]))
    if more := len(handles[_NAMED:]):
        rest = Line2D([], [], linestyle="none", label=f"… and {more + 1} more")
        handles[_NAMED - 1 :] = [rest]
    return ax.legend(handles=handles, title=title, fontsize="small" if len(handles) > 8 else None)


def _plain(name: str) -> str:
    """A name that matplotlib takes for no formula."""
    return shown(name).replace("$", r"\$")


def _mean(ax: Axes, group: Group, steps: Any, values: Any, band: Band) -> None:
    mean = of(values, "mean")
    (drawn,) = ax.plot(steps, mean, label=_plain(group.label), marker=marker(steps))
    if band is None or len(group.runs) == 1:
        return
    if band == "minmax":
        low, high = of(values, "min"), of(values, "max")
    else:
        # The spread is unknown at steps where only one run has a value.
        spread = np.nan_to_num(of(values, band))
        low, high = mean - spread, mean + spread
    ax.fill_between(steps, low, high, color=drawn.get_color(), alpha=0.2, linewidth=0)


def marker(steps: Any) -> str | None:
    """What shows a single point, of which there is no line."""
    return "." if len(steps) == 1 else None


def line(
    series: Scalars, *, smooth: float = 0.0, ax: Axes | None = None, label: str | None = None
) -> Axes:
    """A curve; where it is smoothed, what it is without that is drawn faintly behind it."""
    smooth = as_weight(smooth, "smooth")
    ax = axes(ax)
    shown = series.smooth(smooth) if smooth else series
    (drawn,) = ax.plot(shown.step, shown.value, label=label, marker=marker(shown.step))
    if smooth:
        ax.plot(series.step, series.value, color=drawn.get_color(), alpha=0.25, zorder=0.5)
    if label is None:
        ax.set(xlabel="step")
    return ax


def ridge(histograms: Histograms, *, most: int = 30, ax: Axes | None = None) -> Axes:
    """Densities above each other, the first step at the back, as TensorBoard has them."""
    rows = spread(len(histograms), most)
    ax = axes(ax, (6, 5))
    # This comes after `axes`, which says what to install.
    from matplotlib import colormaps

    low, high = _range(histograms, rows)
    # The buckets have the same width. In the buckets of a file, density would grow without bound
    # around 0.
    edges = np.linspace(low, high, _BINS + 1)
    densities = [histograms[row].rebin(edges) for row in rows]
    densities = [counts / (counts.sum() or 1) for counts in densities]
    tallest = max((density.max() for density in densities), default=0) or 1
    colors = colormaps["viridis"](np.linspace(0.1, 0.9, max(len(densities), 1)))
    x = np.concatenate([[low], (edges[:-1] + edges[1:]) / 2, [high]])
    for row, density in enumerate(densities):
        base = len(densities) - 1 - row
        # A ridge is high enough to overlap a few of those behind it.
        y = base + np.concatenate([[0], density, [0]]) * (max(len(densities) / 6, 1) / tallest)
        ax.fill_between(x, base, y, color=colors[row], alpha=0.8, zorder=row, linewidth=0)
        ax.plot(x, y, color="white", linewidth=0.7, zorder=row)
    places = spread(len(densities), 6)
    ax.set_yticks([len(densities) - 1 - p for p in places])
    ax.set_yticklabels([str(histograms.step[rows[p]]) for p in places])
    ax.set(xlabel="value", ylabel="step")
    return ax


def _range(histograms: Histograms, rows: Any) -> tuple[float, float]:
    """From the least to the greatest value of some histograms."""
    ends = np.concatenate([histograms.min[rows], histograms.max[rows]])
    finite = ends[np.isfinite(ends)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    return (low, high) if low < high else (low - 0.5, low + 0.5)


def picture(image: Image, index: int = 0, *, ax: Axes | None = None) -> Axes:
    """A picture; of one that moves the first frame."""
    ax = axes(ax, (4, 4))
    pixels = image.decode(index)
    pixels = pixels[0] if pixels.ndim == 4 else pixels
    if pixels.shape[2] == 2:
        # Matplotlib can't show grey with alpha.
        pixels = pixels[..., [0, 0, 0, 1]]
    grey = {"cmap": "gray", "vmin": 0, "vmax": 255} if pixels.shape[2] == 1 else {}
    ax.imshow(pixels, **grey)  # type: ignore[arg-type]
    ax.set(title=f"step {image.step}", xticks=[], yticks=[])
    return ax


def pictures(images: Images, *, most: int) -> list[Axes]:
    """The first picture of several steps, side by side."""
    rows = spread(len(images), most)
    if not rows:
        return []
    columns = min(len(rows), 4)
    lines = -(-len(rows) // columns)
    made = several(lines, columns, (2.2 * columns, 2.4 * lines))
    for ax in made[len(rows) :]:
        ax.remove()
    for row, ax in zip(rows, made, strict=False):
        image = images[row]
        if image.batch:
            picture(image, ax=ax)
        else:
            ax.set(title=f"step {image.step}: none", xticks=[], yticks=[])
    return made[: len(rows)]


def waveform(clip: AudioClip, index: int = 0, *, ax: Axes | None = None) -> Axes:
    """The samples of a sound over the seconds, a line a channel."""
    ax = axes(ax, (7, 2))
    samples, rate, bits = decode_wav(clip.batch[as_int(index, "index")])
    # Samples of 8 bits have their zero at 128.
    values = samples.astype(float) - (128 if bits == 8 else 0)
    ax.plot(np.arange(len(values)) / (rate or 1), values / 2 ** (bits - 1), linewidth=0.7)
    ax.set(title=f"step {clip.step}", xlabel="seconds", ylim=(-1.05, 1.05))
    return ax


def waveforms(audio: Audio, *, most: int) -> list[Axes]:
    """The first sound of several steps, one below the other."""
    rows = spread(len(audio), most)
    if not rows:
        return []
    made = several(len(rows), 1, (7, 1.8 * len(rows)))
    for row, ax in zip(rows, made, strict=True):
        clip = audio[row]
        if clip.batch:
            waveform(clip, ax=ax)
        else:
            ax.set(title=f"step {clip.step}: none")
    return made


def precision_recall(curves: Sequence[PrCurve], *, ax: Axes | None = None) -> Axes:
    """Precision over recall, a line a step."""
    ax = axes(ax, (5, 5))
    for curve in curves:
        ax.plot(curve.recall, curve.precision, label=f"step {curve.step}")
    ax.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    if len(curves):
        ax.legend()
    return ax
