"""Series of sounds."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tfevents._arguments import as_int
from tfevents.series.columns import Stored

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class AudioClip:
    """The sounds that one event holds under one tag. Only TensorFlow 2 writes more than one.

    Attributes:
        step: the step.
        wall_time: when it was logged, in seconds since the epoch.
        batch: the encoded sounds.
        labels: the label of each, in Markdown. Only TensorFlow 2 writes labels; others are empty.
        content_type: the MIME type, such as `"audio/wav"`; empty if the event has none.

    Example:
        >>> clip = run.audio["speech"][0]
        >>> clip.sample_rate, clip.content_type, clip.data[:4]
        (8000.0, 'audio/wav', b'RIFF')
    """

    step: int
    wall_time: float
    batch: tuple[bytes, ...]
    labels: tuple[str, ...]
    content_type: str
    _sample_rate: float | None

    @property
    def data(self) -> bytes:
        """The first sound as it is encoded, in most logs as a WAV file."""
        if not self.batch:
            raise ValueError(f"no sound was logged at step {self.step}")
        return self.batch[0]

    @property
    def sample_rate(self) -> float:
        """Frames a second, by the event or else by the WAV file.

        It is a ValueError if neither has a rate.
        """
        if self._sample_rate is not None:
            return self._sample_rate
        with _opened(self.data) as file:
            return float(file.getframerate())

    def decode(self, index: int = 0) -> NDArray[Any]:
        """The samples of a WAV file, of shape [frames, channels].

        They are uint8 for 8 bits a sample, int16 for 16 bits, and int32 for 24 and 32 bits.

        Args:
            index: the index in `batch`.

        Raises:
            IndexError: `batch` has no such index.
            ValueError: the sound is not a WAV file with PCM samples.

        Example:
            >>> run.audio["speech"][0].decode().shape
            (800, 1)
        """
        samples, _, _ = decode_wav(self.batch[as_int(index, "index")])
        return samples

    def plot(self, index: int = 0, *, ax: Axes | None = None) -> Axes:
        """Draws the samples over the seconds, with a line for each channel.

        Args:
            index: the index in `batch`.
            ax: where to draw; by default in a new figure.

        Raises:
            ValueError: the sound is not a WAV file with PCM samples.
            ImportError: matplotlib is not installed; `tfevents[plot]` installs it.

        Example:
            >>> run.audio["speech"][0].plot()  # doctest: +SKIP
        """
        from tfevents.analysis import plots

        return plots.waveform(self, index, ax=ax)

    def __repr__(self) -> str:
        size = ", ".join(f"{len(data)} bytes" for data in self.batch) or "none"
        return f"AudioClip(step {self.step}, {size})"

    def _repr_html_(self) -> str:
        from tfevents.analysis import notebook

        return notebook.audio(self)


def decode_wav(data: bytes) -> tuple[NDArray[Any], int, int]:
    """The samples of a WAV file, as `AudioClip.decode` gives them, the frames a second, and the
    bits of a sample.
    """
    with _opened(data) as file:
        channels, width = file.getnchannels(), file.getsampwidth()
        rate = file.getframerate()
        if width > 4:
            raise ValueError(f"samples of {8 * width} bits")
        data = file.readframes(file.getnframes())
    count = len(data) // (channels * width) * channels
    if width == 3:
        # A sample of 24 bits becomes the upper three bytes of an int32.
        padded = np.zeros((count, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(data, np.uint8, 3 * count).reshape(-1, 3)
        samples = padded.view("<i4")[:, 0]
        samples >>= 8
    else:
        samples = np.frombuffer(data, {1: "u1", 2: "<i2", 4: "<i4"}[width], count).copy()
    return samples.reshape(-1, channels), rate, 8 * width


@contextmanager
def _opened(data: bytes) -> Iterator[wave.Wave_read]:
    """Opens a WAV file for a block, in which every error becomes a ValueError."""
    try:
        with wave.open(io.BytesIO(data), "rb") as file:
            yield file
    # A broken file may raise wave.Error, EOFError, RuntimeError and others.
    except Exception as error:
        raise ValueError(f"this is no WAV file of PCM: {error}") from error


class Audio(Stored[AudioClip]):
    """All sounds under one tag, in the order of the files.

    `[i]` is an `AudioClip`, which is read from the log's memory when you ask for it.

    Attributes:
        step: int64[n], the steps; 0 where a step was left out.
        wall_time: float64[n], when each was logged, in seconds since the epoch.
    """

    __slots__ = ()

    def _item(self, index: int) -> AudioClip:
        sample_rate, content_type, files = self._data.audio(self._index, index)
        batch = tuple(data for data, _ in files)
        labels = tuple((label or b"").decode(errors="replace") for _, label in files)
        return AudioClip(*self._time(index), batch, labels, content_type, sample_rate)

    def plot(self, *, most: int = 4) -> list[Axes]:
        """Draws the first sound of several steps, evenly spaced, in a new figure.

        Args:
            most: the greatest number of steps.

        Returns:
            The axes, one for each step.

        Raises:
            ValueError: a sound is not a WAV file with PCM samples.
            ImportError: matplotlib is not installed; `tfevents[plot]` installs it.

        Example:
            >>> run.audio["speech"].plot(most=2)  # doctest: +SKIP
        """
        from tfevents.analysis import plots

        return plots.waveforms(self, most=most)

    def _repr_html_(self) -> str:
        from tfevents.analysis import notebook

        return notebook.series(self)

    def __repr__(self) -> str:
        return self._repr("sound", "sounds")
