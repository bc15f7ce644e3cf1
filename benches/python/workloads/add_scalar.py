"""A loop with a million calls of `add_scalar`: the cost to the caller, and the time until
written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from types import FunctionType
from typing import Any

import numpy as np

import tfevents
from harness import eventfiles, peers
from harness.bench import Bench, event_file
from harness.measure import Bound, Row, interleave, ratio_row, skipped

LOSS = 0.6931
# A function that gets a writer, the number of calls and the value to log.
Loop = Callable[[Any, int, float], None]


class Empty:
    """A method that does nothing, with the same arguments."""

    def add_scalar(
        self,
        tag: str,
        scalar_value: float,
        global_step: int | None = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        pass


def training(writer: Any, calls: int, loss: float) -> None:
    for step in range(calls):
        writer.add_scalar("train/loss", loss, step)


def nothing(writer: Any, calls: int, loss: float) -> None:
    for _step in range(calls):
        pass


def own_copy(loop: Loop) -> Loop:
    """A copy of the loop for one contender. CPython specialises a function's code for the types
    that it meets. Code that met several types is slower for all.
    """
    assert isinstance(loop, FunctionType)
    return FunctionType(loop.__code__.replace(), loop.__globals__)


@dataclass(frozen=True)
class Cost:
    """Seconds a call."""

    caller: float
    written: float


def logging(
    bench: Bench, create: Callable[[Path], Any], calls: int, loop: Loop = training
) -> Callable[[], Cost]:
    """Logs in a loop, and checks every byte of the file."""
    own_loop = own_copy(loop)

    def run() -> Cost:
        with bench.directory() as directory:
            writer = create(directory)
            since = time.time()
            start = perf_counter()
            own_loop(writer, calls, LOSS)
            caller = perf_counter() - start
            writer.flush()
            written = perf_counter() - start
            writer.close()
            called = since, time.time()
            eventfiles.check_written(event_file(directory), logged(calls), called)
        return Cost(caller / calls, written / calls)

    return run


def logged(calls: int) -> eventfiles.Events:
    return eventfiles.Events(
        tags=[("train/loss",)],
        kind=np.zeros(calls, np.intp),
        step=np.arange(calls),
        wall_time=np.zeros(calls),
        value=np.full((calls, 1), LOSS, np.float32),
    )


def calling(loop: Loop, calls: int) -> Callable[[], float]:
    """Seconds a call of the empty method, or a round of the empty loop."""
    own_loop = own_copy(loop)
    empty = Empty()

    def run() -> float:
        start = perf_counter()
        own_loop(empty, calls, LOSS)
        return (perf_counter() - start) / calls

    return run


def rows(bench: Bench) -> Iterator[Row]:
    yield from against_an_empty_method(bench)
    yield from against(bench, "torch", peers.torch_writer, ["torch", "tensorboard"], 400, 300)
    yield from against(bench, "tensorboardX", peers.tensorboardx_writer, ["tensorboardX"])


def against_an_empty_method(bench: Bench) -> Iterator[Row]:
    ours = logging(bench, tfevents.SummaryWriter, bench.points)
    costs: dict[str, list[Any]] = interleave(
        bench.repetitions,
        {
            "loop": calling(nothing, bench.points),
            "empty": calling(training, bench.points),
            "ours": ours,
        },
    )
    caller, empty, loop = [c.caller for c in costs["ours"]], costs["empty"], costs["loop"]
    yield ratio_row(
        "`add_scalar`, cost to the caller",
        "an empty method called in the same loop",
        caller,
        empty,
        ("at most", 3),
        unit="call",
    )
    yield ratio_row(
        "the same, the loop's own cost taken off",
        "an empty method",
        [cost - own for cost, own in zip(caller, loop, strict=True)],
        [cost - own for cost, own in zip(empty, loop, strict=True)],
        None,
        faster=False,
        unit="call",
    )


def against(
    bench: Bench,
    name: str,
    create: Callable[[Path], Any],
    modules: list[str],
    caller: float | None = None,
    written: float | None = None,
) -> Iterator[Row]:
    """Two rows for another writer. `caller` and `written` say how many times faster ours must
    be.
    """
    figures = {
        "caller": ("`add_scalar`, cost to the caller", caller),
        "written": ("`add_scalar`, until all is written", written),
    }
    if not bench.has(*modules):
        for figure, _ in figures.values():
            yield skipped(figure, name, f"{name} is not here")
        return
    calls = bench.slow_points // 5
    costs = interleave(
        bench.slow_repetitions,
        {
            name: logging(bench, create, calls),
            "ours": logging(bench, tfevents.SummaryWriter, bench.points),
        },
    )
    longer = logging(bench, create, 3 * calls)()
    for attribute, (figure, floor) in figures.items():
        theirs = [getattr(cost, attribute) for cost in costs[name]]
        growth = getattr(longer, attribute) / median(theirs)
        bound: Bound | None = None if floor is None else ("at least", floor)
        yield ratio_row(
            figure,
            name,
            [getattr(cost, attribute) for cost in costs["ours"]],
            theirs,
            bound,
            faster=True,
            unit="call",
            note=f"{name}: {calls:,} calls a repetition; "
            f"{3 * calls:,} calls cost {growth:.2f} times as much a call",
        )
