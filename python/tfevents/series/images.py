"""Pictures."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfevents import _native
from tfevents.series.columns import Stored

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Image:
    """The pictures that one event holds under one tag: one, but for TensorFlow 2.

    Attributes:
        step: the step.
        wall_time: when it was logged, in seconds since the epoch.
        width, height: of each picture, in pixels, as the event says.
        batch: the encoded pictures; any number from TensorFlow 2, one from others.
    """

    step: int
    wall_time: float
    width: int
    height: int
    batch: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        """The first picture as it is encoded: a PNG, JPEG or GIF file."""
        if not self.batch:
            raise ValueError(f"no picture was logged at step {self.step}")
        return self.batch[0]

    def decode(self, index: int = 0) -> NDArray[np.uint8]:
        """The pixels, uint8[height, width, channels] with 1 (grey), 2 (grey and alpha), 3 (RGB) or
        4 (RGBA) channels. Of a picture that moves, uint8[frames, height, width, channels].

        PNG needs no other package; of 16 bits a sample, the upper 8 are given. Other formats are
        decoded by Pillow.

        Args:
            index: which one of `batch`.

        Raises:
            ValueError: it is no picture.
            ImportError: it is no PNG, and Pillow is not installed.
        """
        return decode_image(self.batch[index])

    def __repr__(self) -> str:
        size = ", ".join(f"{len(data)} bytes" for data in self.batch) or "none"
        return f"Image(step {self.step}, {self.width}x{self.height}, {size})"


def decode_image(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a picture, as `Image.decode` gives them."""
    if data.startswith(_PNG):
        shape, samples = _native.decode_png(data)
        return np.frombuffer(samples, np.uint8).reshape(shape)
    return _by_pillow(data)


def _by_pillow(data: bytes) -> NDArray[np.uint8]:
    try:
        from PIL import Image, ImageSequence
    except ImportError:
        raise ImportError("a picture that is no PNG needs Pillow to decode") from None
    try:
        with Image.open(io.BytesIO(data)) as image:
            mode = image.mode if image.mode in ("L", "LA", "RGB", "RGBA") else "RGB"
            frames = [np.array(frame.convert(mode)) for frame in ImageSequence.Iterator(image)]
    # Pillow raises whatever its decoders do.
    except Exception as error:
        raise ValueError(f"this is no picture that Pillow can decode: {error}") from error
    frames = [frame[:, :, None] if frame.ndim == 2 else frame for frame in frames]
    return frames[0] if len(frames) == 1 else np.stack(frames)


class Images(Stored[Image]):
    """All pictures logged under one tag, in file order, none left out.

    `[i]` is an `Image`, read when it is asked for.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.
    """

    __slots__ = ()

    def _item(self, index: int) -> Image:
        width, height, batch = self._data.image(self._index, index)
        return Image(*self._time(index), width, height, tuple(batch))

    def __repr__(self) -> str:
        return self._repr("image", "images")
