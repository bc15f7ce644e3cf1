"""Event files of large records and of histograms, made quickly with NumPy as torch writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness import eventfiles
from harness.eventfiles import START, Bytes, Events, as_bytes, field, frame, masked_crc32c, varints

# The first step. From here on all steps take two bytes.
FIRST_STEP = 1000
IMAGE_TAG = "samples/000"
COLUMNS = ["min", "max", "num", "sum", "sum_squares"]


def write_images(path: Path, images: int, size: int) -> Events:
    """Writes this number of images of `size` bytes, each followed by two scalars. Returns the
    scalars.
    """
    scalars = eventfiles.rotation(2 * images, 2)
    scalars = replace(scalars, step=scalars.step + FIRST_STEP)
    records = eventfiles.encode(scalars, eventfiles.torch_value).reshape(images, -1)
    with path.open("wb") as file:
        file.write(version())
        for rows in blocks(images, 100):
            pixels = image_bytes(rows, size)
            head = b"\x08\x40\x10\x40\x18\x03" + field(4, bytes(size))[:-size]
            events = summaries(rows, [IMAGE_TAG] * len(rows), 4, head, pixels)
            file.write(np.hstack([framed(events), records[rows]]).tobytes())
    return scalars


def image_bytes(rows: NDArray[np.intp], size: int) -> Bytes:
    """The encoded image of each of these events. Noise stands for the output of a codec."""
    images = [np.frombuffer(np.random.default_rng(row).bytes(size), np.uint8) for row in rows]
    return np.stack(images)


def write_histograms(path: Path, count: int, buckets: int) -> dict[str, dict[str, Bytes]]:
    """Writes this number of histograms, of ten tags in rotation. Returns the columns by tag and
    name.
    """
    rng = np.random.default_rng(0)
    rows = np.arange(count)
    columns = rng.standard_normal((count, len(COLUMNS)))
    limits = np.sort(rng.standard_normal((count, buckets)))
    counts = rng.integers(0, 9, (count, buckets)).astype(np.float64)
    tags = [f"layer/{i:03}" for i in range(10)]
    with path.open("wb") as file:
        file.write(version())
        for part in blocks(count, 10_000):
            pieces = []
            for i in range(len(COLUMNS)):
                pieces += [key(part, bytes([i + 1 << 3 | 1])), as_bytes(columns[part, i])]
            for number, table in (6, limits), (7, counts):
                pieces += [key(part, field(number, bytes(8 * buckets))[: -8 * buckets])]
                pieces += [as_bytes(table[part])]
            content = np.hstack(pieces)
            events = summaries(part, [tags[row % 10] for row in part], 5, b"", content, step=10)
            file.write(framed(events).tobytes())
    names = dict(zip(COLUMNS, columns.T, strict=True)) | {"limits": limits, "counts": counts}
    names |= {"step": FIRST_STEP + rows // 10, "wall_time": START + rows * 1e-3}
    return {
        tag: {name: column[i::10] for name, column in names.items()} for i, tag in enumerate(tags)
    }


def blocks(count: int, size: int) -> Iterator[NDArray[np.intp]]:
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count))


def version() -> bytes:
    return frame(b"\x09" + np.float64(START).tobytes() + field(3, b"brain.Event:2"))


def key(rows: NDArray[np.intp], data: bytes) -> Bytes:
    """The same bytes in each row."""
    return np.broadcast_to(np.frombuffer(data, np.uint8), (len(rows), len(data)))


def summaries(
    rows: NDArray[np.intp], tags: list[str], number: int, head: bytes, content: Bytes, step: int = 1
) -> Bytes:
    """Events of one value: a message in this field, of `head` and a row of `content`."""
    size = len(head) + content.shape[1]
    before = [
        field(1, tag.encode()) + field(number, bytes(size))[:-size] + head for tag in set(tags)
    ]
    value_size = len(before[0]) + content.shape[1]
    summary = field(1, bytes(value_size))[:-value_size]
    whole = len(summary) + value_size
    start = field(5, bytes(whole))[:-whole] + summary
    starts = {tag: start + value for tag, value in zip(set(tags), before, strict=True)}
    return np.hstack(
        [
            key(rows, b"\x09"),
            as_bytes(START + rows * 1e-3),
            key(rows, b"\x10"),
            varints(FIRST_STEP + rows // step, 2),
            np.stack([np.frombuffer(starts[tag], np.uint8) for tag in tags]),
            content,
        ]
    )


def framed(payloads: Bytes) -> Bytes:
    """A record for each row."""
    size = payloads.shape[1]
    length = np.frombuffer(np.uint64(size).tobytes(), np.uint8)
    head = np.concatenate([length, masked_crc32c(length[None, :]).view(np.uint8)])
    crcs = as_bytes(masked_crc32c(payloads))
    return np.hstack([np.broadcast_to(head, (len(payloads), len(head))), payloads, crcs])
