"""Text that came from files and directories, for people and for tables."""

from __future__ import annotations

import os


def shown(text: str, keep: str = "") -> str:
    """A text without characters that could control a terminal, or that can't be printed."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one in keep else one.encode("unicode_escape").decode()
        for one in text
    )


def as_unicode(name: str) -> str:
    """A name as text. Names of directories may hold bytes that are no Unicode."""
    return os.fsencode(name).decode(errors="replace")
