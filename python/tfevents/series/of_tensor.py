"""Converts tensors whose metadata name a kind, which is how TensorFlow 2 writes all kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfevents.series.audio import AudioClip
from tfevents.series.histograms import Histogram
from tfevents.series.images import Image
from tfevents.series.pr_curves import pr_curve


def of_tensor(kind: str | None, step: int, wall_time: float, array: NDArray[Any]) -> Any:
    """What an array is by the native name of its kind; itself where it does not fit."""
    made = None
    if kind in _MAKERS:
        made = _MAKERS[kind](step, wall_time, array)
    return array if made is None else made


def _scalar(_: int, __: float, array: NDArray[Any]) -> float | None:
    return float(array.item()) if array.size == 1 and array.dtype.kind in "fiubV" else None


def _text(_: int, __: float, array: NDArray[Any]) -> str | NDArray[Any] | None:
    if array.dtype != object:
        return None
    texts: list[str] = [item.decode(errors="replace") for item in array.ravel()]
    if len(texts) == 1:
        return texts[0]
    return np.array(texts, object).reshape(array.shape)


def _histogram(step: int, wall_time: float, array: NDArray[Any]) -> Histogram | None:
    if array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in "fiub":
        return None
    left, right, counts = np.ascontiguousarray(array.T, np.float64)
    ends = (float(left[0]), float(right[-1])) if len(left) else (np.nan, np.nan)
    number = float(counts.sum())
    return Histogram(step, wall_time, *ends, number, np.nan, np.nan, right, counts, True)


def _image(step: int, wall_time: float, array: NDArray[Any]) -> Image | None:
    if array.dtype != object or array.size < 2:
        return None
    width, height, *batch = array.ravel().tolist()
    try:
        return Image(step, wall_time, int(width), int(height), tuple(batch))
    except ValueError:
        return None


def _audio(step: int, wall_time: float, array: NDArray[Any]) -> AudioClip | None:
    if array.dtype != object:
        return None
    # Each sound may have a label beside it.
    rows = array.reshape(len(array), -1) if array.ndim and array.size else array.reshape(-1, 1)
    labelled = rows.shape[1] == 2
    labels = tuple(row[1].decode(errors="replace") if labelled else "" for row in rows)
    return AudioClip(step, wall_time, tuple(row[0] for row in rows), labels, "", None)


def _pr_curve(step: int, wall_time: float, array: NDArray[Any]) -> Any:
    try:
        return pr_curve(step, wall_time, array)
    except ValueError:
        return None


_MAKERS: dict[str | None, Callable[[int, float, NDArray[Any]], Any]] = {
    "scalar": _scalar,
    "text": _text,
    "histogram": _histogram,
    "image": _image,
    "audio": _audio,
    "pr_curve": _pr_curve,
}
