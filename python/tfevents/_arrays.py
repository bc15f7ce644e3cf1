"""Converts arrays and tensors of any package to the arrays that the native module accepts."""

from __future__ import annotations

from typing import Any, Literal, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfevents._extras import imported
from tfevents._native import as_number, as_wall_time
from tfevents._pictures import colours, is_picture

Mask = NDArray[np.bool_]


def float_column(values: ArrayLike, argument: str, count: int | None = None) -> NDArray[np.float64]:
    """`values` as contiguous float64 of shape [count], or an error that names `argument`."""
    return np.require(_column(as_array(values, argument), argument, count), np.float64, ["C", "A"])


def float_points(values: ArrayLike, argument: str) -> tuple[NDArray[np.float64], Mask | None]:
    """The same, and which of them are masked; None where none is."""
    array, mask = with_mask(values, argument)
    return np.require(_column(array, argument, None), np.float64, ["C", "A"]), mask


def int_column(values: ArrayLike, argument: str, count: int | None = None) -> NDArray[np.int64]:
    """`values`, integers of whatever type, as contiguous int64 of shape [count]."""
    array = _column(as_array(values, argument), argument, count)
    if array.dtype.kind not in "bi":
        # The range is checked before the cast, which gives any number for values out of range. Half
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


def time_column(values: ArrayLike, argument: str, count: int) -> NDArray[np.float64]:
    """`values`, seconds since the epoch or times, as contiguous float64 of shape [count]."""
    array, mask = _with_mask_of_any(values, argument)
    if array.dtype.kind == "O" and any(hasattr(item, "timestamp") for item in array.flat):
        items = [as_wall_time(item, argument) for item in array.flat]
        array = np.array(items, np.float64).reshape(array.shape)
    elif array.dtype.kind == "M":
        array = _seconds(array, argument)
    else:
        array, mask = _numbers(array, mask, argument)
    column = _column(_unmasked(array, mask, argument), argument, count)
    return np.require(column, np.float64, ["C", "A"])


def number(value: Any, argument: str) -> float:
    """The one element of an array; NaN where it is masked."""
    array, mask = with_mask(value, argument)
    return float("nan") if mask is not None else _single(array, argument)


def unmasked_number(value: Any, argument: str) -> Any:
    """The one element of an array, a step or a time, which nothing masked is."""
    array = as_array(value, argument)
    return _single(array.astype(np.float64) if array.dtype.kind == "f" else array, argument)


def wall_time(value: Any, argument: str) -> float:
    """The one time of an array, in seconds since the epoch."""
    array, mask = _with_mask_of_any(value, argument)
    return float(_single(_seconds(_unmasked(array, mask, argument), argument), argument))


def as_array(
    values: Any, argument: str, masked: Literal["refused", "zero", "nan"] = "refused"
) -> NDArray[Any]:
    """`values` as an array of numbers, or an error that names `argument`.

    Takes arrays and tensors of any package, wherever they live, numbers, and lists of these. Types
    that NumPy lacks come as the narrowest that it has and that holds all their values. No copy is
    made where none is needed: the array may be read-only, and in any memory order.

    Args:
        masked: what becomes of masked elements, which are no values.
    """
    array, mask = with_mask(values, argument)
    return _unmasked(array, mask, argument, masked)


def with_mask(values: Any, argument: str) -> tuple[NDArray[Any], Mask | None]:
    """The same, and which elements are masked; None where none is."""
    return _numbers(*_with_mask_of_any(values, argument), argument)


def as_any_array(values: Any, argument: str) -> NDArray[Any]:
    """`values` as an array of whatever elements, as `as_array` takes it.

    Numbers among Python's objects make an array of numbers. Masked floats are NaN. bfloat16 stays,
    alone of the types that NumPy lacks.
    """
    array, mask = _with_mask_of_any(values, argument)
    are_objects = array.dtype.kind == "O" and array.size > 0
    if are_objects and not any(isinstance(item, (str, bytes)) for item in array.flat):
        array, mask = _of_objects(array, mask, argument)
    if array.dtype.name != "bfloat16":
        array = _of_numpy(array)
    masked: Literal["refused", "nan"] = "nan" if array.dtype.kind in "fcV" else "refused"
    return _unmasked(array, mask, argument, masked)


def float_elements(
    array: NDArray[Any], order: Literal["C", "K"] = "C"
) -> NDArray[np.float32] | NDArray[np.float64]:
    """All numbers of an array, as float32 where it holds every one of the type, else as float64."""
    dtype = np.float32 if np.can_cast(array.dtype, np.float32) else np.float64
    return np.require(array.ravel(order), dtype, ["C", "A"])


def _column(array: NDArray[Any], argument: str, count: int | None) -> NDArray[Any]:
    if array.ndim != 1:
        raise ValueError(f"{argument}: expected the shape [n], got {list(array.shape)}")
    if count is not None and len(array) != count:
        raise ValueError(f"{argument}: expected {count} items, as many as values, got {len(array)}")
    return array


def _single(array: NDArray[Any], argument: str) -> Any:
    if array.size != 1:
        shape = list(array.shape)
        raise ValueError(f"{argument}: expected one element, got an array of shape {shape}")
    return array.reshape(()).item()


def _seconds(times: NDArray[Any], argument: str) -> NDArray[np.float64]:
    """Seconds since the epoch."""
    if np.isnat(times).any():
        raise ValueError(f"{argument}: expected times, got NaT among them")
    seconds: NDArray[np.float64] = (times - np.datetime64(0, "s")) / np.timedelta64(1, "s")
    return np.asarray(seconds)


def _unmasked(
    array: NDArray[Any],
    mask: Mask | None,
    argument: str,
    masked: Literal["refused", "zero", "nan"] = "refused",
) -> NDArray[Any]:
    if mask is None:
        return array
    if masked == "refused":
        raise ValueError(f"{argument}: expected numbers, got masked elements, which are none")
    if masked == "zero":
        return np.where(mask, np.zeros((), array.dtype), array)
    return np.where(mask, np.full((), np.nan, array.dtype), array)


def _numbers(
    array: NDArray[Any], mask: Mask | None, argument: str
) -> tuple[NDArray[Any], Mask | None]:
    """Real numbers of NumPy's own types."""
    if array.dtype.kind == "O":
        array, mask = _of_objects(array, mask, argument)
    array = _of_numpy(array)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{argument}: expected numbers, got an array of {array.dtype}")
    return array, mask


def _of_numpy(array: NDArray[Any]) -> NDArray[Any]:
    """The same values in a type of NumPy's own, of which `ml_dtypes` adds others."""
    if array.dtype.isbuiltin != 2:
        return array
    for dtype in (np.int8, np.float32):
        if np.can_cast(array.dtype, dtype):
            return array.astype(dtype)
    return array.astype(np.complex64)


def _of_objects(
    array: NDArray[Any], mask: Mask | None, argument: str
) -> tuple[NDArray[Any], Mask | None]:
    """The numbers that Python's objects are."""
    items = array.ravel().tolist()
    missing = [_is_missing(item) for item in items]
    if any(missing):
        missed = np.array(missing).reshape(array.shape)
        mask = missed if mask is None else mask | missed
    if mask is not None:
        items = [0 if gone else item for item, gone in zip(items, mask.flat, strict=True)]
    if array.ndim == 0 and not hasattr(items[0], "__float__"):
        raise TypeError(f"{argument}: expected numbers, got {type(items[0]).__name__}")
    numbers = None
    # If the elements are lists or arrays, such as columns of Arrow, there are more dimensions.
    if all(isinstance(item, (int, float, complex, np.ndarray)) for item in items):
        try:
            numbers = np.array(items)
        except ValueError as error:
            raise ValueError(f"{argument}: {error}") from error
    if numbers is None or numbers.dtype.kind == "O":
        numbers = np.array([as_number(item, argument) for item in items], np.float64)
    return numbers.reshape(array.shape + numbers.shape[1:]), mask


def _is_missing(item: object) -> bool:
    """Whether it is what NumPy or pandas has in the place of a value."""
    return type(item).__name__ in ("MaskedConstant", "NAType")


def _with_mask_of_any(values: Any, argument: str) -> tuple[NDArray[Any], Mask | None]:
    try:
        array = _as_numpy(values)
    except Exception as error:
        # The tensor may have no data or several shapes, and an object's own conversion may raise
        # anything.
        refusal = TypeError if isinstance(error, TypeError) else ValueError
        raise refusal(f"{argument}: {error}") from error
    mask = None
    if _is_masked(array):
        # A structure has a mask for each of its fields.
        mask = array.mask if array.dtype.names is None and array.mask.any() else None
        array = array.data
        if mask is not None:
            mask = np.broadcast_to(mask, array.shape)
    return array, mask


def _is_masked(array: object) -> bool:
    # If there is a masked array, the module was imported.
    masked = imported("numpy.ma", "MaskedArray")
    return masked is not None and isinstance(array, masked)


def _as_numpy(values: Any) -> Any:
    """An array of NumPy, or a masked one."""
    if type(values) is np.ndarray or _is_masked(values):
        return values
    if isinstance(values, (str, bytes)):
        return np.asarray(values)
    if isinstance(values, (list, tuple)):
        return _of_items(values)
    if hasattr(values, "detach"):
        return _of_tensor(values)
    if is_picture(values):
        return colours(values)
    if hasattr(values, "__cuda_array_interface__"):
        # CuPy's and Numba's arrays must be copied from the device explicitly.
        for method in ("get", "copy_to_host"):
            if hasattr(values, method):
                return np.asarray(getattr(values, method)())
    if (nulls := _nulls(values)) is not None:
        return np.ma.masked_array(np.asarray(values), nulls)
    if hasattr(values, "__array__") or isinstance(values, (SupportsFloat, np.ndarray)):
        return np.asarray(values)
    return _by_protocol(values)


# Methods that convert an object to Python's or NumPy's types, which NumPy itself does not call.
_CONVERSIONS = ("toarray", "todense", "to_numpy", "numpy", "as_py", "tolist")


def _by_protocol(values: Any) -> Any:
    if hasattr(values, "__dlpack__"):
        try:
            return np.from_dlpack(values)
        except (BufferError, RuntimeError, TypeError):
            # The array is on a device, or has a type that NumPy lacks.
            pass
    try:
        return np.asarray(memoryview(values))
    except (BufferError, TypeError, ValueError, RuntimeError):
        pass
    for name in _CONVERSIONS:
        method = getattr(values, name, None)
        if callable(method):
            value = method()
            # A scalar of Arrow may have no value.
            return np.ma.masked if name == "as_py" and value is None else _as_numpy(value)
    return np.asarray(values)


# A table's columns have types of their own. Their only missing values are NaN and pandas' NA.
_WITHOUT_NULLS = (np.dtype, type(None))


def _nulls(values: Any) -> Any:
    """Which elements of a column of Arrow, Polars or pandas have no value; None where all have."""
    if hasattr(values, "null_count") and hasattr(values, "is_null"):
        is_null = values.is_null
    elif hasattr(values, "isna") and not isinstance(getattr(values, "dtype", None), _WITHOUT_NULLS):
        is_null = values.isna
    else:
        return None
    nulls = np.asarray(is_null(), bool)
    return nulls if nulls.any() else None


_PLAIN = frozenset({bool, int, float, complex, str, bytes})


def _of_items(values: list[Any] | tuple[Any, ...]) -> Any:
    if _is_plain(values):
        return np.asarray(values)
    items = [_as_numpy(item) for item in values]
    return np.ma.stack(items) if any(map(_is_masked, items)) else np.stack(items)


def _is_plain(values: list[Any] | tuple[Any, ...]) -> bool:
    """Whether NumPy itself knows all that is in a list."""
    kinds = set(map(type, values)) - _PLAIN
    if kinds <= {list, tuple}:
        return not kinds or all(_is_plain(v) for v in values if isinstance(v, (list, tuple)))
    return all(issubclass(kind, np.generic) for kind in kinds)


def _of_tensor(tensor: Any) -> Any:
    """A tensor of torch, or of what has its methods."""
    tensor = tensor.detach()
    if getattr(tensor, "is_quantized", False):
        tensor = tensor.dequantize()
    if any(layout in str(getattr(tensor, "layout", "")) for layout in ("sparse", "mkldnn")):
        tensor = tensor.to_dense()
    tensor = tensor.cpu()
    for view in ("resolve_conj", "resolve_neg"):
        # The tensor may be conjugated or negated lazily. This does it now.
        tensor = getattr(tensor, view, lambda tensor=tensor: tensor)()
    dtype = str(tensor.dtype)
    if dtype == "torch.bfloat16" or dtype.startswith(("torch.float8", "torch.float4")):
        tensor = tensor.float()
    return np.asarray(tensor)
