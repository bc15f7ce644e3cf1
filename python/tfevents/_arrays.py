"""Arrays and tensors of any package as the columns that the native module takes."""

from __future__ import annotations

from typing import Any, Literal

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
    array = as_array(values, argument)
    if array.ndim != 1:
        raise ValueError(f"{argument}: expected the shape [n], got {list(array.shape)}")
    if count is not None and len(array) != count:
        raise ValueError(f"{argument}: expected {count} items, as many as values, got {len(array)}")
    return array


def as_array(values: Any, argument: str) -> NDArray[Any]:
    """`values` as an array of numbers, or an error that names `argument`.

    Takes arrays and tensors of any package, wherever they live, numbers, and lists of these. Half
    precision that NumPy lacks (bfloat16) comes as float32 from torch, and as it is from others. No
    copy is made where none is needed: the array may be read-only, and in any memory order.
    """
    array = as_any_array(values, argument)
    # Types that NumPy lacks, bfloat16 say, are of kind V, like structures, which are np.void.
    kind = array.dtype.kind
    is_number = kind in "fiub" or (kind == "V" and array.dtype.type is not np.void)
    if not is_number:
        raise TypeError(f"{argument}: expected numbers, got an array of {array.dtype}")
    return array


def as_any_array(values: Any, argument: str) -> NDArray[Any]:
    """`values` as an array of whatever elements, as `as_array` takes it."""
    try:
        return _as_numpy(values)
    except Exception as error:
        # A tensor without data, one of several shapes, whatever an object's own conversion raises.
        refusal = TypeError if isinstance(error, TypeError) else ValueError
        raise refusal(f"{argument}: {error}") from error


def float_elements(
    array: NDArray[Any], order: Literal["C", "K"] = "C"
) -> NDArray[np.float32] | NDArray[np.float64]:
    """All numbers of an array, as float32 where it holds every one of the type, else as float64."""
    dtype = np.float32 if np.can_cast(array.dtype, np.float32) else np.float64
    return np.require(array.ravel(order), dtype, ["C", "A"])


def _as_numpy(values: Any) -> NDArray[Any]:
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":
            values = values.float()
        # A view that is negated or conjugated only when it is looked at.
        values = values.resolve_conj().resolve_neg()
    elif isinstance(values, (list, tuple)) and any(hasattr(item, "detach") for item in values):
        values = [_as_numpy(item) for item in values]
    elif hasattr(values, "get") and hasattr(values, "__cuda_array_interface__"):
        # CuPy's arrays leave the device only when they are told to.
        values = values.get()
    return np.asarray(values)
