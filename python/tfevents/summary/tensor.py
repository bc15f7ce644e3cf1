"""Whole tensors, in the form of TensorFlow's tensor.proto."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfevents import _native
from tfevents._arrays import as_any_array
from tfevents._native import Summary


def tensor_proto(tag: str, tensor: ArrayLike) -> Summary:
    """A tensor with its type and shape. `make_ndarray` of TensorBoard and TensorFlow reads it.

    Args:
        tag: the tag.
        tensor: an array of any shape. Its type is bool, an integer, float16, bfloat16, float32,
            float64, complex64, complex128, str (stored as UTF-8) or bytes. float8 and other types
            of `ml_dtypes` are stored as float32 or int8. Masked elements are NaN; masked integers
            are an error.

    Raises:
        TypeError, ValueError: an argument can't be used, or the tensor takes 2 GiB or more.

    Example:
        >>> summary = tfevents.summary.tensor_proto("confusion", [[8, 2], [1, 9]])
        >>> writer.file_writer.add_summary(summary, 10)
    """
    array = as_any_array(tensor, "tensor")
    name, shape = array.dtype.name, array.shape
    if array.dtype.kind in "SUTO":
        return _native.tensor_of_strings(tag, shape, _strings(tensor, array))
    if array.nbytes >= 2**31:
        raise ValueError(f"tensor: {array.nbytes} bytes are more than an event can hold")
    if str(getattr(tensor, "dtype", None)) == "torch.bfloat16":
        # bfloat16 was converted to float32 before. It is the upper half of that.
        name = "bfloat16"
        array = (np.ascontiguousarray(array).view(np.uint32) >> 16).astype(np.uint16)
    elements = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return _native.tensor(tag, name, shape, elements.reshape(-1).view(np.uint8))


def _strings(tensor: Any, array: NDArray[Any]) -> list[bytes]:
    if not hasattr(tensor, "dtype"):
        # NumPy's strings lose null characters at their end, so Python's strings are used.
        array = np.array(tensor, dtype=object)
    strings = []
    for item in array.ravel().tolist():
        if isinstance(item, str):
            try:
                strings.append(item.encode())
            except UnicodeEncodeError as error:
                raise ValueError(f"tensor: {item!r} is not valid Unicode") from error
        elif isinstance(item, bytes):
            strings.append(item)
        else:
            expected = "expected numbers or strings"
            raise TypeError(f"tensor: {expected}, got {type(item).__name__}: {item!r:.60}")
    return strings
