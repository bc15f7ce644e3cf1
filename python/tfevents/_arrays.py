"""Arrays and tensors of any package as the columns that the native module takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def float_column(values: ArrayLike, argument: str, count: int | None = None) -> NDArray[np.float64]:
    """`values` as contiguous float64 of shape [count], or an error that names `argument`."""
    return np.require(_numbers(values, argument, count), np.float64, ["C", "A"])


def int_column(values: ArrayLike, argument: str, count: int | None = None) -> NDArray[np.int64]:
    """`values`, integers of whatever type, as contiguous int64 of shape [count]."""
    array = _numbers(values, argument, count)
    if array.dtype.kind not in "bi":
        # Looked at before the cast, which gives any number for what is out of range. Half
        # precision can't hold the limits.
        if array.dtype.kind != "u":
            array = array.astype(np.result_type(array, np.float64))
        fits = (
            array <= np.uint64(np.iinfo(np.int64).max)
            if array.dtype.kind == "u"
            else ((np.trunc(array) == array) & (array < 2.0**63) & (array >= -(2.0**63)))
        )
        if not fits.all():
            raise TypeError(f"{argument}: steps are integers of 64 bits, got {array[~fits][0]}")
    return np.require(array, np.int64, ["C", "A"])


def _numbers(values: Any, argument: str, count: int | None) -> NDArray[Any]:
    try:
        array = _as_numpy(values)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{argument}: {error}") from error
    # Types that NumPy lacks, bfloat16 say, are of kind V, like structures, which are np.void.
    kind = array.dtype.kind
    is_number = kind in "fiub" or (kind == "V" and array.dtype.type is not np.void)
    if not is_number:
        raise TypeError(f"{argument}: expected numbers, got an array of {array.dtype}")
    if array.ndim != 1:
        raise ValueError(f"{argument}: expected the shape [n], got {list(array.shape)}")
    if count is not None and len(array) != count:
        raise ValueError(f"{argument}: expected {count} items, as many as values, got {len(array)}")
    return array


def _as_numpy(values: Any) -> NDArray[Any]:
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":
            values = values.float()
    return np.asarray(values)
