"""tfevents.read: runs, tags, kinds and steps that are selected."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfevents


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs of scalars, texts and pictures, one of large tensors too."""
    path = tmp_path_factory.mktemp("logs")
    for run in "one", "two", "deep/three":
        with tfevents.SummaryWriter(path / run) as writer:
            for step in range(10):
                for tag in "loss/train", "loss/val", "acc", "a[0]", "a0":
                    writer.add_scalar(tag, step / 2, step)
                writer.add_text("loss/note", f"{step}", step)
                writer.add_image("picture", np.zeros((3, 4, 5), np.uint8), step)
            if run == "two":
                writer.add_tensor("large", np.arange(300_000), 3)
                writer.add_scalar("last", 1.0, 3)
    return path


ALL_TAGS = ["loss/train", "loss/val", "acc", "a[0]", "a0", "loss/note/text_summary", "picture"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (None, ALL_TAGS),
        ("acc", ["acc"]),
        ("loss", []),
        ("loss/*", ["loss/train", "loss/val", "loss/note/text_summary"]),
        ("*/*a*", ["loss/train", "loss/val", "loss/note/text_summary"]),
        ("a??", ["acc"]),
        ("[!a]*e", ["picture"]),
        # A name with such characters selects itself, and what matches it as a glob.
        ("a[0]", ["a[0]", "a0"]),
        ("a[[]0]", ["a[0]"]),
        (re.compile("val|^acc$"), ["loss/val", "acc"]),
        (["acc", "pic*", re.compile(r"0\]$")], ["acc", "a[0]", "picture"]),
        ({"acc", "a0"}, ["acc", "a0"]),
        ((tag for tag in ["acc"]), ["acc"]),
        ([], []),
    ],
)
@pytest.mark.filterwarnings("ignore:tags. nothing matches")
def test_tags(logs: Path, tags: Any, expected: list[str]) -> None:
    log = tfevents.read(logs / "one", tags=tags)
    assert log["."].tags == expected
    for scalars in log["."].scalars.values():
        assert scalars.step.tolist() == list(range(10))


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        (None, ["deep/three", "one", "two"]),
        ("one", ["one"]),
        ("deep*", ["deep/three"]),
        (re.compile("e$"), ["deep/three", "one"]),
        (["two", "nothing"], ["two"]),
        ([], []),
    ],
)
def test_runs(logs: Path, runs: Any, expected: list[str]) -> None:
    log = tfevents.read(logs, runs=runs)
    assert log.runs == expected
    assert all(run.scalars for run in log.values())


def test_files_of_other_runs_are_not_opened(tmp_path: Path) -> None:
    for run in "good", "bad":
        (tmp_path / run).mkdir()
        (tmp_path / run / "tfevents").write_bytes(b"nonsense, no event file" * (run == "bad"))
    with pytest.raises(tfevents.CorruptFileError):
        tfevents.read(tmp_path / "bad" / "tfevents")
    log = tfevents.read(tmp_path, runs="good")
    assert (log.runs, log.skipped) == (["good"], [])
    log = tfevents.read(tmp_path, runs="bad")
    assert log.runs == []
    assert log.skipped == [(str(tmp_path / "bad" / "tfevents"), "not_an_event_file")]


@pytest.mark.filterwarnings("ignore:kinds. nothing matches")
def test_kinds(logs: Path) -> None:
    run = tfevents.read(logs / "one", kinds="texts")["."]
    assert (list(run.texts), list(run.scalars)) == (["loss/note/text_summary"], [])
    run = tfevents.read(logs / "one", kinds=["scalars", "images"], tags="*c*")["."]
    assert run.tags == ["acc", "picture"]
    assert len(run.images["picture"]) == 10
    assert tfevents.read(logs / "one", kinds=[])["."].tags == []
    # Every attribute in the documentation exists.
    names = ["scalars", "histograms", "images", "audio", "texts", "tensors", "pr_curves", "meshes"]
    names += ["custom_scalars", "hparams", "graph", "run_metadata", "session_logs"]
    for name in names:
        assert hasattr(tfevents.read(logs / "one", kinds=name)["."], name)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((2, 5), [2, 3, 4]),
        ((None, 3), [0, 1, 2]),
        ([np.int64(8), None], [8, 9]),
        ((None, None), list(range(10))),
        ((5, 2), []),
        ((-(2**70), 2), [0, 1]),
        ((9, 2**70), [9]),
        ((2**70, None), []),
        ((None, -(2**63)), []),
    ],
)
def test_steps(logs: Path, steps: Any, expected: list[int]) -> None:
    run = tfevents.read(logs / "one", steps=steps)["."]
    for series in run.scalars["acc"], run.texts["loss/note/text_summary"], run.images["picture"]:
        assert series.step.tolist() == expected


@pytest.mark.parametrize("verify", ["crc", "none"])
def test_large_records_are_stepped_over(logs: Path, verify: Any) -> None:
    run = tfevents.read(logs / "two", kinds="scalars", verify=verify)["."]
    assert run.scalars["last"].step.tolist() == [3]
    assert not run.tensors
    run = tfevents.read(logs / "two", verify=verify)["."]
    assert run.tensors["large"][0].value.tolist() == list(range(300_000))
    (path,) = (logs / "two").iterdir()
    data = bytearray(path.read_bytes())
    data[-100_000] ^= 1
    damaged = logs.parent / f"damaged.{verify}"
    damaged.write_bytes(data)
    if verify == "none":
        assert len(tfevents.read(damaged, kinds="scalars", verify=verify)["."].scalars["last"]) == 1
    else:
        with pytest.raises(tfevents.CorruptFileError):
            tfevents.read(damaged, kinds="scalars", verify=verify)


def test_an_error_of_a_pattern_is_the_callers(logs: Path) -> None:
    class Pattern:
        pattern = "x"

        def search(self, name: str) -> bool:
            raise ZeroDivisionError(name)

    original = tfevents.reader.selection.re.Pattern
    try:
        tfevents.reader.selection.re.Pattern = Pattern  # type: ignore[misc]
        with pytest.raises(ZeroDivisionError):
            tfevents.read(logs, tags=Pattern(), threads=2)  # type: ignore[arg-type]
    finally:
        tfevents.reader.selection.re.Pattern = original  # type: ignore[misc]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"tags": 3}, TypeError, "tags"),
        ({"tags": b"x"}, TypeError, "tags"),
        ({"tags": ["x", 3]}, TypeError, "tags"),
        ({"tags": re.compile(b"x")}, TypeError, "tags"),
        ({"runs": 3}, TypeError, "runs"),
        ({"kinds": "scalar"}, ValueError, "kinds.*'scalar'.*scalars"),
        ({"kinds": [3]}, TypeError, "kinds"),
        ({"kinds": 3}, TypeError, "kinds"),
        # An array of no dimensions only looks like an iterable.
        *(({name: np.array("a")}, TypeError, name) for name in ("tags", "runs", "kinds")),
        ({"steps": 3}, TypeError, "steps"),
        ({"steps": (1, 2, 3)}, TypeError, "steps"),
        ({"steps": (1.5, 2)}, TypeError, "steps"),
    ],
)
def test_wrong_arguments_are_named(
    tmp_path: Path, arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        tfevents.read(tmp_path, **arguments)


def test_what_matches_nothing_is_told(tmp_path: Path) -> None:
    for run in "ab":
        with tfevents.SummaryWriter(tmp_path / run) as writer:
            writer.add_scalar("train/loss", 1.0, 1)
            writer.add_histogram("weight", np.arange(3.0), 1)
            writer.add_hparams({"lr": 0.1}, {}, same_run=True)
    with pytest.warns(
        RuntimeWarning, match="tags: nothing matches 'los'; there are 2: 'train/loss'"
    ):
        log = tfevents.read(tmp_path, tags="los")
    assert log.runs == ["a", "b"]
    with pytest.warns(RuntimeWarning, match=r"tags: .*\['weight'\]; there are 1: 'train/loss'"):
        tfevents.read(tmp_path, tags=iter(["weight"]), kinds="scalars")
    for tags in (None, "weight"):
        with pytest.warns(RuntimeWarning, match="kinds: .*'images'; there are 3: 'scalars', 'hist"):
            tfevents.read(tmp_path, tags=tags, kinds="images")
    with pytest.warns(RuntimeWarning, match="tags: nothing matches 'los'; there are 2"):
        tfevents.read(tmp_path).filter(tags="los")
    # What matches is selected, even if it has no values. Without names, nothing is expected.
    for chosen in (
        {"tags": ["los", "weight"]},
        {"tags": "weight", "steps": (5, 9)},
        {"tags": "los", "kinds": "hparams"},
        {"kinds": ["images", "hparams"]},
        {"kinds": "hparams"},
        {"tags": []},
        {"kinds": []},
        {"runs": "a", "tags": "weight"},
        {"tags": "weight", "state": log.state()},
    ):
        tfevents.read(tmp_path, **chosen)
    # If nothing is known yet, it may still come.
    with tfevents.SummaryWriter(tmp_path / "new" / "c"):
        pass
    assert tfevents.read(tmp_path / "new", tags="los", kinds="images").runs == ["c"]
    log.reload()
