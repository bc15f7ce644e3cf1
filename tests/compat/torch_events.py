"""Makes the same calls on torch's SummaryWriter and on ours, and compares their events."""

import math
import os
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

import events
import tfevents
from peers import peer

torch = peer("torch")
torch_tensorboard = peer("torch.utils.tensorboard")

Files = dict[str, list[Any]]


def written(writer_class: Any, calls: Callable[[Any], object], **options: Any) -> Files:
    """The events that `calls` wrote, by directory, with the first event of each file."""
    with tempfile.TemporaryDirectory() as directory:
        with warnings.catch_warnings():
            # NumPy warns about values that torch converts.
            warnings.simplefilter("ignore")
            writer = writer_class(directory, **options)
            try:
                calls(writer)
            finally:
                writer.close()
        return {
            os.path.relpath(path.parent, directory): events.read_events(path)
            for path in events.event_files(directory)
        }


def ours(calls: Callable[[Any], object], **options: Any) -> Files:
    return written(tfevents.SummaryWriter, calls, **options)


def torchs(calls: Callable[[Any], object], **options: Any) -> Files:
    return written(torch_tensorboard.SummaryWriter, calls, **options)


def comparable(files: Files, with_wall_times: bool) -> dict[str, list[str]]:
    """The events as text, for readable differences. Equal texts are equal messages.

    In the text, floats have all their bits, and all NaNs are equal.
    """
    for run in files.values():
        for number, event in enumerate(run):
            event.ClearField("source_metadata")
            if not with_wall_times or number == 0:
                event.ClearField("wall_time")
    return {name: [str(event) for event in run] for name, run in files.items()}


def assert_equal(
    calls: Callable[[Any], object], *, with_wall_times=False, torch_calls=None, **options
):
    mine = ours(calls, **options)
    theirs = torchs(torch_calls or calls, **options)
    assert comparable(mine, with_wall_times) == comparable(theirs, with_wall_times)


# Arguments of many methods.

# Ours warns about an empty tag, since TensorBoard does not list it.
tags = st.text(min_size=1, max_size=30) | st.sampled_from(
    ["loss", "train/loss", "/", "a//b", "损失", "\0"]
)
steps = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.sampled_from([2**63 - 1, -(2**63), -1, 0, 3.0, -2.0, 1e15, True])
    | st.integers(-128, 127).map(np.int8)
    | st.integers(0, 2**63 - 1).map(np.uint64)
    | st.integers(-(2**63), 2**63 - 1).map(np.int64)
    | st.integers(-(2**40), 2**40).map(torch.tensor)
    | st.integers(-100, 100).map(np.float32)
)
wall_times = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**40), 2**40)
    | st.floats(0, 2e9).map(np.float64)
    | st.floats(0, 2e9, width=32).map(np.float32)
)
floats = st.floats(allow_nan=False) | st.sampled_from(
    [math.nan, math.inf, -math.inf, -0.0, 5e-324, 1e-45, 1.4e-45, 3.4028236e38, 1e300, 0.1]
)
