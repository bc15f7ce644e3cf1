"""Series of histograms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfevents import _native
from tfevents.series.columns import Columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Histogram:
    """One histogram.

    `edges` and `counts` are what TensorBoard shows (`_migrate_histogram_value` of its
    `data_compat.py`): the empty buckets at both ends are left out, and the outer edges are `min`
    and `max`. They are as `numpy.histogram` gives them, so that `plt.stairs(counts, edges)` draws
    them.

    Attributes:
        step: the step.
        wall_time: when it was logged, in seconds since the epoch.
        min, max, num, sum, sum_squares: as in `Histograms`.
        edges: float64[k + 1], the edges of the buckets; float64[0] where there are no buckets.
        counts: float64[k], how many values are in each bucket.
        bucket_limit: float64[m], the upper limits of all buckets as they are stored.
        bucket: float64[m], their counts.
    """

    step: int
    wall_time: float
    min: float
    max: float
    num: float
    sum: float
    sum_squares: float
    bucket_limit: NDArray[np.float64]
    bucket: NDArray[np.float64]
    _is_tensor: bool

    @property
    def edges(self) -> NDArray[np.float64]:
        start, end = self._shown()
        if start == end:
            return np.empty(0)
        return np.concatenate(([self.min], self.bucket_limit[start : end - 1], [self.max]))

    @property
    def counts(self) -> NDArray[np.float64]:
        start, end = self._shown()
        return self.bucket[start:end].copy()

    def rebin(self, edges: ArrayLike) -> NDArray[np.float64]:
        """How many values are in other buckets, were those of each of its own spread evenly.

        Args:
            edges: float64[m + 1], the edges of the buckets, increasing.

        Returns:
            float64[m], the counts. What lies beyond the edges is in none.

        Raises:
            ValueError: edges that do not increase.

        Example:
            >>> run.histograms["weights"][0].rebin([0, 1, 2, 3])
            array([1., 2., 1.])
        """
        own, counts = self.edges, self.counts
        edges = np.asarray(edges, float)
        # NaN is neither less nor greater.
        if edges.ndim != 1 or not len(edges) or not (edges[1:] >= edges[:-1]).all():
            raise ValueError(f"edges: expected increasing numbers, got {edges.tolist()!r:.60}")
        if not len(own):
            return np.zeros(len(edges) - 1)
        # A bucket without width, such as that of a histogram of one number, is a step.
        width = own[1:] > own[:-1]
        points = counts[~width], own[:-1][~width]
        found, _ = np.histogram(points[1], edges, weights=points[0])
        below = np.concatenate(([0], np.cumsum(np.where(width, counts, 0))))
        spread: NDArray[np.float64] = np.diff(np.interp(edges, own, below)) + found
        return spread

    def _shown(self) -> tuple[int, int]:
        if self._is_tensor:
            return 0, len(self.bucket)
        (filled,) = np.nonzero(self.bucket > 0)
        return (int(filled[0]), int(filled[-1]) + 1) if len(filled) else (0, 0)

    def __repr__(self) -> str:
        return (
            f"Histogram(step {self.step}, {self.num:g} values from {self.min:.6g} to "
            f"{self.max:.6g}, {len(self.counts)} buckets)"
        )

    def _repr_html_(self) -> str:
        from tfevents.analysis import notebook

        return notebook.histogram(self)


class Histograms(Columns[Histogram]):
    """All histograms under one tag, in the order of the files.

    Tensors of TensorFlow 2 say less of the values than others do: of these, `min` and `max` are the
    outer edges, `num` is the sum of the counts, and `sum` and `sum_squares` are NaN.

    All columns are read-only; a `.copy()` can be written to.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.
        min, max: float64[n], the least and the greatest value of each.
        num: float64[n], how many values each has.
        sum, sum_squares: float64[n], the sums of the values, and of their squares.
        bucket_limit, bucket: float64[m], the upper limits and the counts of the buckets of all
            histograms, one after the other, as they are stored.
        bucket_end: uint64[n], where the buckets of each histogram end among all.

    Example:
        >>> weights = run.histograms["weights"]
        >>> weights[0].edges, weights[0].counts
        (array([0., 1., 2., 3.]), array([1., 2., 1.]))
    """

    __slots__ = (
        *("max", "min", "num", "sum", "sum_squares"),
        *("bucket", "bucket_end", "bucket_limit"),
        "_tensors",
    )

    def __init__(self, data: _native.RunData, index: int) -> None:
        super().__init__(*data.times(index))
        columns, buckets, self._tensors = data.histograms(index)
        self.min, self.max, self.num, self.sum, self.sum_squares = columns
        self.bucket_end, self.bucket_limit, self.bucket = buckets

    def _item(self, index: int) -> Histogram:
        start = int(self.bucket_end[index - 1]) if index else 0
        buckets = slice(start, int(self.bucket_end[index]))
        return Histogram(
            *self._time(index),
            float(self.min[index]),
            float(self.max[index]),
            float(self.num[index]),
            float(self.sum[index]),
            float(self.sum_squares[index]),
            self.bucket_limit[buckets],
            self.bucket[buckets],
            index < len(self._tensors) and self._tensors[index],
        )

    def plot(self, *, most: int = 30, ax: Axes | None = None) -> Axes:
        """Draws their densities above each other, the first step at the back.

        Args:
            most: how many of them, evenly spaced.
            ax: where to draw; by default in a new figure.

        Raises:
            ImportError: matplotlib is not installed; `tfevents[plot]` installs it.

        Example:
            >>> weights.plot(most=10)  # doctest: +SKIP
        """
        from tfevents.analysis import plots

        return plots.ridge(self, most=most, ax=ax)

    def _repr_html_(self) -> str:
        from tfevents.analysis import notebook

        return notebook.series(self)

    def __repr__(self) -> str:
        last = f", last from {self.min[-1]:.6g} to {self.max[-1]:.6g}" if len(self) else ""
        return self._repr("histogram", "histograms", last)
