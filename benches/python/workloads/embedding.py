"""An embedding of 10,000 vectors of 128 numbers, with labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from harness.bench import Bench
from harness.check import WrongResult
from harness.measure import Row
from harness.methods import compared

COLUMNS = 128


def rows(bench: Bench) -> Iterator[Row]:
    count = min(10_000, max(bench.points // 100, 10))
    vectors = np.random.default_rng(0).standard_normal((count, COLUMNS), np.float32)
    labels = [f"word {number}" for number in range(count)]

    def log(writer: Any, step: int) -> None:
        writer.add_embedding(vectors, labels, global_step=step)

    def check(directory: Path, steps: int) -> None:
        for step in range(steps):
            files = directory / f"{step:05}" / "default"
            if (files / "metadata.tsv").read_text().split("\n") != [*labels, ""]:
                raise WrongResult("the labels differ from those that were logged")
            # The text of each number parses to the same float32.
            found = np.loadtxt(files / "tensors.tsv", np.float32, delimiter="\t", ndmin=2)
            if not np.array_equal(found, vectors):
                raise WrongResult("the vectors differ from those that were logged")
        if (directory / "projector_config.pbtxt").read_text().count("tensor_name") != steps:
            raise WrongResult("the projector is not told of each embedding")

    method = f"`add_embedding` of {count:,} × {COLUMNS}"
    yield from compared(bench, method, log, check, steps=1, caller=8, cpu=4)
