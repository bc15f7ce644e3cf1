"""Reads event files for the tests. It shares no code with what is tested.

The frame and the few messages that the core tests need are decoded here by hand, so these tests
need only NumPy and Hypothesis. `read_events` returns TensorBoard's `Event` messages.
"""

import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

try:
    from google_crc32c import value as crc32c
except ImportError:
    _TABLE = []
    for _byte in range(256):
        for _ in range(8):
            _byte = _byte >> 1 ^ (0x82F63B78 if _byte & 1 else 0)
        _TABLE.append(_byte)

    def crc32c(data: bytes) -> int:
        crc = 0xFFFFFFFF
        for byte in data:
            crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
        return crc ^ 0xFFFFFFFF


# Framing: u64 length, its masked CRC, the payload, its masked CRC (little-endian).


def _masked_crc32c(data: bytes) -> int:
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(payload: bytes) -> bytes:
    """A payload as a record."""
    length = struct.pack("<Q", len(payload))
    checksums = [struct.pack("<I", _masked_crc32c(data)) for data in (length, payload)]
    return length + checksums[0] + payload + checksums[1]


def split_records(data: bytes) -> tuple[list[bytes], bytes]:
    """The payloads of all whole records, and the rest: the beginning of another one.

    A wrong checksum anywhere is an AssertionError.
    """
    payloads, at = [], 0
    while len(data) - at >= 12:
        length, crc = struct.unpack_from("<QI", data, at)
        assert crc == _masked_crc32c(data[at : at + 8]), f"checksum of the length at byte {at}"
        if len(data) - at < 12 + length + 4:
            break
        payload = data[at + 12 : at + 12 + length]
        (crc,) = struct.unpack_from("<I", data, at + 12 + length)
        assert crc == _masked_crc32c(payload), f"checksum of the record at byte {at}"
        payloads.append(payload)
        at += 12 + length + 4
    return payloads, data[at:]


def read_records(path: str | os.PathLike[str]) -> list[bytes]:
    """The payloads of a file, which must be whole up to its last byte."""
    payloads, rest = split_records(Path(path).read_bytes())
    assert rest == b"", f"{path} ends in {len(rest)} bytes of an unfinished record"
    return payloads


# Messages.


def fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """The number and the value of each field of a message. A value is an int (varint) or the raw
    bytes.
    """
    return ((number, value) for number, _, value in typed_fields(message))


def typed_fields(message: bytes) -> Iterator[tuple[int, int, Any]]:
    """The same, with the wire type between them."""
    at = 0

    def varint() -> int:
        nonlocal at
        result = shift = 0
        while True:
            byte = message[at]
            at += 1
            result |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return result

    while at < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, 0, varint()
            continue
        size = {1: 8, 5: 4}[key & 7] if key & 7 != 2 else varint()
        assert at + size <= len(message), "a field reaches beyond its message"
        yield key >> 3, key & 7, message[at : at + size]
        at += size


def _double(raw: bytes) -> float:
    return struct.unpack("<d", raw)[0]


def _float(raw: bytes) -> float:
    return struct.unpack("<f", raw)[0]


@dataclass
class Value:
    """A Summary.Value: the value of one tag in an event."""

    tag: str = ""
    simple_value: float | None = None
    image: bytes | None = None  # the message, as it is
    audio: bytes | None = None
    dtype: int | None = None  # of the tensor: 1 is float, 2 double, 7 string
    tensor: list[Any] = field(default_factory=list)  # its numbers, or its strings as bytes
    plugin: str | None = None
    content: bytes = b""  # of the plugin's data
    display_name: str = ""
    description: str = ""

    @classmethod
    def parse(cls, message: bytes) -> "Value":
        value = cls()
        for number, raw in fields(message):
            if number == 1:
                value.tag = raw.decode()
            elif number == 2:
                value.simple_value = _float(raw)
            elif number == 4:
                value.image = raw
            elif number == 6:
                value.audio = raw
            elif number == 8:
                value._parse_tensor(raw)
            elif number == 9:
                metadata = dict(fields(raw))
                if 1 in metadata:
                    data = dict(fields(metadata[1]))
                    value.plugin, value.content = data[1].decode(), data.get(2, b"")
                value.display_name = metadata.get(2, b"").decode()
                value.description = metadata.get(3, b"").decode()
        return value

    def _parse_tensor(self, message: bytes) -> None:
        for number, raw in fields(message):
            if number == 1:
                self.dtype = raw
            elif number == 5:
                self.tensor += struct.unpack(f"<{len(raw) // 4}f", raw)
            elif number == 6:
                self.tensor += struct.unpack(f"<{len(raw) // 8}d", raw)
            elif number == 8:
                self.tensor.append(raw)

    @property
    def number(self) -> float:
        """The scalar, in either style."""
        if self.simple_value is not None:
            return self.simple_value
        (number,) = self.tensor
        return number


@dataclass
class Event:
    wall_time: float = 0.0
    step: int = 0
    file_version: str | None = None
    writer: str | None = None  # source_metadata.writer
    session_status: int | None = None  # session_log.status: 1 is START
    values: list[Value] = field(default_factory=list)

    @classmethod
    def parse(cls, message: bytes) -> "Event":
        event = cls()
        for number, raw in fields(message):
            if number == 1:
                event.wall_time = _double(raw)
            elif number == 2:
                event.step = raw - (1 << 64) if raw >= 1 << 63 else raw
            elif number == 3:
                event.file_version = raw.decode()
            elif number == 5:
                event.values = [Value.parse(v) for n, v in fields(raw) if n == 1]
            elif number == 7:
                event.session_status = dict(fields(raw)).get(1, 0)
            elif number == 10:
                event.writer = dict(fields(raw))[1].decode()
        return event


class Point(NamedTuple):
    """One scalar."""

    tag: str
    step: int
    wall_time: float
    value: float


def event_files(directory: str | os.PathLike[str]) -> list[Path]:
    """The event files in `directory` and below it. Those of a directory are in the order in which
    they were made.
    """
    return sorted((p for p in Path(directory).rglob("*tfevents*") if p.is_file()), key=_made)


def _made(path: Path) -> tuple[Path, list[int], str]:
    """The numbers in the name count: file 10 of a second comes after file 9."""
    numbers = re.search(r"tfevents\.(\d+)\..*\.(\d+)\.(\d+)", path.name)
    return path.parent, [int(n) for n in numbers.groups()] if numbers else [], path.name


def put_in_order(directory: str | os.PathLike[str]) -> None:
    """Renames the files of a run so that their names are in the order in which they were made."""
    for number, path in enumerate(event_files(directory)):
        # A file with the right name keeps it.
        path.rename(path.with_name(f"events.out.tfevents.{number:010}.host.1.0"))


def only_file(directory: str | os.PathLike[str]) -> Path:
    (path,) = event_files(directory)
    return path


def parse_file(path: str | os.PathLike[str]) -> list[Event]:
    """The events of a whole file. The first one must have the version."""
    events = [Event.parse(payload) for payload in read_records(path)]
    assert events[0].file_version == "brain.Event:2"
    return events


def points_of(events: list[Event]) -> list[Point]:
    return [Point(v.tag, e.step, e.wall_time, v.number) for e in events for v in e.values]


def points(directory: str | os.PathLike[str]) -> list[Point]:
    """All scalars of all event files in `directory` and below it."""
    return [p for path in event_files(directory) for p in points_of(parse_file(path))]


def steps(directory: str | os.PathLike[str]) -> list[int]:
    """The sorted steps of all scalars in `directory` and below it."""
    return sorted(p.step for p in points(directory))


def steps_so_far(directory: str | os.PathLike[str]) -> list[int]:
    """The steps of all scalars, in order, in files that are still being written."""
    return [
        point.step
        for path in event_files(directory)
        for payload in split_records(path.read_bytes())[0]
        for point in points_of([Event.parse(payload)])
    ]


def texts(path: str | os.PathLike[str]) -> list[tuple[str, int, str]]:
    """The tag, step and text of each text in a file."""
    return [
        (v.tag, e.step, v.tensor[0].decode())
        for e in parse_file(path)
        for v in e.values
        if v.plugin == "text"
    ]


def read_events(path: str | os.PathLike[str]) -> list[Any]:
    """The file's events as TensorBoard's `Event` messages."""
    from peers import peer

    event_pb2 = peer("tensorboard.compat.proto.event_pb2")
    return [event_pb2.Event.FromString(payload) for payload in read_records(path)]
