"""A PR curve of many predictions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.bench import Bench
from harness.check import WrongResult
from harness.measure import Row
from harness.methods import compared, fields, values

THRESHOLDS = 127


def log(labels: NDArray[Any], predictions: NDArray[Any], writer: Any, step: int) -> None:
    writer.add_pr_curve("quality", labels, predictions, step, THRESHOLDS)


def check(labels: NDArray[Any], predictions: NDArray[Any], directory: Path, steps: int) -> None:
    """Fails unless the file has the curve that a search in the sorted predictions gives."""
    places = np.floor(predictions * np.float32(THRESHOLDS - 1))
    below = [
        np.searchsorted(np.sort(places[labels == label]), np.arange(THRESHOLDS)) for label in (1, 0)
    ]
    (tn, fn), (positives, negatives) = below[::-1], [(labels == label).sum() for label in (1, 0)]
    tp, fp = positives - fn, negatives - tn
    curve = np.stack([tp, fp, tn, fn, tp / np.maximum(tp + fp, 1e-7), tp / positives])
    found = values(directory)
    if [(value.step, value.tag) for value in found] != [(s, "quality") for s in range(steps)]:
        raise WrongResult("the curves are not those that were logged")
    for value in found:
        numbers = np.frombuffer(fields(value.message[8][0])[5][0], np.float32)
        if not np.array_equal(numbers, curve.astype(np.float32).ravel()):
            raise WrongResult("a curve differs")


def rows(bench: Bench) -> Iterator[Row]:
    size = max(bench.points // 10, 100)
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, size)
    predictions = np.clip(rng.normal(0.4 + 0.2 * labels, 0.2), 0, 1).astype(np.float32)
    yield from compared(
        bench,
        f"`add_pr_curve` of {size:,}",
        partial(log, labels, predictions),
        partial(check, labels, predictions),
        steps=50,
        caller=4,
        cpu=4,
    )
