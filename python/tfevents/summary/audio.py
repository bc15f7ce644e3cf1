"""Audio, which is stored as 16-bit WAV files."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfevents import _native
from tfevents._arguments import warn
from tfevents._arrays import with_mask
from tfevents._native import Summary, as_number

# The greatest number of bytes in a message.
_LARGEST = 2**31 - 1


def audio(tag: str, tensor: Any, sample_rate: int = 44100) -> Summary:
    """A sound, mono or stereo.

    Args:
        tag: the tag.
        tensor: L samples, of shape [L], [1, L] or [L, 1], or [2, L] or [L, 2] for stereo. Other
            axes of length 1 are dropped. The shape [2, 2] has its channels first. Floats are
            amplitudes from -1 to 1, and are truncated to 16 bits. Greater ones are clipped, with a
            RuntimeWarning. NaN and masked samples are silence. Integers use the whole range of
            their type: int16 is written as it is, and 128 in uint8 is silence. Python's own
            integers are taken as floats.
        sample_rate: in Hz.

    Raises:
        TypeError, ValueError: an argument can't be used; the message names it.

    Example:
        >>> tone = np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000)
        >>> summary = tfevents.summary.audio("tone", tone, sample_rate=8000)
        >>> writer.file_writer.add_summary(summary, 10)
    """
    return audio_summary(tag, tensor, "tensor", sample_rate)


def audio_summary(tag: str, tensor: Any, argument: str, sample_rate: Any) -> Summary:
    """`audio`, with `argument` as the tensor's name in errors."""
    array, mask = with_mask(tensor, argument)
    if array.dtype.kind in "iu":
        is_typed = array.dtype != np.int64 or _has_type(tensor)
        array = _of_16_bits(array) if is_typed else array.astype(np.float64)
    if mask is not None:
        array = np.where(mask, np.zeros((), array.dtype), array)
    samples = _samples(array, argument)
    rate = as_number(sample_rate, "sample_rate")
    if not (rate.is_integer() and 1 <= rate < 2**32 / (2 * samples.shape[1])):
        raise ValueError(f"sample_rate: expected a whole number of Hz, got {sample_rate!r:.60}")
    if 2 * samples.size > _LARGEST:
        raise ValueError(f"{argument}: too long, {samples.size} samples are more than 2 GiB")
    summary, clipped = _native.audio(tag, _amplitudes(samples), int(rate))
    if clipped:
        warn(f"{argument}: amplitudes beyond -1 and 1 are clipped")
    return summary


def _samples(array: NDArray[Any], argument: str) -> NDArray[Any]:
    """The samples with the axes [frames, channels]."""
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{argument}: expected samples, got shape {list(array.shape)}")
    squeezed = array.squeeze()
    if squeezed.ndim <= 1:
        return squeezed.reshape(-1, 1)
    if squeezed.ndim == 2 and squeezed.shape[0] == 2:
        return squeezed.T
    if squeezed.ndim == 2 and squeezed.shape[1] == 2:
        return squeezed
    raise ValueError(
        f"{argument}: expected the shape [L], [1, L], [2, L] or [L, 2], got {list(array.shape)}"
    )


def _has_type(tensor: Any) -> bool:
    """Whether it has a type of its own, unlike lists and arrays of Python's numbers."""
    kind = getattr(getattr(tensor, "dtype", None), "kind", None)
    return not isinstance(tensor, (list, tuple)) and kind != "O"


def _of_16_bits(samples: NDArray[Any]) -> NDArray[np.int16]:
    """Integers of any type as those of 16 bits that are as loud."""
    size = samples.dtype.itemsize
    samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    if samples.dtype.kind == "u":
        middle = samples.dtype.type(1 << (8 * size - 1))
        samples = (samples ^ middle).view(f"i{size}")
    if size == 1:
        return samples.astype(np.int16) << 8
    return (samples >> (8 * size - 16)).astype(np.int16)


def _amplitudes(samples: NDArray[Any]) -> NDArray[Any]:
    """int16, or floats of the smaller type that holds them."""
    kind, size = samples.dtype.kind, samples.dtype.itemsize
    if kind == "i" and size == 2:
        return np.require(samples, np.int16, ["A"])
    return np.require(samples, np.float32 if kind == "f" and size <= 4 else np.float64, ["A"])
