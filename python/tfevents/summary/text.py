"""Texts, for TensorBoard's "text" plugin."""

from __future__ import annotations

from tfevents import _native
from tfevents._native import Summary


def text(tag: str, text: str) -> Summary:
    """A text, which TensorBoard shows as Markdown.

    Args:
        tag: the name; the tag is `<tag>/text_summary`.
        text: the text.

    Raises:
        TypeError, ValueError: an argument can't be used.

    Example:
        >>> summary = tfevents.summary.text("note", "a **text**")
        >>> writer.file_writer.add_summary(summary, 10)
    """
    return _native.text(tag, text)
