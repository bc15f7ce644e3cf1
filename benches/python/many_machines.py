"""The costs of 100,000 runs and 10 TB, measured on one piece, and for the driver on a made-up
listing.

    python benches/python/many_machines.py

It prints the figures of docs/many_machines.md. Times are CPU times.
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
from tfevents.reader.finding import Found

RUNS, TOTAL, PIECE = 100_000, 10 * 10**12, 256 * 10**6
# For S3: the number of keys in a page of a listing, and the bytes of one request of the reader.
PAGE, BLOCK = 1000, 4 << 20


def main() -> None:
    driver()
    one_piece()


def driver() -> None:
    """The work of the process that cuts the tree, without the listing itself."""
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
    """The work of a worker on a piece: scalars of two runs with ten tags each."""
    with tempfile.TemporaryDirectory() as directory:
        events = eventfiles.rotation(2_500_000)
        for run in range(2):
            path = Path(directory) / f"run{run}" / "events.out.tfevents.1"
            eventfiles.write(path, events)
        (piece,) = tfevents.partitions(directory, bytes="1GB")
        # A new process has not used memory yet.
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
    """The peak memory of this process, in KiB."""
    (line,) = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(line)


def work(piece: tfevents.Partition) -> tuple[int, float, float, int]:
    """The number of rows, the seconds to read them and to make a DataFrame, and the memory in
    KiB.
    """
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
