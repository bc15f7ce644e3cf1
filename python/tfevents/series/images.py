"""Pictures."""

from __future__ import annotations

from dataclasses import dataclass

from tfevents.series.columns import Stored


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

    def __repr__(self) -> str:
        size = ", ".join(f"{len(data)} bytes" for data in self.batch) or "none"
        return f"Image(step {self.step}, {self.width}x{self.height}, {size})"


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
