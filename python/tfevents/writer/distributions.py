"""Methods that log histograms and PR curves."""

from __future__ import annotations

from functools import cached_property
from typing import Any, SupportsFloat, SupportsIndex

from numpy.typing import ArrayLike

from tfevents import summary
from tfevents._arguments import WallTime
from tfevents.summary.pr_curve import pr_curve_of_rows
from tfevents.writer.base import BaseWriter


class DistributionMethods(BaseWriter):
    """What is known of many numbers at once."""

    @cached_property
    def default_bins(self) -> Any:
        """The edges of `add_histogram`'s bins, a list of 1549 floats; may be set to whatever its
        `bins` takes.
        """
        return _default_bins()

    def add_histogram(
        self,
        tag: str,
        values: ArrayLike,
        global_step: SupportsIndex | None = None,
        bins: str | SupportsIndex | ArrayLike = "tensorflow",
        walltime: WallTime | None = None,
        max_bins: SupportsIndex | None = None,
    ) -> None:
        """Logs a histogram of all elements of an array.

        Args:
            tag: its name.
            values: real numbers, of any shape.
            global_step: an integer of 64 bits.
            bins: `"tensorflow"`: `default_bins`, unless that is set, edges at 0 and
                ±1e-12 · 1.1^i up to 1e20. Else what
                `numpy.histogram` takes: the name of a rule such as `"auto"`, a number of bins, or
                ascending edges, of shape [bins + 1].
            walltime: seconds since the epoch, or a `datetime`; by default now.
            max_bins: where there are more bins they are merged in groups of `bins // max_bins`.

        NaN and infinities are left out of everything, with a `RuntimeWarning`; where nothing else
        is there, a histogram of no values is logged. Values outside of the bins are in the
        histogram's least, greatest, number and sums, but in no bin.

        Raises:
            TypeError, ValueError: an argument that can't be used, or no value;
                nothing is logged then.

        Example:
            >>> writer.add_histogram("weights", rng.normal(size=(64, 64)), 10)
        """
        if isinstance(bins, str) and bins == "tensorflow" and "default_bins" in vars(self):
            mine = self.default_bins
            if not isinstance(mine, list) or mine != _default_bins():
                bins = mine
        self._add(summary.histogram(tag, values, bins, max_bins), global_step, walltime)

    def add_histogram_raw(
        self,
        tag: str,
        min: SupportsFloat,
        max: SupportsFloat,
        num: SupportsFloat,
        sum: SupportsFloat,
        sum_squares: SupportsFloat,
        bucket_limits: ArrayLike,
        bucket_counts: ArrayLike,
        global_step: SupportsIndex | None = None,
        walltime: WallTime | None = None,
    ) -> None:
        """Logs a histogram that the caller has counted.

        Args:
            tag: its name.
            min, max: the least and the greatest value.
            num: how many values there are.
            sum, sum_squares: their sum, and the sum of their squares.
            bucket_limits: each bucket's upper limit, of shape [n].
            bucket_counts: how many values each bucket has, of shape [n].
            global_step: an integer of 64 bits.
            walltime: seconds since the epoch, or a `datetime`; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> limits, counts = [1.0, 2.0], [3, 1]
            >>> writer.add_histogram_raw("h", 0.0, 2.0, 4, 3.5, 4.25, limits, counts, 10)
        """
        histogram = summary.histogram_raw(
            tag, min, max, num, sum, sum_squares, bucket_limits, bucket_counts
        )
        self._add(histogram, global_step, walltime)

    def add_pr_curve(
        self,
        tag: str,
        labels: ArrayLike,
        predictions: ArrayLike,
        global_step: SupportsIndex | None = None,
        num_thresholds: SupportsIndex = 127,
        weights: ArrayLike | None = None,
        walltime: WallTime | None = None,
    ) -> None:
        """Logs the precision and recall of predictions at thresholds from 0 to 1.

        Args:
            tag: its name.
            labels: what is so, from 0 (or False) to 1 (or True), of any shape.
            predictions: the probability that was predicted, from 0 to 1, of the same shape.
            global_step: an integer of 64 bits.
            num_thresholds: how many thresholds, evenly spaced, at least 1.
            weights: how much each element counts, by default 1; of a shape that broadcasts to
                theirs.
            walltime: seconds since the epoch, or a `datetime`; by default now.

        A prediction that is NaN or belongs to no threshold is left out, with a `RuntimeWarning`.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> writer.add_pr_curve("val/pr", labels=[0, 1, 1], predictions=[0.2, 0.4, 0.9])
        """
        curve = summary.pr_curve(tag, labels, predictions, num_thresholds, weights)
        self._add(curve, global_step, walltime)

    def add_pr_curve_raw(
        self,
        tag: str,
        true_positive_counts: ArrayLike,
        false_positive_counts: ArrayLike,
        true_negative_counts: ArrayLike,
        false_negative_counts: ArrayLike,
        precision: ArrayLike,
        recall: ArrayLike,
        global_step: SupportsIndex | None = None,
        num_thresholds: SupportsIndex = 127,
        weights: ArrayLike | None = None,
        walltime: WallTime | None = None,
    ) -> None:
        """Logs a curve that the caller has computed.

        Args:
            tag: its name.
            true_positive_counts, false_positive_counts: at each threshold, of shape [n].
            true_negative_counts, false_negative_counts: likewise.
            precision, recall: likewise.
            global_step: an integer of 64 bits.
            num_thresholds: stored beside the curve. TensorBoard goes by n.
            weights: ignored, as by torch.
            walltime: seconds since the epoch, or a `datetime`; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> counts = [2, 1], [1, 0], [0, 1], [0, 1]
            >>> writer.add_pr_curve_raw("pr", *counts, precision=[0.67, 1.0], recall=[1.0, 0.5])
        """
        rows = {
            "true_positive_counts": true_positive_counts,
            "false_positive_counts": false_positive_counts,
            "true_negative_counts": true_negative_counts,
            "false_negative_counts": false_negative_counts,
            "precision": precision,
            "recall": recall,
        }
        self._add(pr_curve_of_rows(tag, rows, num_thresholds), global_step, walltime)


def _default_bins() -> list[float]:
    """Computed as others compute it, so that each is the same float."""
    above, edge = [], 1e-12
    while edge < 1e20:
        above.append(edge)
        edge *= 1.1
    return [*(-edge for edge in reversed(above)), 0, *above]
