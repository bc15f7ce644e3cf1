"""Precision-recall curves, for TensorBoard's "pr_curves" plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from tfevents import _native
from tfevents._arguments import as_count, warn
from tfevents._arrays import Mask, float_column, float_elements, with_mask
from tfevents._native import Summary

# A threshold needs six float32, and a message has less than 2 GiB.
_MOST_THRESHOLDS = (2**31 - 2**20) // 24


# TensorBoard keeps up to 100 steps of a curve. Its page gets them in one text with about 34 bytes
# for each threshold, and a text in a browser has at most 512 MiB.
_MOST_SHOWN = 100_000


def pr_curve(
    tag: str,
    labels: ArrayLike,
    predictions: ArrayLike,
    num_thresholds: SupportsIndex = 127,
    weights: ArrayLike | None = None,
) -> Summary:
    """The precision and recall of predictions at thresholds from 0 to 1.

    Args:
        tag: the tag.
        labels, predictions, num_thresholds, weights: as for `SummaryWriter.add_pr_curve`.

    Raises:
        TypeError, ValueError: an argument can't be used.

    Example:
        >>> summary = tfevents.summary.pr_curve("val/pr", [0, 1, 1], [0.2, 0.4, 0.9])
        >>> writer.file_writer.add_summary(summary, 10)
    """
    thresholds = as_count(num_thresholds, "num_thresholds", _MOST_THRESHOLDS)
    if thresholds > _MOST_SHOWN:
        _warn_of(thresholds, "num_thresholds")
    truth, no_truth = with_mask(labels, "labels")
    predicted, no_prediction = with_mask(predictions, "predictions")
    if truth.shape != predicted.shape:
        expected = f"expected the shape of labels, {list(truth.shape)}"
        raise ValueError(f"predictions: {expected}, got {list(predicted.shape)}")
    factors = None
    no_weight: Mask | None = None
    if weights is not None:
        given, no_weight = with_mask(weights, "weights")
        try:
            factors = np.broadcast_to(given, truth.shape)
            if no_weight is not None:
                no_weight = np.broadcast_to(no_weight, truth.shape)
        except ValueError as error:
            raise ValueError(f"weights: {error}") from error
    masks = [mask for mask in (no_truth, no_prediction, no_weight) if mask is not None]
    if masks:
        # An element that is masked in one of them is not part of the curve.
        there = ~np.logical_or.reduce(masks)
        truth, predicted = truth[there], predicted[there]
        factors = None if factors is None else factors[there]
    if factors is not None:
        factors = float_column(factors.ravel(), "weights")
        if not np.isfinite(factors).all():
            raise ValueError("weights: expected finite numbers")
    column = float_column(truth.ravel(), "labels")
    if column.size and not (column.min() >= 0 and column.max() <= 1):
        wrong = column[~((column >= 0) & (column <= 1))][0]
        raise ValueError(f"labels: expected numbers from 0 to 1, got {wrong}")
    summary, left_out = _native.pr_curve(
        tag, column, float_elements(predicted), factors, thresholds
    )
    if left_out:
        warn(f"{tag}: predictions that are not from 0 to 1 are left out of the PR curve")
    return summary


def pr_curve_raw(
    tag: str,
    tp: ArrayLike,
    fp: ArrayLike,
    tn: ArrayLike,
    fn: ArrayLike,
    precision: ArrayLike,
    recall: ArrayLike,
    num_thresholds: SupportsIndex = 127,
    weights: ArrayLike | None = None,
) -> Summary:
    """A curve that the caller has computed.

    Args:
        tag: the tag.
        tp, fp, tn, fn: true and false positives, true and false negatives, each of shape [n].
        precision, recall: of shape [n].
        num_thresholds: stored beside the curve. TensorBoard goes by n.
        weights: ignored, as by torch.

    Raises:
        TypeError, ValueError: an argument can't be used.

    Example:
        >>> counts = [2, 1], [1, 0], [0, 1], [0, 1]
        >>> summary = tfevents.summary.pr_curve_raw("pr", *counts, [0.67, 1.0], [1.0, 0.5])
        >>> writer.file_writer.add_summary(summary, 10)
    """
    rows = {"tp": tp, "fp": fp, "tn": tn, "fn": fn, "precision": precision, "recall": recall}
    return pr_curve_of_rows(tag, rows, num_thresholds)


def pr_curve_of_rows(
    tag: str, rows: Mapping[str, ArrayLike], num_thresholds: SupportsIndex
) -> Summary:
    """The six rows of a curve by the names that their arguments have."""
    thresholds = as_count(num_thresholds, "num_thresholds", _MOST_THRESHOLDS)
    columns = {argument: float_column(row, argument) for argument, row in rows.items()}
    (first, start), *others = columns.items()
    for argument, column in others:
        if len(column) != len(start):
            expected = f"expected {len(start)} numbers, as many as {first}"
            raise ValueError(f"{argument}: {expected}, got {len(column)}")
    if len(start) > _MOST_SHOWN:
        _warn_of(len(start), first)
    return _native.pr_curve_raw(tag, np.concatenate([*columns.values()]), thresholds)


def _warn_of(thresholds: int, argument: str) -> None:
    warn(
        f"{argument}: TensorBoard's page may not show the curve, {thresholds} thresholds are more "
        f"than the {_MOST_SHOWN} of which a browser can hold every step"
    )
