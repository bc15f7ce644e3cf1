"""The same jobs, done by the peers. They are imported only when they are needed."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.check import COLUMNS, Columns, WrongResult, same

PIECE = 256 * 1024
# The names of packages in the report, and the modules that they bring.
PACKAGES = {
    "torch": "torch",
    "tensorboard": "tensorboard",
    "tensorflow-cpu": "tensorflow",
    "tensorboardX": "tensorboardX",
    "moviepy": "moviepy",
    "pillow": "PIL",
    "pandas": "pandas",
    "tbparse": "tbparse",
    "tensorboard-data-server": "tensorboard_data_server",
}


def torch_writer(directory: Path) -> Any:
    quiet()
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(directory))


def tensorboardx_writer(directory: Path) -> Any:
    from tensorboardX import SummaryWriter

    return SummaryWriter(str(directory))


def plain_read(path: Path, buffer: bytearray) -> float:
    """Seconds to read a file in pieces into the same buffer."""
    size = 0
    start = perf_counter()
    with path.open("rb", buffering=0) as file:
        while got := file.readinto(buffer):
            size += got
    seconds = perf_counter() - start
    if size != path.stat().st_size:
        raise WrongResult(f"read {size} bytes of {path}")
    return seconds


def plain_write(path: Path, data: bytes) -> float:
    """Seconds to write these bytes to a new file in pieces."""
    pieces = [memoryview(data)[at : at + PIECE] for at in range(0, len(data), PIECE)]
    with path.open("xb", buffering=0) as file:
        start = perf_counter()
        written = sum(file.write(piece) for piece in pieces)
        seconds = perf_counter() - start
    if written != len(data):
        raise WrongResult(f"wrote {written} of {len(data)} bytes")
    return seconds


def summary_iterator(path: Path, expected: Columns) -> float:
    """Seconds until the values of all events are collected by tag."""
    quiet()
    import tensorflow as tf

    points = defaultdict(list)
    start = perf_counter()
    for event in tf.compat.v1.train.summary_iterator(str(path)):
        for value in event.summary.value:
            points[value.tag].append((event.step, event.wall_time, value.simple_value))
    seconds = perf_counter() - start
    same(
        expected,
        {tag: [np.array(c) for c in zip(*rows, strict=True)] for tag, rows in points.items()},
    )
    return seconds


def event_file_loader(path: Path, expected: Columns) -> float:
    """Seconds until the values of all events are collected by tag."""
    quiet()
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
    from tensorboard.util import tensor_util

    points = defaultdict(list)
    start = perf_counter()
    for event in EventFileLoader(str(path)).Load():
        for value in event.summary.value:
            number = tensor_util.make_ndarray(value.tensor).item()
            points[value.tag].append((event.step, event.wall_time, number))
    seconds = perf_counter() - start
    same(
        expected,
        {tag: [np.array(c) for c in zip(*rows, strict=True)] for tag, rows in points.items()},
    )
    return seconds


def event_accumulator(path: Path | str, expected: Columns) -> float:
    """Seconds until EventAccumulator holds every point of every tag."""
    quiet()
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    start = perf_counter()
    accumulator = EventAccumulator(str(path), size_guidance={"scalars": 0}).Reload()
    seconds = perf_counter() - start
    found = {tag: accumulator.Scalars(tag) for tag in accumulator.Tags()["scalars"]}
    same(expected, {tag: columns(events) for tag, events in found.items()})
    return seconds


def event_accumulator_alone(path: Path | str, expected: Columns) -> float:
    """The same without TensorFlow, even if it is installed. It needs a process of its own."""
    # If this module exists, TensorBoard does not look for TensorFlow.
    name = "tensorboard.compat.notf"
    sys.modules[name] = ModuleType(name)
    return event_accumulator(path, expected)


def tbparse(path: Path, expected: Columns) -> float:
    """Seconds until tbparse has a DataFrame of every point, with wall times."""
    quiet()
    from tbparse import SummaryReader

    start = perf_counter()
    table = SummaryReader(str(path), extra_columns={"wall_time"}).scalars
    seconds = perf_counter() - start
    groups = table.groupby("tag")
    same(expected, {tag: [rows[name].to_numpy() for name in COLUMNS] for tag, rows in groups})
    return seconds


def rustboard(directory: Path, expected: Columns | None = None, *, checksum: bool = True) -> float:
    """Seconds of the load cycle that TensorBoard's data server reports for a directory.

    With `expected`, the server is then asked for the data, to check that it has every point.
    """
    with data_server(directory, checksum) as server:
        port = after(server, r"listening on \S+:(\d+)")
        seconds = rust_duration(after(server, r"Finished load cycle \((\S+)\)"))
        if expected is not None:
            same(expected, asked(f"localhost:{port}"))
    return seconds


@contextmanager
def data_server(directory: Path, checksum: bool) -> Iterator[subprocess.Popen[str]]:
    import tensorboard_data_server

    binary = tensorboard_data_server.server_binary()
    load = ["--logdir", str(directory), "--reload", "once", *["--checksum"] * checksum]
    keep_all = ["--samples-per-plugin", "scalars=all"]
    server = subprocess.Popen(
        [binary, *load, *keep_all, "--port", "0", "-v"], stderr=subprocess.PIPE, text=True
    )
    try:
        yield server
    finally:
        server.kill()
        server.communicate()


def after(server: subprocess.Popen[str], pattern: str) -> str:
    """The match of the pattern's group in the next line of the server's log that matches."""
    assert server.stderr is not None
    for line in server.stderr:
        if found := re.search(pattern, line):
            return found[1]
    raise WrongResult(f"the data server ended before {pattern!r}")


def rust_duration(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(s|ms|µs|ns)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}[unit]


def asked(address: str) -> Columns:
    """Every scalar of the root run, requested as TensorBoard's front end requests it."""
    quiet()
    import grpc
    from tensorboard import context
    from tensorboard.data import grpc_provider
    from tensorboard.data.proto import data_provider_pb2_grpc

    options = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(address, options=options) as channel:
        stub = data_provider_pb2_grpc.TensorBoardDataProviderStub(channel)
        runs = grpc_provider.GrpcDataProvider(address, stub).read_scalars(
            context.RequestContext(),
            experiment_id="",
            plugin_name="scalars",
            downsample=1 << 30,
        )
    return {tag: columns(points) for tag, points in runs["."].items()}


def columns(points: Any) -> list[NDArray[Any]]:
    """The columns of a list of TensorBoard's points, of any of its classes."""
    return [np.array([getattr(point, name) for point in points]) for name in COLUMNS]


def quiet() -> None:
    """Hides TensorFlow's messages at import, and its warnings about its own deprecated parts."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
