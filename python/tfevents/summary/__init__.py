"""Makes summaries, with one file for each kind.

Each function takes the same values as the `add_*` method of its name. It checks and copies them,
and returns a `Summary`, which can be passed to `FileWriter.add_summary` or serialized.

Example:
    >>> summary = tfevents.summary.scalar("loss", 0.5)
    >>> writer.file_writer.add_summary(summary, 10)
    >>> summary.SerializeToString()
    b'\\n\\x0b\\n\\x04loss\\x15\\x00\\x00\\x00?'
"""

from tfevents._native import Summary
from tfevents.summary.audio import audio
from tfevents.summary.custom_scalars import custom_scalars
from tfevents.summary.histogram import histogram, histogram_raw
from tfevents.summary.hparams import hparams
from tfevents.summary.image import image, image_boxes
from tfevents.summary.mesh import mesh
from tfevents.summary.pr_curve import pr_curve, pr_curve_raw
from tfevents.summary.scalar import scalar
from tfevents.summary.tensor import tensor_proto
from tfevents.summary.text import text
from tfevents.summary.video import video

__all__ = [
    "Summary",
    "audio",
    "custom_scalars",
    "histogram",
    "histogram_raw",
    "hparams",
    "image",
    "image_boxes",
    "mesh",
    "pr_curve",
    "pr_curve_raw",
    "scalar",
    "tensor_proto",
    "text",
    "video",
]
