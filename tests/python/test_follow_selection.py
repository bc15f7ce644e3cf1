"""`follow` with selected tags and kinds, with a path that does not exist yet, and with `async
for`.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_read import bytes_field, event
from test_read_kinds import tensor, written

import tfevents
from tfevents import SummaryWriter


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    with SummaryWriter(tmp_path / "a") as writer:
        for step in range(3):
            writer.log({"loss": step / 2, "acc": 1.0}, step)
            writer.add_histogram("loss", np.arange(3), step)
            writer.add_text("note", "hello", step)
            writer.add_tensor("t", np.arange(3.0), step)
    return tmp_path


def seen(path: Path, **options: object) -> list[tuple[int, list[str | None], list[str]]]:
    events = tfevents.follow(path, timeout=0, **options)  # type: ignore[arg-type]
    return [
        (event.step, [value.what for value in event.values], [value.tag for value in event.values])
        for _, event in events
    ]


def test_tags(runs: Path) -> None:
    found = seen(runs, tags="loss")
    assert found == [
        (step, [what], ["loss"]) for step in range(3) for what in ("simple_value", "histo")
    ]


def test_kinds(runs: Path) -> None:
    assert seen(runs, kinds="scalars") == [
        (step, ["simple_value"] * 2, ["loss", "acc"]) for step in range(3)
    ]
    # The metadata of the first value also apply to the others.
    assert [tags for _, _, tags in seen(runs, kinds=["texts"])] == [["note/text_summary"]] * 3
    assert [tags for _, _, tags in seen(runs, kinds="tensors")] == [["t"]] * 3
    assert [what for _, what, _ in seen(runs, kinds="scalars", tags="loss")] == [
        ["simple_value"]
    ] * 3
    with pytest.raises(ValueError, match="kinds: there is no kind 'pictures'"):
        seen(runs, kinds="pictures")


@pytest.mark.parametrize("plugin", ["scalars", "text", "histograms", "images", "pr_curves"])
def test_a_value_that_does_not_fit_is_a_tensor(tmp_path: Path, plugin: str) -> None:
    """As in `read`, where only the first value has metadata."""
    tensors = [
        tensor("a", 1, [], bytes(4), plugin),
        tensor("a", 1, [], bytes(4)),
        tensor("a", 1, [3], bytes(12)),
        tensor("a", 1, [2, 3], bytes(24)),
        tensor("a", 1, [6, 2], bytes(48)),
        tensor("a", 7, [1], b"text", field=8),
    ]
    run = written(tmp_path, *tensors)
    for kind in ("scalars", "texts", "histograms", "images", "pr_curves", "tensors"):
        series = getattr(run, kind)
        there = series["a"].step.tolist() if "a" in series else []
        assert [step for step, _, _ in seen(tmp_path, kinds=kind)] == there, kind


@pytest.mark.parametrize("start", ["beginning", "end"])
def test_the_first_metadata_are_known_though_another_kind_came_first(
    tmp_path: Path, start: str
) -> None:
    number = bytes_field(1, b"a") + b"\x15" + bytes(4)
    metadata = bytes_field(9, bytes_field(1, bytes_field(1, b"scalars")))
    log = written(tmp_path, number, tensor("a", 1, [3], bytes(12), "other"), number + metadata)
    assert len(log.scalars["a"]) == 2
    state = tfevents.read(tmp_path).state() if start == "beginning" else None
    options: Any = {"state": state, "start": start, "timeout": 0}
    followers = {
        kind: tfevents.follow(tmp_path, kinds=kind, **options) for kind in ("scalars", "tensors")
    }
    assert [len(list(follower)) for follower in followers.values()] == [0, 0]
    with (tmp_path / "tfevents").open("ab") as file:
        file.write(event(3, 13.0, tensor("a", 1, [], bytes(4))))
    assert len(tfevents.read(tmp_path)["."].tensors["a"]) == 2
    assert [len(list(follower)) for follower in followers.values()] == [0, 1]


def test_what_is_not_there_yet(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        tfevents.follow(tmp_path / "runs")
    follower = tfevents.follow(tmp_path / "runs", wait_for_path=True, timeout=60, interval=0.02)

    def write() -> None:
        with SummaryWriter(tmp_path / "runs" / "late") as writer:
            writer.add_scalar("x", 1.0, 7)

    threading.Timer(0.1, write).start()
    with follower:
        assert next(event.step for name, event in follower if event.values) == 7


@pytest.mark.parametrize("named", [False, True])
def test_what_is_there_is_not_kept_back_by_what_is_not(tmp_path: Path, *, named: bool) -> None:
    paths = [tmp_path / name for name in "abc"]

    def write(path: Path) -> None:
        with SummaryWriter(path) as writer:
            writer.add_scalar("x", 1.0, 7)

    write(paths[1])
    path: Any = {path.name: path for path in paths} if named else paths
    follower = tfevents.follow(path, wait_for_path=True, timeout=0)
    names = [path.name if named else str(path) for path in paths]
    assert [it.run for it in follower.values()] == [names[1]]
    for index in (2, 0):
        write(paths[index])
        assert [it.run for it in follower.values()] == [names[index]]
    # One that was there is not waited for again.
    shutil.rmtree(paths[2])
    with pytest.raises(FileNotFoundError, match=re.escape(str(paths[2]))):
        next(follower)


def test_async_for(runs: Path) -> None:
    async def steps() -> list[int]:
        follower = tfevents.follow(runs, kinds="scalars", timeout=0)
        return [event.step async for _, event in follower]

    assert asyncio.run(steps()) == [0, 1, 2]


@pytest.mark.parametrize("unwrapped", [False, True])
def test_a_cancelled_wait_ends_and_loses_nothing(runs: Path, *, unwrapped: bool) -> None:
    follower = tfevents.follow(runs, kinds="scalars", tags="loss", interval=0.02)
    source: Any = follower.values() if unwrapped else follower
    found: list[int] = []

    async def gather(last: int) -> None:
        async for one in source:
            found.append(one.step if unwrapped else one[1].step)
            if found[-1] == last:
                return

    async def cancel_repeatedly() -> None:
        for step in range(10, 14):
            waiting = asyncio.create_task(gather(step))
            await asyncio.sleep(0.03)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            with SummaryWriter(runs / f"run{step}") as writer:
                writer.add_scalar("loss", 1.0, step)
            await gather(step)
        # This wait is cancelled when the loop ends.
        asyncio.create_task(gather(-1))  # noqa: RUF006
        await asyncio.sleep(0.03)

    asyncio.run(cancel_repeatedly())
    assert found == [0, 1, 2, 10, 11, 12, 13]
    follower.close()
    assert list(source) == []
