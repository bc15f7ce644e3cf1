"""Texts, for TensorBoard's "text" plugin."""

from __future__ import annotations

from tfevents import _native
from tfevents._native import Summary


def text(tag: str, text: str) -> Summary:
    """A text, which TensorBoard shows as Markdown, under the tag `<tag>/text_summary`.

    Raises:
        TypeError, ValueError: an argument that can't be used.
    """
    return _native.text(tag, text)
