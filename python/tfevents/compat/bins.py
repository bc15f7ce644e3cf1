"""What tbparse computes from histograms: distributions, and counts in other bins.

A histogram has `counts` and `limits`, which have the same length: the number of values in each
bucket, and its right edge. The first bucket is empty, and ends where the second one begins.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def of_tensor(tensor: NDArray[Any]) -> dict[str, Any]:
    """The histogram in a tensor [buckets, 3] of left edges, right edges and counts."""
    table = np.asarray(tensor)
    if table.ndim != 2 or table.shape[1] != 3:
        raise ValueError(f"tensor must be [buckets, 3], not {list(table.shape)}")
    limits = np.concatenate([table[:1, 0], table[:, 1]])
    counts = np.concatenate([np.zeros_like(table[:1, 2]), table[:, 2]])
    return {
        "limits": limits,
        "counts": counts,
        "min": limits[0] if len(limits) else np.nan,
        "max": limits[-1] if len(limits) else np.nan,
        "num": counts.sum(),
        "sum": np.nan,
        "sum_squares": np.nan,
    }


def cdf(counts: ArrayLike, limits: ArrayLike, x: ArrayLike) -> NDArray[np.float64]:
    """The share of the values below each `x`, interpolated within buckets.

    Args:
        counts: [n], the number of values in each bucket. The first is 0.
        limits: [n], the right edge of each bucket, in ascending order.
        x: [m], in ascending order.
    """
    number, edges = _histogram(counts, limits)
    at = np.asarray(x, np.float64)
    if not (np.diff(at) > 0).all():
        raise ValueError("x must be increasing")
    below = number.cumsum()
    right = np.searchsorted(edges, at)
    inside = (right > 0) & (right < len(edges))
    share = np.where(right > 0, below[-1], 0.0)
    right = right[inside]
    width = edges[right] - edges[right - 1]
    part = (at[inside] - edges[right - 1]) / width
    share[inside] = below[right - 1] * (1 - part) + below[right] * part
    total: NDArray[np.float64] = share / below[-1]
    return total


def pdf(
    counts: ArrayLike, limits: ArrayLike, x: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The density between each two neighbours in `x`, after the middles between them.

    Args:
        counts, limits, x: as for `cdf`.
    """
    at = np.asarray(x, np.float64)
    return (at[1:] + at[:-1]) / 2, np.diff(cdf(counts, limits, at)) / np.diff(at)


def rebinned(
    counts: ArrayLike,
    limits: ArrayLike,
    lower_bound: float | None = None,
    upper_bound: float | None = None,
    n_bins: int = 30,
) -> tuple[list[float], list[float]]:
    """The middles of bins of equal width and the number of values in each, as in TensorBoard. The
    values of a bucket are spread evenly over it.

    Args:
        counts, limits: as for `cdf`.
        lower_bound, upper_bound: the ends of the bins; -1 and 1 if one of them is not given.
        n_bins: the number of bins.
    """
    number, edges = _histogram(counts, limits)
    if number[0]:
        raise ValueError(f"the first of counts must be 0, not {number[0]:g}")
    if lower_bound is None or upper_bound is None:
        lower_bound = upper_bound = 0.0
    if lower_bound == upper_bound:
        # Values without a spread get a spread of their own, as in TensorBoard.
        lower_bound, upper_bound = lower_bound / 1.1 - 1, upper_bound * 1.1 + 1
    width = (upper_bound - lower_bound) / n_bins
    # Bins in rows, buckets in columns.
    start = (lower_bound + width * np.arange(n_bins))[:, None]
    end = start + width
    left, right = np.maximum(edges[:-1], lower_bound), np.minimum(edges[1:], upper_bound)
    size = right - left
    overlap = np.minimum(right, end) - np.maximum(left, start)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(size > 0, np.maximum(overlap, 0) / size, 0.0)
    # A bucket without width belongs to one bin: the one that it lies in, or the next one if it lies
    # on an edge. The last bin includes its end.
    before_end = right < end
    before_end[-1] = True
    share[:, size <= 0] = ((start <= left) & before_end)[:, size <= 0]
    return (start + width / 2).ravel().tolist(), (share @ number[1:]).tolist()


def _histogram(
    counts: ArrayLike, limits: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    number, edges = np.asarray(counts, np.float64), np.asarray(limits, np.float64)
    if number.shape != edges.shape or number.ndim != 1 or not len(number):
        raise ValueError(
            f"counts and limits must be equally long, not {list(number.shape)} and "
            f"{list(edges.shape)}"
        )
    return number, edges
