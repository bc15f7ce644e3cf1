"""Audio, which is stored as 16-bit WAV files."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfevents import _native
from tfevents._arguments import warn
from tfevents._arrays import as_array
from tfevents._native import Summary, as_number

# Bytes that a message may hold.
_LARGEST = 2**31 - 1


def audio(tag: str, tensor: Any, sample_rate: int = 44100) -> Summary:
    """A sound, mono or stereo.

    Args:
        tag: its name.
        tensor: L samples of shape [L], [1, L] or [L, 1], or [2, L] or [L, 2] for stereo; other
            axes of length 1 are dropped, and [2, 2] has its channels first. Floats are amplitudes
            from -1 to 1, truncated to 16 bits; beyond they are clipped, with a RuntimeWarning.
            NaN is silence. int16 is written as it is; other integers are taken as floats.
        sample_rate: in Hz.

    Raises:
        TypeError, ValueError: an argument that can't be used; the message names it.
    """
    return audio_summary(tag, tensor, "tensor", sample_rate)


def audio_summary(tag: str, tensor: Any, argument: str, sample_rate: Any) -> Summary:
    """`audio`, with `argument` as the tensor's name in errors."""
    samples = _samples(as_array(tensor, argument), argument)
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


def _amplitudes(samples: NDArray[Any]) -> NDArray[Any]:
    """int16, or floats of the smaller type that holds them."""
    kind, size = samples.dtype.kind, samples.dtype.itemsize
    if kind == "i" and size == 2:
        return np.require(samples, np.int16, ["A"])
    return np.require(samples, np.float32 if kind in "fV" and size <= 4 else np.float64, ["A"])
