"""Methods that log images, figures, videos and audio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from tfevents._arguments import WallTime
from tfevents._extras import imported
from tfevents.summary.audio import audio_summary
from tfevents.summary.image import boxes_summary, image_summary
from tfevents.summary.video import video_summary
from tfevents.writer.base import BaseWriter

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class MediaMethods(BaseWriter):
    """What is seen and heard.

    Pixels and samples are copied by the call; the thread encodes them, in the order of the calls.
    """

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: SupportsIndex | None = None,
        walltime: WallTime | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Logs a picture.

        Args:
            tag: its name.
            img_tensor: pixels of 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA) channels, an
                array or a tensor of any package. Floats are intensities from 0 to 1, integers are
                values from 0 to 255; what is beyond is cut off. True is white, NaN and what is
                masked black. Or a picture of Pillow, which brings its axes and its colours.
            global_step: its step.
            walltime: seconds since the epoch, or a `datetime`; by default now.
            dataformats: the axes of `img_tensor` in their order: H (height), W (width), perhaps
                C (channel), and N (picture of a batch) with it.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> writer.add_image("sample", rng.random((3, 32, 32)), 10)
        """
        summary = image_summary(tag, img_tensor, "img_tensor", 1, dataformats)
        self._add(summary, global_step, walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: SupportsIndex | None = None,
        walltime: WallTime | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Logs a batch of pictures, laid out as one, eight in a row; else as `add_image`.

        Args:
            tag: its name.
            img_tensor: the pictures; values as in `add_image`. A list of Pillow's pictures of one
                size is a batch.
            global_step: their step.
            walltime: seconds since the epoch, or a `datetime`; by default now.
            dataformats: the axes of `img_tensor` in their order, N (picture) among them.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> writer.add_images("samples", rng.random((16, 3, 32, 32)), 10)
        """
        self.add_image(tag, img_tensor, global_step, walltime, dataformats)

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: SupportsIndex | None = None,
        walltime: WallTime | None = None,
        rescale: float = 1,
        dataformats: str = "CHW",
        labels: Sequence[str] | str | None = None,
    ) -> None:
        """Logs a picture with boxes drawn into it, red and two pixels wide.

        Args:
            tag, img_tensor, global_step, walltime, dataformats: as in `add_image`.
            box_tensor: x and y of the first corner of each box, then of the opposite one, of
                shape [boxes, 4]. What is beyond the picture is not seen.
            rescale: how much higher and wider to make the picture; Lanczos resampling.
            labels: what to write into each box, an empty text for nothing. Latin letters are
                there, another is written as a question mark.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> boxes = [[4, 4, 20, 20]]
            >>> writer.add_image_with_boxes("found", rng.random((3, 32, 32)), boxes, labels=["cat"])
        """
        names = ("img_tensor", "box_tensor")
        summary = boxes_summary(tag, img_tensor, box_tensor, names, rescale, dataformats, labels)
        self._add(summary, global_step, walltime)

    def add_figure(
        self,
        tag: str,
        figure: Figure | list[Figure],
        global_step: SupportsIndex | None = None,
        close: bool = True,
        walltime: WallTime | None = None,
    ) -> None:
        """Logs a Matplotlib figure as an image, or a list of them of one size as a batch.

        Args:
            tag, global_step, walltime: as in `add_image`.
            figure: the figure, or the list.
            close: close the figures once they are logged.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> writer.add_figure("curve", figure, 10)  # doctest: +SKIP
        """
        figures = list(figure) if isinstance(figure, (list, tuple)) else [figure]
        pictures = [_rendered(item) for item in figures]
        sizes = {picture.shape for picture in pictures}
        if len(sizes) != 1:
            shown = sorted(f"{height} × {width}" for height, width, _ in sizes)
            raise ValueError(f"figure: expected figures of one size, got {shown}")
        batch = pictures[0][None] if len(pictures) == 1 else np.stack(pictures)
        self._add(image_summary(tag, batch, "figure", 1, "NHWC"), global_step, walltime)
        # If pyplot was not imported, it does not manage the figure.
        closes = imported("matplotlib.pyplot", "close")
        if close and closes is not None:
            for item in figures:
                closes(item)

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: SupportsIndex | None = None,
        fps: float = 4,
        walltime: WallTime | None = None,
        *,
        dataformats: str = "NTCHW",
    ) -> None:
        """Logs a video, or a batch of them laid out as one, as a GIF that plays for ever.

        Args:
            tag, global_step, walltime: as in `add_image`.
            vid_tensor: frames of 1 (grey), 3 (RGB) or 4 (RGBA, the alpha of which is ignored)
                channels; numbers as in `add_image`. Or a list of Pillow's pictures, which are
                frames, or one picture that has several.
            fps: frames a second. GIFs count in hundredths of a second, so that frames may differ
                by one; and few programs show more than 50 a second.
            dataformats: the axes of `vid_tensor` in their order: N (video), T (frame),
                C (channel), H (height) and W (width).

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> writer.add_video("play", rng.random((1, 8, 3, 32, 32)), 10, fps=8)
        """
        summary = video_summary(tag, vid_tensor, "vid_tensor", fps, dataformats)
        self._add(summary, global_step, walltime)

    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: SupportsIndex | None = None,
        sample_rate: int = 44100,
        walltime: WallTime | None = None,
    ) -> None:
        """Logs a sound, mono or stereo, as a 16-bit WAV.

        Args:
            tag, global_step, walltime: as in `add_image`.
            snd_tensor: L samples of shape [L], [1, L] or [L, 1], or [2, L] or [L, 2] for stereo.
                Floats are amplitudes from -1 to 1; beyond they are clipped, with a
                RuntimeWarning. Integers are samples of as many bits as their type has, those
                without a sign from the middle of its range: int16 is written as it is, 128 in
                uint8 is silence.
            sample_rate: in Hz.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> tone = np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000)
            >>> writer.add_audio("tone", tone, 10, sample_rate=8000)
        """
        self._add(audio_summary(tag, snd_tensor, "snd_tensor", sample_rate), global_step, walltime)


def _rendered(figure: Any) -> NDArray[np.uint8]:
    """The RGB pixels of a figure, of shape [height, width, 3]."""
    # If there is a figure, the module was imported.
    made = imported("matplotlib.figure", "Figure")
    if made is None or not isinstance(figure, made):
        raise TypeError(
            f"figure: expected a Matplotlib Figure or a list of them, got {figure!r:.60}"
        )
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    shown = figure.canvas
    try:
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
    finally:
        # A new canvas replaces that of the figure's window, so the old one is restored.
        figure.set_canvas(shown)
    return np.asarray(canvas.buffer_rgba())[:, :, :3]
