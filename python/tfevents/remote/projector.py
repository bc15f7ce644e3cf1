"""Merges the `projector_config.pbtxt` of a remote directory, to which several writers add."""

from __future__ import annotations

CONFIG = "projector_config.pbtxt"

# Every entry of our writers begins with this line, and has it only there.
_BEGINNING = b"embeddings {\n"


def merged(there: bytes, ours: bytes) -> bytes:
    """The configuration that is there, and after it the entries of ours that it lacks."""
    entries = [_BEGINNING + rest for rest in ours.split(_BEGINNING)[1:]]
    lacking = [entry for entry in entries if entry not in there]
    separator = b"\n" if lacking and there and not there.endswith(b"\n") else b""
    return there + separator + b"".join(lacking)
