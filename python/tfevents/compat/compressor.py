"""Histograms as values at given percentiles of the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfevents.compat.events import HistogramValue


def compress(histogram: HistogramValue, bps: Sequence[float]) -> list[tuple[float, float]]:
    """For each basis point (a hundredth of a percent), the value below which this share of the data
    is.

    Values are interpolated within buckets. The last of `bps` is taken as the whole of the data. The
    results equal those of TensorBoard (`tensorboard/plugins/distribution/compressor.py`) to the
    last bit.
    """
    if not histogram.num:
        return [(point, 0.0) for point in bps]
    counts = np.array(histogram.bucket)
    limits = histogram.bucket_limit
    below = (counts * bps[-1] / (counts.sum() or 1.0)).cumsum()
    values: list[tuple[float, float]] = []
    for point in bps:
        # This is the first bucket that is not empty and ends after the point.
        place = int(np.searchsorted(below, point, side="right"))
        while place < len(below) and below[place] == (below[place - 1] if place else 0.0):
            place += 1
        if place == len(below):
            # All remaining points get this value, even if they are different.
            values += [(rest, histogram.max) for rest in bps[len(values) :]]
            break
        if place >= len(limits):
            raise ValueError(f"a histogram of {len(counts)} buckets has {len(limits)} limits")
        before = below[place - 1] if place else 0.0
        left = max(limits[place - 1], histogram.min) if before else histogram.min
        right = min(limits[place], histogram.max)
        share = (point - before) * float(right - left) / (below[place] - before)
        values.append((point, left + share))
    return values
