"""Series of pictures."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tfevents import _native
from tfevents._arguments import as_int
from tfevents.series.columns import Stored

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_BYTES = 256 << 20
"""How many bytes the pixels of a picture take at most, unless a caller allows more."""

_PNG = b"\x89PNG\r\n\x1a\n"

# For other formats, Pillow may start a program, such as Ghostscript for EPS.
_BY_PILLOW = ("BMP", "GIF", "JPEG", "TIFF", "WEBP")

# The number of pixels that are converted at a time.
_STRIP = 1 << 20


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Image:
    """The pictures that one event holds under one tag. Only TensorFlow 2 writes more than one.

    Attributes:
        step: the step.
        wall_time: when it was logged, in seconds since the epoch.
        width, height: of each picture, in pixels, by the event.
        batch: the encoded pictures.
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

    def decode(self, index: int = 0, *, max_bytes: int | None = MAX_BYTES) -> NDArray[np.uint8]:
        """The pixels, uint8 of shape [height, width, channels].

        The channels are 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA). An animated GIF or WebP
        has the shape [frames, height, width, channels]; of an animated PNG, there is the picture
        for readers without animations. PNG needs no other package; 16 bits a sample are reduced to
        the upper 8. Pillow decodes BMP, GIF, JPEG, TIFF and WebP. Decoding takes little more memory
        than the result.

        Args:
            index: the index in `batch`.
            max_bytes: the most bytes that the pixels may take, by default 256 MiB. A small file
                can unfold to thousands of times its size. `None` sets no limit.

        Raises:
            IndexError: `batch` has no such index.
            ValueError: it is not a picture, or it takes more than `max_bytes`.
            ImportError: the picture is not a PNG, and Pillow is not installed.

        Example:
            >>> run.images["sample"][0].decode().shape
            (4, 6, 3)
        """
        return decode_image(self.batch[as_int(index, "index")], max_bytes)

    def plot(self, index: int = 0, *, ax: Axes | None = None) -> Axes:
        """Draws the picture, or the first frame of an animation.

        Args:
            index: the index in `batch`.
            ax: where to draw; by default in a new figure.

        Raises:
            ValueError: it is not a picture.
            ImportError: matplotlib is not installed; `tfevents[plot]` installs it.

        Example:
            >>> run.images["sample"][0].plot()  # doctest: +SKIP
        """
        from tfevents.analysis import plots

        return plots.picture(self, index, ax=ax)

    def __repr__(self) -> str:
        size = ", ".join(f"{len(data)} bytes" for data in self.batch) or "none"
        return f"Image(step {self.step}, {self.width}x{self.height}, {size})"

    def _repr_html_(self) -> str:
        from tfevents.analysis import notebook

        return notebook.image(self)


def decode_image(data: bytes, max_bytes: int | None = MAX_BYTES) -> NDArray[np.uint8]:
    """The pixels of a picture, as `Image.decode` gives them."""
    limit = sys.maxsize if max_bytes is None else min(as_int(max_bytes, "max_bytes"), sys.maxsize)
    if limit < 0:
        raise ValueError(f"max_bytes must be at least 0, not {max_bytes}")
    if not data.startswith(_PNG):
        return _by_pillow(data, limit)
    decoded = _native.decode_png(data, limit)
    if isinstance(decoded, int):
        raise _too_large(decoded, limit)
    shape, samples = decoded
    return samples.reshape(shape)


def _too_large(size: int, limit: int) -> ValueError:
    return ValueError(
        f"the picture takes {size} bytes when it is decoded, more than max_bytes={limit}: "
        f"decode(max_bytes={size}) allows it"
    )


def _by_pillow(data: bytes, limit: int) -> NDArray[np.uint8]:
    try:
        from PIL import Image
    except ImportError:
        raise ImportError("a picture that is no PNG needs Pillow to decode") from None
    try:
        with Image.open(io.BytesIO(data), formats=_BY_PILLOW) as image:
            mode = image.mode if image.mode in ("L", "LA", "RGB", "RGBA") else "RGB"
            # Beside the picture of a camera's JPEG, there may be others for other purposes.
            frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
            (width, height), channels = image.size, len(mode)
            size = frames * height * width * channels
            if size <= limit:
                pixels = np.empty((frames, height, width, channels), np.uint8)
                for index in range(frames):
                    image.seek(index)
                    if image.size != (width, height):
                        raise ValueError(f"its frames are of different sizes, as {image.size}")
                    _copy(image, mode, pixels[index])
    except Image.DecompressionBombError as error:
        raise ValueError(f"{error}: a larger PIL.Image.MAX_IMAGE_PIXELS allows it") from error
    # Pillow passes on any exception of its decoders.
    except Exception as error:
        raise ValueError(f"this is no picture that Pillow can decode: {error}") from error
    if size > limit:
        raise _too_large(size, limit)
    return pixels[0] if frames == 1 else pixels


def _copy(image: Any, mode: str, pixels: NDArray[np.uint8]) -> None:
    """Copies a picture of Pillow's to `pixels`, a few rows at a time, to save memory."""
    height, width, _ = pixels.shape
    image.load()
    step = max(1, _STRIP // max(width, 1))
    for top in range(0, height, step):
        rows = image.crop((0, top, width, min(top + step, height)))
        pixels[top : top + step] = np.asarray(rows.convert(mode)).reshape(-1, width, len(mode))


class Images(Stored[Image]):
    """All pictures under one tag, in the order of the files.

    `[i]` is an `Image`, which is read from the log's memory when you ask for it.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.

    Example:
        >>> picture = run.images["sample"][0]
        >>> picture.width, picture.height, picture.data[:4]
        (6, 4, b'\\x89PNG')
    """

    __slots__ = ()

    def _item(self, index: int) -> Image:
        width, height, batch = self._data.image(self._index, index)
        return Image(*self._time(index), width, height, tuple(batch))

    def plot(self, *, most: int = 8) -> list[Axes]:
        """Draws the first picture of several steps, evenly spaced, in a new figure.

        Args:
            most: the greatest number of steps.

        Returns:
            The axes, one for each step.

        Raises:
            ValueError: a value is not a picture.
            ImportError: matplotlib is not installed; `tfevents[plot]` installs it.

        Example:
            >>> run.images["sample"].plot(most=4)  # doctest: +SKIP
        """
        from tfevents.analysis import plots

        return plots.pictures(self, most=most)

    def _repr_html_(self) -> str:
        from tfevents.analysis import notebook

        return notebook.series(self)

    def __repr__(self) -> str:
        return self._repr("image", "images")
