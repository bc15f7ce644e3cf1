"""What 100,000 runs and 10 TB take: measured on one piece, and for the driver on a made-up listing.

    python benches/python/many_machines.py

It prints the figures of docs/many_machines.md. Times are of the processor, not of the clock.
"""

from __future__ import annotations

import pickle
import re
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import process_time
from unittest import mock

import tfevents
from harness import eventfiles
from tfevents import partition
from tfevents.finding import Found

RUNS, TOTAL, PIECE = 100_000, 10 * 10**12, 256 * 10**6
# Of S3: keys in a page of a listing, and what one request of the reader fetches.
PAGE, BLOCK = 1000, 4 << 20


def main() -> None:
    driver()
    one_piece()


def driver() -> None:
    """What the process does that cuts the tree, but for the listing itself."""
    base = "s3://bucket/experiments"
    runs = [
        (f"sweep{i // 1000:03}/run{i:06}", [f"{base}/sweep{i // 1000:03}/run{i:06}/events.out"], [])
        for i in range(RUNS)
    ]
    size = TOTAL // RUNS

    class Listed:
        def __call__(self) -> Found:
            return Found(runs, [])

    before = peak()
    with (
        mock.patch.object(partition, "finder_of", return_value=Listed()),
        mock.patch.object(partition, "_size", return_value=size),
    ):
        start = process_time()
        pieces = tfevents.partitions(base, bytes=PIECE)
        seconds = process_time() - start
    start = process_time()
    pickled = [len(pickle.dumps(piece)) for piece in pieces]
    dumped = process_time() - start
    memory = peak() - before
    print(f"listing: {RUNS // PAGE} requests")
    print(f"{len(pieces):,} pieces of {PIECE / 1e6:.0f} MB, cut in {seconds:.2f} s")
    print(
        f"pickled in {dumped:.2f} s: {sum(pickled) / len(pickled):.0f} bytes each, "
        f"{sum(pickled) / 1e6:.1f} MB in all; {memory / 1024:.0f} MiB more memory"
    )


def one_piece() -> None:
    """What a worker does with a piece: scalars of two runs and ten tags each."""
    with tempfile.TemporaryDirectory() as directory:
        events = eventfiles.rotation(2_500_000)
        for run in range(2):
            path = Path(directory) / f"run{run}" / "events.out.tfevents.1"
            eventfiles.write(path, events)
        (piece,) = tfevents.partitions(directory, bytes="1GB")
        # A process that has made nothing yet.
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            rows, read, made, memory = process.submit(work, piece).result()
    size = piece.size
    print(f"one piece: {size / 1e6:.0f} MB, {rows:,} points")
    print(
        f"read in {read:.2f} s ({size / read / 1e6:.0f} MB/s), {memory / 1024:.0f} MiB more memory"
    )
    print(f"a DataFrame of it in {made:.2f} s")
    print(f"requests from S3: at most {len(piece.files)} looks and {-(-size // BLOCK)} reads")
    every = TOTAL / size * (read + made)
    print(f"10 TB: {every / 3600:.1f} hours of one processor")


def peak() -> int:
    """The most memory that this process had, in KiB."""
    (line,) = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(line)


def work(piece: tfevents.Partition) -> tuple[int, float, float, int]:
    """How many rows there are, seconds to read them and to make a DataFrame, and memory in KiB."""
    import pandas  # noqa: F401

    before = peak()
    start = process_time()
    table = piece.table()
    read = process_time() - start
    start = process_time()
    rows = len(table.to_pandas())
    made = process_time() - start
    return rows, read, made, peak() - before


if __name__ == "__main__":
    main()
