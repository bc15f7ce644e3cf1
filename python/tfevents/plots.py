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
        raise ImportError("to plot needs matplotlib: pip install 'tfevents[plot]'") from None
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
    ax = axes(ax, (6, 5))
    chosen = np.unique(np.linspace(0, len(histograms) - 1, min(most, len(histograms))).astype(int))
    shapes = [(i, histograms[int(i)]) for i in chosen]
    densities = []
    for i, one in shapes:
        width = np.diff(one.edges)
        height = np.divide(one.counts, width, out=np.zeros(len(width)), where=width > 0)
        densities.append((i, one.edges, height / max(one.counts.sum(), 1)))
    tallest = max((height.max() for _, _, height in densities if len(height)), default=1) or 1
    from matplotlib import colormaps

    colors = colormaps["viridis"](np.linspace(0.1, 0.9, max(len(densities), 1)))
    for row, (_, edges, height) in enumerate(densities):
        if not len(height):
            continue
        base = len(densities) - 1 - row
        middles = (edges[:-1] + edges[1:]) / 2
        x = np.concatenate([edges[:1], middles, edges[-1:]])
        y = base + np.concatenate([[0], height, [0]]) * (3 / tallest)
        ax.fill_between(x, base, y, color=colors[row], alpha=0.8, zorder=row, linewidth=0)
        ax.plot(x, y, color="white", linewidth=0.7, zorder=row)
    places = np.unique(np.linspace(0, len(densities) - 1, min(6, len(densities))).astype(int))
    ax.set_yticks([len(densities) - 1 - p for p in places])
    ax.set_yticklabels([str(histograms.step[densities[p][0]]) for p in places])
    ax.set(xlabel="value", ylabel="step")
    return ax


def precision_recall(curves: Sequence[PrCurve], *, ax: Axes | None = None) -> Axes:
    """Precision over recall, a line a step."""
    ax = axes(ax, (5, 5))
    for curve in curves:
        ax.plot(curve.recall, curve.precision, label=f"step {curve.step}")
    ax.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.legend()
    return ax


def svg(ax: Axes) -> str:
    """The figure as SVG, closed."""
    import io

    from matplotlib import pyplot

    text = io.StringIO()
    figure = ax.get_figure()
    figure.savefig(text, format="svg")  # type: ignore[union-attr]
    pyplot.close(figure)  # type: ignore[arg-type]
    return text.getvalue()
