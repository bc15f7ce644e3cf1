"""Texts of a page: the cost to the caller, and the CPU time until they are on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.bench import Bench
from harness.check import WrongResult
from harness.measure import Row
from harness.methods import compared, fields, values

TEXT = "| step | loss | accuracy |\n|---|---|---|\n" + "| 1,000 | 0.6931 | 0.5 |\n" * 40


def log(writer: Any, step: int) -> None:
    writer.add_text("notes", TEXT, step)


def check(directory: Path, steps: int) -> None:
    found = [(v.step, v.tag, fields(v.message[8][0])[8]) for v in values(directory)]
    if found != [(step, "notes/text_summary", [TEXT.encode()]) for step in range(steps)]:
        raise WrongResult("the texts differ from those that were logged")


def rows(bench: Bench) -> Iterator[Row]:
    steps = max(bench.points // 200, 100)
    yield from compared(bench, "`add_text`", log, check, steps=steps, caller=50, cpu=30)
