"""Makes the summaries that events hold, one file a kind.

Each function takes what the `add_*` method of its name takes, checks and copies it, and returns a
`Summary`, for `FileWriter.add_summary` or to be serialized:

    writer.file_writer.add_summary(tfevents.summary.histogram("weights", weights), step)
"""

from tfevents._native import Summary
from tfevents.summary.custom_scalars import custom_scalars
from tfevents.summary.hparams import hparams
from tfevents.summary.mesh import mesh

__all__ = ["Summary", "custom_scalars", "hparams", "mesh"]
