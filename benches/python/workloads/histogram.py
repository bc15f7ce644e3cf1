"""Histograms of one large array, and of all parameters of a model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.bench import Bench
from harness.check import WrongResult
from harness.measure import Row
from harness.methods import compared, fields, values

Arrays = dict[str, NDArray[np.float32]]
# The moments, and the limits and counts of the buckets.
Histogram = tuple[list[float], NDArray[Any], NDArray[Any]]


def log(arrays: Arrays, writer: Any, step: int) -> None:
    for name, array in arrays.items():
        writer.add_histogram(name, array, step)


def check(expected: dict[str, Histogram], directory: Path, steps: int) -> None:
    """Fails unless the file has the histograms that NumPy computes."""
    found = values(directory)
    order = [(step, name) for step in range(steps) for name in expected]
    if [(value.step, value.tag) for value in found] != order:
        raise WrongResult("the histograms are not those that were logged")
    for value in found:
        message = fields(value.message[5][0])
        moments = [np.frombuffer(message.get(number, [bytes(8)])[0]) for number in range(1, 6)]
        if not np.allclose(np.concatenate(moments), expected[value.tag][0], rtol=1e-9, atol=1e-6):
            raise WrongResult(f"{value.tag}: the moments differ")
        for number, numbers in (6, expected[value.tag][1]), (7, expected[value.tag][2]):
            if not np.array_equal(np.frombuffer(message[number][0]), numbers):
                raise WrongResult(f"{value.tag}: the buckets differ")


def histogram(array: NDArray[np.float32]) -> Histogram:
    wide = array.astype(np.float64).ravel()
    counts, edges = np.histogram(wide, EDGES)
    (used,) = np.nonzero(counts)
    first, last = used[0], used[-1]
    moments = [wide.min(), wide.max(), wide.size, wide.sum(), wide.dot(wide)]
    return moments, edges[first : last + 2], np.append(0, counts[first : last + 1])


def tensorflow_edges() -> NDArray[np.float64]:
    edge, edges = 1e-12, []
    while edge < 1e20:
        edges.append(edge)
        edge *= 1.1
    return np.array([-e for e in reversed(edges)] + [0.0] + edges)


EDGES = tensorflow_edges()


def parameters(width: int) -> Arrays:
    """The 60 parameters of ResNet-18 without its last layer. With width 64 they are 11 million
    numbers.
    """
    shapes: dict[str, tuple[int, ...]] = {"conv1": (width, 3, 7, 7), **norm("bn1", width)}
    inputs = width
    for stage in range(4):
        outputs = width << stage
        for block in range(2):
            name = f"layer{stage + 1}.{block}"
            shapes |= {f"{name}.conv1": (outputs, inputs, 3, 3), **norm(f"{name}.bn1", outputs)}
            shapes |= {f"{name}.conv2": (outputs, outputs, 3, 3), **norm(f"{name}.bn2", outputs)}
            if inputs != outputs:
                shapes |= {f"{name}.down": (outputs, inputs, 1, 1), **norm(f"{name}.bn3", outputs)}
            inputs = outputs
    rng = np.random.default_rng(0)
    return {
        name: rng.standard_normal(shape, dtype=np.float32) * np.float32(0.05)
        for name, shape in shapes.items()
    }


def norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def rows(bench: Bench) -> Iterator[Row]:
    size = bench.points
    one = {"weights": np.random.default_rng(0).standard_normal(size, dtype=np.float32)}
    model = parameters(64 if size >= 100_000 else 8)
    for figure, arrays, steps, unit in [
        (f"`add_histogram` of {size:,} float32", one, 5, "call"),
        (f"`add_histogram` of a model's {len(model)} parameters", model, 1, "model"),
    ]:
        expected = {name: histogram(array) for name, array in arrays.items()}
        yield from compared(
            bench,
            figure,
            partial(log, arrays),
            partial(check, expected),
            steps=steps,
            caller=10,
            cpu=4,
            unit=unit,
        )
