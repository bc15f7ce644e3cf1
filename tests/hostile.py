"""Event files of other writers with mutated messages. Lengths and checksums are made right again.

So decoders get what no writer writes, and most of it is still as they expect.
"""

import struct
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

import events

CORPUS = Path(__file__).parent.parent / "fuzz" / "corpus" / "files"

Field = tuple[int, int, "int | bytes"]
"""A field: its number, wire type and value."""


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def decode(message: bytes) -> list[Field] | None:
    """The fields of a message; `None` if it is not a message."""
    try:
        fields = list(events.typed_fields(message))
    except (AssertionError, IndexError, KeyError):
        return None
    return fields if all(number for number, _, _ in fields) else None


def encode(fields: list[Field]) -> bytes:
    out = b""
    for number, wire_type, value in fields:
        out += varint(number << 3 | wire_type)
        if isinstance(value, int):
            out += varint(value)
        else:
            out += (varint(len(value)) if wire_type == 2 else b"") + value
    return out


INTEGERS = st.sampled_from([0, 1, 2, 3, 7, 255, 2**31, 2**32 - 1, 2**63, 2**64 - 1])
DOUBLES = st.floats().map(lambda value: struct.pack("<d", value))
FLOATS = st.floats(width=32).map(lambda value: struct.pack("<f", value))


@st.composite
def changed(draw: st.DrawFn, message: bytes) -> bytes:
    """A message with one mutated field, at any depth."""
    fields = decode(message)
    if not fields:
        at = draw(st.integers(0, len(message)))
        gone = draw(st.integers(0, 8))
        return message[:at] + draw(st.binary(max_size=8)) + message[at + gone :]
    at = draw(st.integers(0, len(fields) - 1))
    number, wire_type, value = fields[at]
    how = draw(st.sampled_from(["value"] * 5 + ["remove", "repeat", "number", "type"]))
    if how == "value":
        choices = {0: INTEGERS, 1: DOUBLES, 5: FLOATS}
        new = choices[wire_type] if isinstance(value, int) or wire_type != 2 else changed(value)
        fields[at] = (number, wire_type, draw(new))
    elif how == "remove":
        del fields[at]
    elif how == "repeat":
        fields[at:at] = [fields[at]] * draw(st.integers(1, 5))
    elif how == "number":
        fields[at] = (draw(st.integers(1, 18)), wire_type, value)
    else:
        fields[at] = (number, 0, draw(INTEGERS))
    return encode(fields)


@cache
def _payloads() -> list[list[bytes]]:
    return [events.read_records(path) for path in sorted(CORPUS.iterdir())]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """An event file."""
    payloads = list(draw(st.sampled_from(_payloads())))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(payloads) - 1))
        payloads[at] = draw(changed(payloads[at]))
    return b"".join(map(events.record, payloads))
