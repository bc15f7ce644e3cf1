"""The values that `EventAccumulator` returns: the classes of TensorBoard's module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ScalarEvent:
    """A number."""

    wall_time: float
    step: int
    value: float


@dataclass(frozen=True)
class CompressedHistogramEvent:
    """A histogram as pairs: a basis point, and the value below which this share of the data is."""

    wall_time: float
    step: int
    compressed_histogram_values: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class HistogramValue:
    """A histogram: moments, and the right edges and counts of its buckets."""

    min: float
    max: float
    num: float
    sum: float
    sum_squares: float
    bucket_limit: Sequence[float]
    bucket: Sequence[float]


@dataclass(frozen=True)
class HistogramEvent:
    """A histogram."""

    wall_time: float
    step: int
    histogram_value: HistogramValue


@dataclass(frozen=True)
class ImageEvent:
    """An encoded picture."""

    wall_time: float
    step: int
    encoded_image_string: bytes
    width: int
    height: int


@dataclass(frozen=True)
class AudioEvent:
    """An encoded sound."""

    wall_time: float
    step: int
    encoded_audio_string: bytes
    content_type: str
    sample_rate: float
    length_frames: int


@dataclass(frozen=True)
class TensorEvent:
    """A tensor."""

    wall_time: float
    step: int
    tensor_proto: Any
    """A `TensorProto`."""
