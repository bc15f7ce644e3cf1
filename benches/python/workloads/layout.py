"""This is not a benchmark. It shows that the loaded files are what torch and TF2 would write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from harness import eventfiles, peers
from harness.bench import Bench, event_file
from harness.measure import Row, skipped

POINTS = 400


def rows(bench: Bench) -> Iterator[Row]:
    for name, modules, write, encoding in (
        ("torch", ["torch", "tensorboard"], torch_file, eventfiles.torch_value),
        ("tf.summary", ["tensorflow"], tf2_file, eventfiles.tf2_value),
    ):
        figure = "the files that are loaded below"
        if not bench.has(*modules):
            yield skipped(figure, name, f"{name} is not here")
            continue
        with bench.directory() as directory:
            events = sample()
            write(directory, events)
            eventfiles.check_written(event_file(directory), events, (0.0, np.inf), encoding)
        note = f"{POINTS} events of every size, but for what the file starts with"
        yield Row(figure, f"what {name} writes", ours="equal bytes", note=note)


def sample() -> eventfiles.Events:
    """Steps of every varint size that the workloads have."""
    events = eventfiles.rotation(POINTS)
    return replace(events, step=np.sort(np.arange(POINTS) ** 3 // 30))


def torch_file(directory: Path, events: eventfiles.Events) -> None:
    with peers.torch_writer(directory) as writer:
        for tag, step, wall_time, value in listed(events):
            writer.add_scalar(tag, value, step, wall_time)


def tf2_file(directory: Path, events: eventfiles.Events) -> None:
    peers.quiet()
    import tensorflow as tf

    with tf.summary.create_file_writer(str(directory)).as_default():
        for tag, step, _, value in listed(events):
            tf.summary.scalar(tag, value, step)


def listed(events: eventfiles.Events) -> Iterator[tuple[str, int, float, float]]:
    tags = [events.tags[kind][0] for kind in events.kind]
    columns = events.step, events.wall_time, events.value[:, 0]
    yield from zip(tags, *(column.tolist() for column in columns), strict=True)
