"""Converts the state of a log, which says how far it was read, to JSON's types and back."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import Any, TypeAlias

from tfevents._arguments import as_mapping

Metadata: TypeAlias = tuple[str, bytes, str, str, int]
"""Plugin, content, display name, description and data class."""
TagState: TypeAlias = tuple[str, str, Metadata | None]
"""A tag, a kind of its values and their first metadata."""
ClaimState: TypeAlias = tuple[str, str | None, list[str]]
"""A tag, the kind that its first metadata claim, and those that tensors without were taken for."""
FileState: TypeAlias = tuple[
    str,
    int,
    int,
    tuple[int, int],
    int | None,
    tuple[int, int, int, int] | None,
    bool,
    int | None,
    int | None,
    list[ClaimState],
]
"""Name, offset, record and so on, as `_dump_file` calls them."""
RunState: TypeAlias = tuple[str, list[FileState], list[TagState]]
"""A run, its files and its tags."""

_FORMAT, _VERSION = "tfevents.state", 2

_INT64, _UINT64 = range(-(2**63), 2**63), range(2**64)
# No file is longer.
_OFFSET = range(2**62)
_CRC = range(2**32)
# The number of bytes at the beginning of a file, and their checksum.
_HEAD = range(65), _CRC
_STAMP = _UINT64, _UINT64, _INT64, _INT64


def dump(runs: list[RunState]) -> dict[str, Any]:
    """The state of these runs, for the caller to keep."""
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "runs": {
            name: {
                "files": dict(map(_dump_file, files)),
                "tags": _dump_tags(tags),
            }
            for name, files, tags in runs
        },
    }


def _dump_file(file: FileState) -> tuple[str, dict[str, Any]]:
    name, offset, record, head, tail, stamp, is_old, last_step, purged, claims = file
    return name, {
        "offset": offset,
        "record": record,
        "head": list(head),
        "tail": tail,
        "stamp": None if stamp is None else list(stamp),
        "is_old": is_old,
        "last_step": last_step,
        "purged": purged,
        "claims": {tag: [first, assumed] for tag, first, assumed in claims},
    }


def _dump_tags(tags: list[TagState]) -> dict[str, dict[str, Any]]:
    """The metadata of each kind of each tag."""
    dumped: dict[str, dict[str, Any]] = {}
    for name, kind, metadata in tags:
        dumped.setdefault(name, {})[kind] = metadata and _dump_metadata(*metadata)
    return dumped


def _dump_metadata(plugin: str, content: bytes, *rest: str | int) -> list[str | int]:
    return [plugin, base64.b64encode(content).decode(), *rest]


def load(state: object) -> list[RunState]:
    """What a caller kept, checked.

    Raises:
        TypeError, ValueError: it is no state that this release can use.
    """
    state = as_mapping(state, "state")
    if state.get("format") != _FORMAT:
        raise ValueError("state: expected what Log.state() returned, got another mapping")
    version = state.get("version")
    if version != _VERSION:
        raise ValueError(f"state: expected one of version {_VERSION}, got version {version!r}")
    try:
        return [
            (
                _name(name),
                [_load_file(file, of) for file, of in run["files"].items()],
                [
                    (
                        _text(tag),
                        _text(kind),
                        None if metadata is None else _load_metadata(*metadata),
                    )
                    for tag, kinds in run["tags"].items()
                    for kind, metadata in kinds.items()
                ],
            )
            for name, run in state["runs"].items()
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"state: not as Log.state() returned it: {error!r}") from error


def _load_file(name: object, file: Mapping[str, Any]) -> FileState:
    stamp = file["stamp"]
    return (
        _name(name),
        _integer(file["offset"], _OFFSET),
        _integer(file["record"], _OFFSET),
        _integers(file["head"], *_HEAD),
        _optional(file["tail"], _CRC),
        None if stamp is None else _integers(stamp, *_STAMP),
        bool(file["is_old"]),
        _optional(file["last_step"], _INT64),
        _optional(file["purged"], _INT64),
        [_load_claim(tag, *claim) for tag, claim in file["claims"].items()],
    )


def _load_claim(tag: object, first: object, assumed: list[object]) -> ClaimState:
    return _text(tag), None if first is None else _text(first), list(map(_text, assumed))


def _load_metadata(
    plugin: object, content: str, display_name: object, description: object, data_class: object
) -> Metadata:
    return (
        _text(plugin),
        base64.b64decode(content, validate=True),
        _text(display_name),
        _text(description),
        _integer(data_class, _INT64),
    )


def _name(value: object) -> str:
    """The name of a file or a run, which need not be UTF-8."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no str")
    os.fsencode(value)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no str")
    value.encode()
    return value


def _integer(value: object, allowed: range) -> int:
    if type(value) is not int or value not in allowed:
        raise ValueError(f"{value!r} is no integer in {allowed}")
    return value


def _optional(value: object, allowed: range) -> int | None:
    return None if value is None else _integer(value, allowed)


def _integers(values: list[object], *allowed: range) -> tuple[Any, ...]:
    return tuple(_integer(value, one) for value, one in zip(values, allowed, strict=True))
