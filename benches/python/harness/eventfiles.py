"""Event files made quickly with NumPy, byte for byte as torch and TensorFlow 2 write them.

The peers need a minute for a million points, and this module needs a second. It shares no code with
tfevents, so it can also check what tfevents writes: `check_written` compares every byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.check import WrongResult

Bytes = NDArray[np.uint8]
# The bytes of each tag's `Summary.Value`, and where the four bytes of the float begin in them.
ValueEncoding = Callable[[str], tuple[bytes, int]]

START = 1_700_000_000.0
NAMES = [
    "loss",
    "lr",
    "accuracy",
    "grad_norm",
    "weight_decay",
    "throughput",
    "val_loss",
    "momentum",
    "entropy_loss",
    "kl_div",
]


@dataclass(frozen=True)
class Events:
    """Scalar events in file order. `tags[kind[i]]` are the tags that event i has a value for."""

    tags: list[tuple[str, ...]]
    kind: NDArray[np.intp]  # [n]
    step: NDArray[np.int64]  # [n]
    wall_time: NDArray[np.float64]  # [n]
    value: NDArray[np.float32]  # [n, values an event]

    def __len__(self) -> int:
        return len(self.step)

    def __getitem__(self, part: slice | NDArray[np.intp]) -> Events:
        return Events(
            self.tags, self.kind[part], self.step[part], self.wall_time[part], self.value[part]
        )


def tag_names(count: int) -> list[tuple[str, ...]]:
    """Tags of two to twelve letters and a layer, twelve bytes on average."""
    return [(f"{NAMES[i % len(NAMES)]}/{i // len(NAMES):03d}",) for i in range(count)]


def rotation(points: int, tags: int = 10, *, shuffle: bool = False, seed: int = 0) -> Events:
    """Events of one value. The tags come in rotation or at random. The step increases once a
    round.
    """
    rng = np.random.default_rng(seed)
    order = np.arange(points, dtype=np.int64)
    return Events(
        tags=tag_names(tags),
        kind=rng.integers(0, tags, points) if shuffle else order % tags,
        step=order // tags,
        wall_time=START + order.astype(np.float64) * 1e-3,
        value=rng.standard_normal((points, 1), dtype=np.float32),
    )


def torch_value(tag: str) -> tuple[bytes, int]:
    """`Summary.Value` with `simple_value`, as torch's and tensorboardX's add_scalar write it."""
    value = field(1, tag.encode()) + b"\x15" + bytes(4)
    return value, len(value) - 4


def tf2_value(tag: str) -> tuple[bytes, int]:
    """`Summary.Value` with a tensor and metadata, as tf.summary.scalar writes it every time."""
    tensor = b"\x08\x01" + field(2, b"") + field(4, bytes(4))
    metadata = field(1, field(1, b"scalars"))
    value = field(1, tag.encode()) + field(8, tensor) + field(9, metadata)
    return value, value.index(tensor) + len(tensor) - 4


def write(path: Path, events: Events, encoding: ValueEncoding = torch_value) -> None:
    """Writes a whole event file, in blocks, so that a large one needs little memory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(frame(b"\x09" + np.float64(START).tobytes() + field(3, b"brain.Event:2")))
        for start in range(0, len(events), 1_000_000):
            file.write(encode(events[start : start + 1_000_000], encoding).tobytes())


def check_written(
    path: Path,
    events: Events,
    called: tuple[float, float] | None = None,
    encoding: ValueEncoding = torch_value,
) -> None:
    """Fails unless the file has these events, byte for byte.

    `called` is given for a writer that takes the wall times itself: the times of the first and the
    last event. Then the wall times come from the file. The first record of the file is skipped,
    since each writer has its own.
    """
    data = np.fromfile(path, np.uint8)
    first = 16 + int.from_bytes(data[:8].tobytes(), "little")
    offset, size = offsets(events, encoding)
    if first + size != len(data):
        raise WrongResult(f"{path}: {len(data)} bytes, not {first + size}")
    if called is not None:
        wall_time = data[(first + offset + 13)[:, None] + np.arange(8)].view(np.float64).ravel()
        if (np.diff([called[0], *wall_time, called[1]]) < 0).any():
            raise WrongResult(f"{path}: wall times are not those of the calls")
        events = replace(events, wall_time=wall_time)
    if not np.array_equal(encode(events, encoding), data[first:]):
        raise WrongResult(f"{path}: the events differ from those that were made")


def encode(events: Events, encoding: ValueEncoding) -> Bytes:
    """The events as records, one after another."""
    offset, size = offsets(events, encoding)
    out = np.empty(size, np.uint8)
    for rows, step_size, layouts in groups(events, encoding):
        records = fill(events[rows], step_size, layouts)
        out[offset[rows][:, None] + np.arange(records.shape[1])] = records
    return out


def offsets(events: Events, encoding: ValueEncoding) -> tuple[NDArray[np.int64], int]:
    """Where each event's record starts, and where the last one ends."""
    summary_sizes = np.array([len(summary(tags, encoding)[0]) for tags in events.tags])
    steps = varint_sizes(events.step)
    sizes = 16 + 9 + steps + (steps > 0) + summary_sizes[events.kind]
    ends = np.cumsum(sizes)
    return ends - sizes, int(ends[-1])


# For each kind of event, its bytes with zeros for the variable parts, and where its floats are.
Layouts = tuple[Bytes, list[int]]


def groups(
    events: Events, encoding: ValueEncoding
) -> Iterator[tuple[NDArray[np.intp], int, Layouts]]:
    """The events whose records have the same size and parts. They are one matrix."""
    summaries = [summary(tags, encoding) for tags in events.tags]
    summary_size = np.array([len(data) for data, _ in summaries])[events.kind]
    step_size = varint_sizes(events.step)
    for key in np.unique(summary_size * 16 + step_size):
        rows = np.flatnonzero(summary_size * 16 + step_size == key)
        size, steps = divmod(int(key), 16)
        head = b"\x09" + bytes(8) + (b"\x10" + bytes(steps) if steps else b"")
        templates = np.zeros((len(summaries), len(head) + size), np.uint8)
        floats: list[int] = []
        for kind, (data, places) in enumerate(summaries):
            if len(data) == size:
                templates[kind] = np.frombuffer(head + data, np.uint8)
                floats = [len(head) + place for place in places]
        yield rows, steps, (templates, floats)


def fill(events: Events, step_size: int, layouts: Layouts) -> Bytes:
    """One record a row: the frame, the wall time, the step and the values put in their places."""
    templates, floats = layouts
    size = templates.shape[1]
    records = np.empty((len(events), size + 16), np.uint8)
    records[:, :12] = np.frombuffer(frame(bytes(size))[:12], np.uint8)
    payload = records[:, 12:-4]
    payload[:] = templates[events.kind]
    payload[:, 1:9] = as_bytes(events.wall_time)
    if step_size:
        payload[:, 10 : 10 + step_size] = varints(events.step, step_size)
    for column, place in enumerate(floats):
        payload[:, place : place + 4] = as_bytes(events.value[:, column])
    records[:, -4:] = as_bytes(masked_crc32c(payload))
    return records


def summary(tags: tuple[str, ...], encoding: ValueEncoding) -> tuple[bytes, list[int]]:
    """The `summary` field of an event with a value for each tag, and where its floats are."""
    data, places = b"", []
    for tag in tags:
        value, place = encoding(tag)
        data += field(1, value)
        places.append(len(data) - len(value) + place)
    whole = field(5, data)
    return whole, [len(whole) - len(data) + place for place in places]


def field(number: int, data: bytes) -> bytes:
    """A length-delimited protobuf field."""
    size = np.array([len(data)])
    length = varints(size, max(1, int(varint_sizes(size)[0]))).tobytes()
    return bytes([number << 3 | 2]) + length + data


def frame(payload: bytes) -> bytes:
    """A TFRecord."""
    length = np.frombuffer(np.uint64(len(payload)).tobytes(), np.uint8)
    body = np.frombuffer(payload, np.uint8)
    crcs = [masked_crc32c(part[None, :]).tobytes() for part in (length, body)]
    return length.tobytes() + crcs[0] + payload + crcs[1]


def varint_sizes(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of bytes of each number as a varint. It is none for 0, which proto3 leaves out."""
    return np.searchsorted(2 ** (7 * np.arange(9, dtype=np.int64)), numbers, side="right")


def varints(numbers: NDArray[np.int64], size: int) -> Bytes:
    """Numbers of the same varint size, one a row."""
    groups_of_7 = numbers[:, None] >> (7 * np.arange(size)) & 0x7F
    groups_of_7[:, :-1] |= 0x80
    return groups_of_7.astype(np.uint8)


def as_bytes(column: NDArray[np.generic]) -> Bytes:
    """Little-endian bytes of a column, one number a row."""
    return np.ascontiguousarray(column).view(np.uint8).reshape(len(column), -1)


def crc32c_table() -> NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ 0x82F63B78, table >> 1).astype(np.uint32)
    return table


TABLE = crc32c_table()


def masked_crc32c(rows: Bytes) -> NDArray[np.uint32]:
    """TensorFlow's masked CRC32C of every row, a column at a time."""
    crc = np.full(len(rows), 0xFFFFFFFF, np.uint32)
    for start in range(0, len(rows), 1 << 14):  # as much as the caches hold
        block = slice(start, start + (1 << 14))
        part = crc[block]
        for column in np.ascontiguousarray(rows[block].T):
            part = TABLE[(part ^ column) & 0xFF] ^ part >> 8
        crc[block] = part
    crc = ~crc
    return ((crc >> 15 | crc << 17) + 0xA282EAD8).astype(np.uint32, copy=False)
