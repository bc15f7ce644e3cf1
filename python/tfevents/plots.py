"""Pictures of what was logged, by matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tfevents.aggregate import Align, By, Group, aligned, grouped, of
from tfevents.run import Run
from tfevents.series import Histograms, PrCurve, Scalars

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Band = Literal["std", "sem", "minmax"] | None

# How many buckets a ridge has.
_BINS = 60


def axes(ax: Axes | None = None, size: tuple[float, float] = (7, 4)) -> Axes:
    """These axes, or those of a new figure.

    Raises:
        ImportError: matplotlib is not installed.
    """
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError(
            "to plot needs matplotlib: pip install 'tfevents[plot]'", name="matplotlib"
        ) from None
    _, made = pyplot.subplots(figsize=size, layout="constrained")
    return made


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
    if by is None:
        names, groups = grouped(runs, tag, lambda run: run.name)
    else:
        names, groups = grouped(runs, tag, by)
    ax = axes(ax)
    if by is None and align == "union":
        for group in groups:
            line(group.series[0], smooth=smooth, ax=ax, label=group.label)
    else:
        for group, steps, values in aligned(groups, align, every, smooth):
            _mean(ax, group, steps, values, band)
    ax.set(xlabel="step", ylabel=tag)
    if len(groups) > 1:
        ax.legend(title=", ".join(names) if by is not None else None)
    return ax


def _mean(ax: Axes, group: Group, steps: Any, values: Any, band: Band) -> None:
    mean = of(values, "mean")
    (drawn,) = ax.plot(steps, mean, label=group.label)
    if band is None or len(group.runs) == 1:
        return
    if band == "minmax":
        low, high = of(values, "min"), of(values, "max")
    else:
        # Where a single run goes on, nothing is known of how runs differ.
        spread = np.nan_to_num(of(values, band))
        low, high = mean - spread, mean + spread
    ax.fill_between(steps, low, high, color=drawn.get_color(), alpha=0.2, linewidth=0)


def line(
    series: Scalars, *, smooth: float = 0.0, ax: Axes | None = None, label: str | None = None
) -> Axes:
    """A curve; where it is smoothed, what it is without that is drawn faintly behind it."""
    ax = axes(ax)
    shown = series.smooth(smooth) if smooth else series
    (drawn,) = ax.plot(shown.step, shown.value, label=label)
    if smooth:
        ax.plot(series.step, series.value, color=drawn.get_color(), alpha=0.25, zorder=0.5)
    if label is None:
        ax.set(xlabel="step")
    return ax


def ridge(histograms: Histograms, *, most: int = 30, ax: Axes | None = None) -> Axes:
    """Densities above each other, the first step at the back, as TensorBoard has them."""
    from matplotlib import colormaps

    ax = axes(ax, (6, 5))
    rows = np.unique(np.linspace(0, len(histograms) - 1, min(most, len(histograms))).astype(int))
    low, high = _range(histograms, rows)
    # Buckets of one width, since in those of a file density grows without bound around 0.
    edges = np.linspace(low, high, _BINS + 1)
    densities = [histograms[int(row)].rebin(edges) for row in rows]
    densities = [counts / (counts.sum() or 1) for counts in densities]
    tallest = max((density.max() for density in densities), default=0) or 1
    colors = colormaps["viridis"](np.linspace(0.1, 0.9, max(len(densities), 1)))
    x = np.concatenate([[low], (edges[:-1] + edges[1:]) / 2, [high]])
    for row, density in enumerate(densities):
        base = len(densities) - 1 - row
        # High enough to reach over a few of those behind.
        y = base + np.concatenate([[0], density, [0]]) * (max(len(densities) / 6, 1) / tallest)
        ax.fill_between(x, base, y, color=colors[row], alpha=0.8, zorder=row, linewidth=0)
        ax.plot(x, y, color="white", linewidth=0.7, zorder=row)
    places = np.unique(np.linspace(0, len(densities) - 1, min(6, len(densities))).astype(int))
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


def precision_recall(curves: Sequence[PrCurve], *, ax: Axes | None = None) -> Axes:
    """Precision over recall, a line a step."""
    ax = axes(ax, (5, 5))
    for curve in curves:
        ax.plot(curve.recall, curve.precision, label=f"step {curve.step}")
    ax.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.legend()
    return ax
