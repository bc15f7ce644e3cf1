"""Series of tensors."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfevents.series.columns import Stored

# The greatest size, in bytes, of a tensor in which one element stands for all.
_MOST_REPEATED = 1 << 26


class Tensor(NamedTuple):
    """One tensor."""

    step: int
    """The step."""
    wall_time: float
    """When it was logged, in seconds since the epoch."""
    value: NDArray[Any]
    """An array with the dtype and the shape that were logged."""


class Tensors(Stored[Tensor]):
    """All tensors under one tag, in the order of the files.

    `[i].value` is an array with the dtype and the shape that were logged. Strings are an object
    array of `bytes`. bfloat16, 8-bit floats and 4-bit integers have the dtypes of `ml_dtypes`.
    Without that package, bfloat16 becomes float32, which holds the same numbers; 4-bit integers
    become 8-bit ones; and 8-bit floats raise ImportError. Quantized integers come as they are
    stored. A tensor of another type raises ValueError, and so does one that has more elements than
    its shape. If it has fewer, the last one stands for the rest.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.

    Example:
        >>> run.tensors["confusion"][0].value
        array([[8, 2],
               [1, 9]])
    """

    __slots__ = ()

    def _item(self, index: int) -> Tensor:
        return Tensor(*self._time(index), as_array(*self._data.tensor(self._index, index)))

    def __repr__(self) -> str:
        return self._repr("tensor", "tensors")


def as_array(name: str, shape: list[int], elements: bytearray | list[bytes]) -> NDArray[Any]:
    """The array of a tensor; one element stands for all."""
    if isinstance(elements, list):
        flat = np.array(elements, dtype=object)
    else:
        flat = _numbers(name, elements)
    count = math.prod(shape)
    if len(flat) == count:
        return flat.reshape(shape)
    if count * flat.itemsize > _MOST_REPEATED:
        raise ValueError(f"a tensor of one element has the shape {shape}, which is too large")
    return np.full(shape, flat[0])


def _numbers(name: str, data: bytearray) -> NDArray[Any]:
    if name == "bool":
        return np.frombuffer(data, np.uint8).astype(np.bool_)
    if hasattr(np, name):
        return np.frombuffer(data, np.dtype(name).newbyteorder("<")).astype(name, copy=False)
    if name in ("int4", "uint4"):
        data = bytearray(byte & 0xF for byte in data)
    try:
        import ml_dtypes
    except ImportError:
        if name == "bfloat16":
            return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
        if name == "uint4":
            return np.frombuffer(data, np.uint8)
        if name == "int4":
            # Bit 3 is the sign.
            return (np.frombuffer(data, np.int8) ^ 8) - np.int8(8)
        raise ImportError(f"a tensor of {name} needs the package ml_dtypes") from None
    return np.frombuffer(data, getattr(ml_dtypes, name))
