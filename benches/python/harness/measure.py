"""Interleaved repetitions, and the rows made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, TypeVar

Sample = TypeVar("Sample")


def interleave(
    repetitions: int, contenders: dict[str, Callable[[], Sample]]
) -> dict[str, list[Sample]]:
    """Runs the contenders in turn, so that a busy machine slows all of them.

    Every contender runs once before, so that its files are cached and its modules are imported.
    """
    for run in contenders.values():
        run()
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    for _ in range(repetitions):
        for name, run in contenders.items():
            samples[name].append(run())
    return samples


@dataclass(frozen=True)
class Row:
    """One row of the table. `met` is None if nothing is required or nothing was measured."""

    figure: str
    peer: str
    ours: str = ""
    theirs: str = ""
    ratio: str = ""
    required: str = ""
    met: bool | None = None
    note: str = ""
    wrong: bool = False
    samples: dict[str, list[float]] | None = None


Bound = tuple[Literal["at least", "at most"], float]


def ratio_row(
    figure: str,
    peer: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    bound: Bound | None,
    *,
    unit: str,
    faster: bool | None = None,
    note: str = "",
) -> Row:
    """A row for two contenders' seconds a `unit`, paired by repetition.

    With the bound "at least", the ratio says how many times faster ours is. With "at most", it says
    how many times as long ours takes. Without a bound, `faster` chooses.
    """
    if bound is not None:
        faster = bound[0] == "at least"
    pairs = list(zip(ours, theirs, strict=True))
    ratios = [t / o if faster else o / t for o, t in pairs]
    middle = median(ratios)
    return Row(
        figure=figure,
        peer=peer,
        ours=f"{duration(median(ours))}/{unit}",
        theirs=f"{duration(median(theirs))}/{unit}",
        ratio=f"{times(middle)} ({times(min(ratios))}–{times(max(ratios))})",
        required="" if bound is None else f"{'≥' if faster else '≤'} {bound[1]:g}×",
        met=None if bound is None else (middle >= bound[1] if faster else middle <= bound[1]),
        note=note,
        samples={"ours": list(ours), "theirs": list(theirs)},
    )


def skipped(figure: str, peer: str, why: str) -> Row:
    """A row for what could not be measured here."""
    return Row(figure, peer, note=f"skipped: {why}")


def times(ratio: float) -> str:
    return f"{ratio:.0f}×" if ratio >= 100 else f"{ratio:.3g}×"


def duration(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
