"""Protobuf messages as dicts of their fields, for the few that are decoded here."""

from __future__ import annotations

import struct

from tfevents import _native

Fields = dict[int, list[int | bytes]]
"""The number of a field to all its values in turn: an int, or the bytes of anything else."""


def decode(message: bytes) -> Fields:
    """The fields of a message; a ValueError if it is none."""
    fields: Fields = {}
    for number, value in _native.fields(message):
        fields.setdefault(number, []).append(value)
    return fields


def parts(fields: Fields, number: int) -> list[bytes]:
    """All values of a field of bytes, strings or messages."""
    return [value for value in fields.get(number, ()) if isinstance(value, bytes)]


def message(fields: Fields, number: int) -> bytes | None:
    """A message; where it comes more than once, all of them merged. `None` where there is none."""
    found = parts(fields, number)
    return b"".join(found) if found else None


def text(fields: Fields, number: int) -> str:
    """A string; empty where there is none."""
    return next(reversed(texts(fields, number)), "")


def texts(fields: Fields, number: int) -> list[str]:
    """All values of a field of strings."""
    return [part.decode(errors="replace") for part in parts(fields, number)]


def integer(fields: Fields, number: int) -> int:
    """A signed integer, a bool or an enum; 0 where there is none."""
    return next(reversed(integers(fields, number)), 0)


def integers(fields: Fields, number: int) -> list[int]:
    """All values of a field of signed integers, packed or not."""
    return [_signed(value) for part in fields.get(number, ()) for value in _varints(part)]


def double(fields: Fields, number: int) -> float:
    """A double; 0 where there is none."""
    return next(reversed(floats(fields, number, "<d")), 0.0)


def floats(fields: Fields, number: int, form: str) -> list[float]:
    """All values of a field of doubles (`"<d"`) or floats (`"<f"`), packed or not."""
    size = struct.calcsize(form)
    return [
        value
        for part in parts(fields, number)
        if len(part) % size == 0
        for (value,) in struct.iter_unpack(form, part)
    ]


def _varints(part: int | bytes) -> list[int]:
    if isinstance(part, int):
        return [part]
    values, value, shift = [], 0, 0
    for byte in part:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            values.append(value & 0xFFFF_FFFF_FFFF_FFFF)
            value = shift = 0
    return values


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
