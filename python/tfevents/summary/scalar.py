"""Numbers."""

from __future__ import annotations

from typing import SupportsFloat

from tfevents import _native
from tfevents._native import Summary


def scalar(
    name: str,
    tensor: SupportsFloat,
    collections: object = None,
    new_style: bool = False,
    double_precision: bool = False,
    *,
    display_name: str = "",
    summary_description: str = "",
) -> Summary:
    """One number.

    Args:
        name: the tag.
        tensor: the number, or an array or tensor with one element.
        collections: ignored, as by torch.
        new_style, double_precision, display_name, summary_description: as for
            `SummaryWriter.add_scalar`.

    Raises:
        TypeError, ValueError: an argument can't be used.

    Example:
        >>> writer.file_writer.add_summary(tfevents.summary.scalar("loss", 0.5), 10)
    """
    return _native.scalar(
        name, tensor, bool(new_style), bool(double_precision), display_name, summary_description
    )
