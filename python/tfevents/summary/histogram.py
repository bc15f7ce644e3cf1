"""Histograms: `HistogramProto` of TensorFlow's summary.proto."""

from __future__ import annotations

from typing import Any, SupportsFloat, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfevents import _native
from tfevents._arguments import as_count, warn
from tfevents._arrays import as_array, float_column, float_elements, with_mask
from tfevents._native import Summary, as_number


def histogram(
    name: str,
    values: ArrayLike,
    bins: str | SupportsIndex | ArrayLike = "tensorflow",
    max_bins: SupportsIndex | None = None,
) -> Summary:
    """A histogram of all elements of `values`.

    Args:
        name: the tag.
        values, bins, max_bins: as for `SummaryWriter.add_histogram`.

    Raises:
        TypeError, ValueError: an argument can't be used, or there is no value.

    Example:
        >>> summary = tfevents.summary.histogram("weights", rng.normal(size=(64, 64)))
        >>> writer.file_writer.add_summary(summary, 10)
    """
    array, mask = with_mask(values, "values")
    if array.size == 0:
        raise ValueError(f"values: expected at least one, got the shape {list(array.shape)}")
    if mask is not None:
        array = array[~mask]
    most = None if max_bins is None else as_count(max_bins, "max_bins")
    if isinstance(bins, str) and bins == "tensorflow":
        summary, left_out = _native.histogram(name, float_elements(array, "K"), most)
    else:
        numbers = array.ravel().astype(np.float64)
        finite = numbers[np.isfinite(numbers)]
        left_out = len(numbers) - len(finite)
        edges, counts = _counted(finite, bins)
        moments = _moments(finite)
        summary = _native.histogram_in_bins(name, moments, edges, counts, most)
    if left_out:
        warn(f"{name}: NaN and infinite values are left out of the histogram")
    return summary


def histogram_raw(
    name: str,
    min: SupportsFloat,
    max: SupportsFloat,
    num: SupportsFloat,
    sum: SupportsFloat,
    sum_squares: SupportsFloat,
    bucket_limits: ArrayLike,
    bucket_counts: ArrayLike,
) -> Summary:
    """A histogram that the caller has counted.

    Args:
        name: the tag.
        min, max, num, sum, sum_squares, bucket_limits, bucket_counts: as for
            `SummaryWriter.add_histogram_raw`.

    Raises:
        TypeError, ValueError: an argument can't be used.

    Example:
        >>> limits, counts = [1.0, 2.0], [3, 1]
        >>> summary = tfevents.summary.histogram_raw("h", 0.0, 2.0, 4, 3.5, 4.25, limits, counts)
        >>> writer.file_writer.add_summary(summary, 10)
    """
    limits = float_column(bucket_limits, "bucket_limits")
    counts = float_column(bucket_counts, "bucket_counts")
    if len(limits) != len(counts):
        expected = f"expected {len(limits)} numbers, one for each of bucket_limits"
        raise ValueError(f"bucket_counts: {expected}, got {len(counts)}")
    moments = (
        as_number(num, "num"),
        as_number(min, "min"),
        as_number(max, "max"),
        as_number(sum, "sum"),
        as_number(sum_squares, "sum_squares"),
    )
    return _native.histogram_raw(name, moments, limits, counts)


def _counted(
    finite: NDArray[np.float64], bins: str | SupportsIndex | ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The edges of the bins, and how many values each has."""
    chosen: Any = bins
    if not isinstance(bins, str):
        chosen = as_array(bins, "bins")
        if chosen.ndim == 0:
            chosen = as_count(chosen.item(), "bins")
        elif np.isnan(chosen).any():
            raise ValueError("bins: expected ascending edges, got NaN among them")
    try:
        counts, edges = np.histogram(finite, chosen)
    except (TypeError, ValueError, IndexError, MemoryError) as error:
        raise ValueError(f"bins: {error}") from error
    if not counts.size:
        raise ValueError(f"bins: expected at least two edges, got {len(edges)}")
    return edges.astype(np.float64), counts.astype(np.float64)


def _moments(finite: NDArray[np.float64]) -> tuple[float, float, float, float, float]:
    """Number, least, greatest, sum and sum of squares."""
    if not finite.size:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    squares = float(finite.dot(finite))
    return (
        float(finite.size),
        float(finite.min()),
        float(finite.max()),
        float(finite.sum()),
        squares,
    )
