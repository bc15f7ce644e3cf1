"""`follow(…).values()`: the same values one by one as in a run."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import events
import tfevents
from tfevents import SummaryWriter
from tfevents.series.of_tensor import of_tensor

WHEN = 1e9


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        with SummaryWriter(tmp_path / name) as writer:
            for step in range(3):
                when = WHEN + step
                writer.log({"loss": step / 2, "acc": 1.0}, step)
                writer.add_text("note", f"hello {step}", step, walltime=when)
                writer.add_tensor("t", np.arange(3.0), step, walltime=when)
                writer.add_histogram("w", np.arange(10.0), step, walltime=when)
                writer.add_image("i", np.zeros((3, 4, 5)), step, walltime=when)
                writer.add_audio("s", np.zeros(8), step, walltime=when)
                writer.add_pr_curve("pr", [0, 1], [0.1, 0.9], step, 5, walltime=when)
            writer.add_hparams({"lr": 1}, {}, same_run=True)
    return tmp_path


def plain(item: Any) -> Any:
    """The comparable content of an item or a value."""
    if isinstance(item, np.ndarray):
        return item.tolist()
    slots = getattr(item, "__slots__", ())
    return [plain(getattr(item, name)) for name in slots] or item


def test_each_is_what_the_run_has(runs: Path) -> None:
    found: dict[Any, list[Any]] = {}
    for it in tfevents.follow(runs, timeout=0).values():
        found.setdefault((it.run, it.tag), []).append((it.step, plain(it.value)))
    expected = {}
    for name, run in tfevents.read(runs).items():
        for kind in ("scalars", "texts", "tensors", "histograms", "images", "audio", "pr_curves"):
            for tag, series in getattr(run, kind).items():
                is_plain = kind in ("scalars", "texts", "tensors")
                expected[name, tag] = [
                    (item.step, plain(item.value if is_plain else item)) for item in series
                ]
    assert found == expected
    assert len(expected) == 16


def test_tags_and_kinds(runs: Path) -> None:
    values = tfevents.follow(runs, runs="a", tags=["loss", "note*"], timeout=0).values()
    assert [(it.tag, it.value) for it in values if it.step == 1] == [
        ("loss", 0.5),
        ("note/text_summary", "hello 1"),
    ]
    values = tfevents.follow(runs, kinds="scalars", timeout=0).values()
    assert {(it.run, it.tag) for it in values} == {(r, t) for r in "ab" for t in ("loss", "acc")}


def test_what_the_first_value_said_is_known_where_it_was_stepped_over(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "a") as writer:
        writer.add_text("note", "first", 0)
    path = events.only_file(tmp_path / "a")
    state = tfevents.read(tmp_path).state()
    ends = [
        tfevents.follow(tmp_path, start="end", timeout=0, kinds="texts"),
        tfevents.follow(tmp_path, state=state, timeout=0),
    ]
    # Later values need not have it again.
    with path.open("ab") as file:
        file.write(events.record(without_metadata("note/text_summary", b"then", 1)))
    assert [[(it.step, it.value) for it in end.values()] for end in ends] == [[(1, "then")]] * 2


def without_metadata(tag: str, text: bytes, step: int) -> bytes:
    """An event with a tensor of one string."""

    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2, len(content)]) + content

    tensor = b"\x08\x07" + field(2, b"") + field(8, text)
    value = field(1, tag.encode()) + field(8, tensor)
    return bytes([2 << 3, step]) + field(5, field(1, value))


def test_async_for_and_closing(runs: Path) -> None:
    async def steps() -> list[int]:
        values = tfevents.follow(runs, runs="a", tags="loss", timeout=0).values()
        return [it.step async for it in values]

    assert asyncio.run(steps()) == [0, 1, 2]

    follower = tfevents.follow(runs, tags="new", interval=0.02)
    threading.Timer(0.2, follower.close).start()
    with follower.values() as values:
        assert list(values) == []


def test_what_is_not_there_yet(tmp_path: Path) -> None:
    values = tfevents.follow(
        tmp_path / "runs", wait_for_path=True, timeout=60, interval=0.02
    ).values()

    def write() -> None:
        with SummaryWriter(tmp_path / "runs" / "late") as writer:
            writer.add_scalar("x", 1.5, 7)

    threading.Timer(0.1, write).start()
    with values:
        it = next(values)
    assert (it.run, it.tag, it.step, it.value) == ("late", "x", 7, 1.5)
    assert list(values) == []


STRINGS = np.array([[b"a", b"b"], [b"c", b"d"]], object)


@pytest.mark.parametrize(
    ("kind", "array", "expected"),
    [
        ("scalar", np.float32(0.5), 0.5),
        ("scalar", np.array([7]), 7.0),
        ("text", np.array(b"x\xff", object), "x�"),
        ("text", STRINGS, [["a", "b"], ["c", "d"]]),
        ("histogram", np.zeros((0, 3)), None),
        ("image", np.array([b"4", b"5", b"png"], object), None),
        ("audio", STRINGS, None),
    ],
)
def test_tensors(kind: str, array: Any, expected: Any) -> None:
    found = of_tensor(kind, 1, WHEN, np.asarray(array))
    assert found is not array
    if expected is not None:
        assert plain(found) == expected


def test_audio_and_pictures_of_tensors() -> None:
    sound = of_tensor("audio", 1, WHEN, STRINGS)
    assert (sound.batch, sound.labels) == ((b"a", b"c"), ("b", "d"))
    assert of_tensor("audio", 1, WHEN, STRINGS[0]).batch == (b"a", b"b")
    picture = of_tensor("image", 1, WHEN, np.array([b"4", b"5", b"p", b"q"], object))
    assert (picture.width, picture.height, picture.batch) == (4, 5, (b"p", b"q"))
    histogram = of_tensor("histogram", 1, WHEN, np.array([[0, 1, 3], [1, 2, 0]], np.float32))
    assert (histogram.min, histogram.max, histogram.num) == (0, 2, 3)
    assert histogram.edges.tolist() == [0, 1, 2]


@pytest.mark.parametrize("kind", ["scalar", "text", "histogram", "image", "audio", "pr_curve", "x"])
def test_what_does_not_fit_is_a_tensor(kind: str) -> None:
    for array in (np.zeros((2, 2), complex), np.zeros((2, 2, 2))):
        assert of_tensor(kind, 1, WHEN, array) is array
    numbers = np.array([b"a", b"b", b"png"], object)
    if kind == "image":
        assert of_tensor(kind, 1, WHEN, numbers) is numbers
