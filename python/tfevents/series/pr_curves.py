"""Series of precision-recall curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tfevents.series.columns import Stored
from tfevents.series.tensors import as_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class PrCurve:
    """Precision and recall of a classifier at n thresholds, spread evenly from 0 to 1.

    Attributes:
        step: the step.
        wall_time: when it was logged, in seconds since the epoch.
        true_positives, false_positives, true_negatives, false_negatives: [n], how many predictions
            were right and wrong, at each threshold.
        precision, recall: [n], of these.
    """

    step: int
    wall_time: float
    true_positives: NDArray[np.floating]
    false_positives: NDArray[np.floating]
    true_negatives: NDArray[np.floating]
    false_negatives: NDArray[np.floating]
    precision: NDArray[np.floating]
    recall: NDArray[np.floating]

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """float64[n], the thresholds (`tensorboard/plugins/pr_curve/summary.py`)."""
        return np.linspace(0, 1, len(self.precision))

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draws precision over recall.

        Args:
            ax: where to draw; by default in a new figure.

        Raises:
            ImportError: matplotlib is not installed; `tfevents[plot]` installs it.

        Example:
            >>> run.pr_curves["pr"][-1].plot()  # doctest: +SKIP
        """
        from tfevents.analysis import plots

        return plots.precision_recall([self], ax=ax)

    def __repr__(self) -> str:
        return f"PrCurve(step {self.step}, {len(self.precision)} thresholds)"


def pr_curve(step: int, wall_time: float, table: NDArray[Any]) -> PrCurve:
    """The curve of a tensor."""
    # TensorBoard reads the first six rows of any numbers, and so does this.
    if table.ndim != 2 or len(table) < 6 or table.dtype.kind in "Oc":
        shape = list(table.shape)
        raise ValueError(f"a PR curve is numbers of shape [6, n], not {table.dtype} {shape}")
    if table.dtype.kind not in "fiu":
        table = table.astype(np.float32)
    return PrCurve(step, wall_time, *table[:6])


class PrCurves(Stored[PrCurve]):
    """All precision-recall curves under one tag, in the order of the files.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.

    Example:
        >>> run.pr_curves["pr"][0].recall
        array([1., 1., 0.], dtype=float32)
    """

    __slots__ = ()

    def _item(self, index: int) -> PrCurve:
        table = as_array(*self._data.tensor(self._index, index))
        return pr_curve(*self._time(index), table)

    def plot(self, *, most: int = 5, ax: Axes | None = None) -> Axes:
        """Draws precision over recall at several steps, evenly spaced.

        Args:
            most: the greatest number of steps.
            ax: where to draw; by default in a new figure.

        Raises:
            ImportError: matplotlib is not installed; `tfevents[plot]` installs it.

        Example:
            >>> run.pr_curves["pr"].plot(most=3)  # doctest: +SKIP
        """
        from tfevents.analysis import plots

        return plots.precision_recall([self[i] for i in plots.spread(len(self), most)], ax=ax)

    def __repr__(self) -> str:
        return self._repr("curve", "curves")
