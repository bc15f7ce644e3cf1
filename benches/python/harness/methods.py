"""Compares an `add_*` method with those of torch and tensorboardX.

Two costs are measured: the time that the caller spends in the calls, and the CPU time of all
threads from the first call until `close` returns. Each is compared with the faster of the peers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import tfevents
from harness import peers
from harness.bench import Bench
from harness.check import WrongResult
from harness.measure import Row, interleave, ratio_row, skipped

# Makes the calls of one step on a writer.
Log = Callable[[Any, int], object]
# Fails unless the directory has the values of the steps 0, 1, …, below this number.
Check = Callable[[Path, int], None]


@dataclass(frozen=True)
class Peer:
    name: str
    create: Callable[[Path], Any]
    modules: tuple[str, ...]  # without which it can't be measured


TORCH = Peer("torch", peers.torch_writer, ("torch", "tensorboard"))
TENSORBOARDX = Peer("tensorboardX", peers.tensorboardx_writer, ("tensorboardX",))


@dataclass(frozen=True)
class Cost:
    """Seconds a step."""

    caller: float
    cpu: float


def compared(
    bench: Bench,
    method: str,
    log: Log,
    check: Check,
    *,
    steps: int,
    caller: float | None = None,
    cpu: float | None = None,
    others: Sequence[Peer] = (TORCH, TENSORBOARDX),
    unit: str = "call",
    note: str = "",
) -> Iterator[Row]:
    """Two rows for a method: the cost to the caller, and the CPU time of all threads until all is
    on disk.

    Args:
        method: the name with which the rows' figures begin.
        log, check: the job and its check, the same for all contenders. The data are made before.
        steps: the number of jobs in each repetition, about 0.1 s of a peer's time.
        caller, cpu: how many times faster than the faster peer ours must be.
        unit: the name of one step.
    """
    figures = {
        "caller": (f"{method}, cost to the caller", caller),
        "cpu": (f"{method}, CPU until on disk", cpu),
    }
    contenders = {"ours": logging(bench, tfevents.SummaryWriter, log, check, steps)}
    for peer in others:
        if bench.has(*peer.modules):
            contenders[peer.name] = logging(bench, peer.create, log, check, steps)
    costs = interleave(bench.slow_repetitions, contenders)
    ours = costs.pop("ours")
    for measure, (figure, floor) in figures.items():
        theirs = {name: [getattr(cost, measure) for cost in of] for name, of in costs.items()}
        if not theirs:
            yield skipped(figure, "", f"neither of {', '.join(p.name for p in others)} is here")
            continue
        faster = min(theirs, key=lambda name: median(theirs[name]))
        yield ratio_row(
            figure,
            faster,
            [getattr(cost, measure) for cost in ours],
            theirs[faster],
            None if floor is None else ("at least", floor),
            faster=True,
            unit=unit,
            note=note,
        )


def logging(
    bench: Bench, create: Callable[[Path], Any], log: Log, check: Check, steps: int
) -> Callable[[], Cost]:
    """Logs to a new directory, and checks its content."""

    def run() -> Cost:
        with bench.directory() as directory:
            writer = create(directory)
            cpu_start = process_time()
            start = perf_counter()
            for step in range(steps):
                log(writer, step)
            caller = perf_counter() - start
            writer.close()
            cpu = process_time() - cpu_start
            check(directory, steps)
        return Cost(caller / steps, cpu / steps)

    return run


@dataclass(frozen=True)
class Value:
    """One `Summary.Value` of a file."""

    step: int
    tag: str
    message: dict[int, list[Any]]  # its fields by number, as `fields` gives them


def values(directory: Path) -> list[Value]:
    """All values below a directory, in the order of the files. They are decoded without any
    package.
    """
    return [
        Value(step, value[1][0].decode(), value)
        for path in sorted(directory.rglob("*tfevents*"))
        for event in map(fields, records(path))
        for step in event.get(2, [0])
        for summary in event.get(5, [])
        for value in map(fields, fields(summary).get(1, []))
    ]


def records(path: Path) -> Iterator[bytes]:
    """The payloads of a file. The checksums are not compared, which the tests do."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 8], "little")
        payload = data[at + 12 : at + 12 + size]
        at += 16 + size
        if at > len(data):
            raise WrongResult(f"{path} ends within a record")
        yield payload


def fields(message: bytes) -> dict[int, list[Any]]:
    """A message's fields by number: ints for varints, else bytes."""
    found: dict[int, list[Any]] = {}
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        value: Any
        if key & 7 == 0:
            value, at = varint(message, at)
        else:
            size, at = varint(message, at) if key & 7 == 2 else ({1: 8, 5: 4}[key & 7], at)
            value, at = message[at : at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def varint(message: bytes, at: int) -> tuple[int, int]:
    """The number at this place, and where it ends."""
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
