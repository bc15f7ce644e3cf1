"""Docstrings of everything public: they describe arguments and errors, and their examples run."""

import ast
import doctest
import inspect
import itertools
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfevents
from tfevents import parquet, series, summary, tables
from tfevents.reader import run

# What `tfevents` and `tfevents.summary` name, and what comes out of that.
NAMED = [
    *(getattr(tfevents, name) for name in tfevents.__all__),
    *(getattr(summary, name) for name in summary.__all__),
    *(getattr(series, name) for name in series.__all__ if name[0].isupper()),
    *(getattr(tables, name) for name in tables.__all__),
    *(run.Metadata, run.RunScalars, run.RunKind, run.RunMeshes, run.RunTexts),
    *(type(getattr(tfevents.Runs({}), kind)) for kind in ("scalars", "images", "hparams")),
    *(parquet.write, parquet.Written),
]
CLASSES = list(dict.fromkeys(each for each in NAMED if inspect.isclass(each)))
FUNCTIONS = {
    f"{each.__module__.removeprefix('tfevents.')}.{each.__name__}": each
    for each in NAMED
    if inspect.isfunction(each)
}


def own(kind: type, name: str) -> bool:
    """Whether a member is ours. A dataclass or a mapping has others too."""
    owner = next(each for each in kind.__mro__ if name in vars(each))
    return owner.__module__.startswith("tfevents")


def members(kind: type) -> Iterator[tuple[str, Any]]:
    for name in dir(kind):
        if not name.startswith("_") and own(kind, name):
            yield name, inspect.getattr_static(kind, name)


def is_method(member: Any) -> bool:
    return callable(member) or isinstance(member, (classmethod, staticmethod))


METHODS = {
    f"{kind.__name__}.{name}": getattr(kind, name)
    for kind in CLASSES
    for name, member in members(kind)
    if is_method(member)
}
CALLABLES = METHODS | FUNCTIONS


def parameters(function: Any) -> list[str]:
    found = inspect.signature(function).parameters
    return [name.lstrip("*") for name in found if name not in ("self", "cls")]


def strings_below(kind: type) -> set[str]:
    """The fields of a named tuple that have a docstring below them."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)
    return {
        ast.unparse(field.target)
        for field, after in itertools.pairwise(tree.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
    }


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_classes_and_their_attributes(kind):
    text = inspect.getdoc(kind) or ""
    assert text
    assert vars(kind).get("__doc__"), "it has the docstring of another class"
    fields = getattr(kind, "_fields", ())
    below = strings_below(kind) if fields else set()
    for name, member in members(kind):
        if not is_method(member):
            if name in fields:
                assert name in below, f"{name} has no docstring"
                continue
            listed = re.search(rf"^    (?:\w+, )*{name}(?:, \w+)*:", text, re.M)
            assert member.__doc__ or listed, f"{name} is not among the attributes"


@pytest.mark.parametrize("name", sorted(CALLABLES))
def test_arguments_errors_and_an_example(name):
    function = CALLABLES[name]
    text = inspect.getdoc(function)
    assert text
    takes = parameters(function)
    if not takes:
        return
    for section in ("Args", "Raises", "Example"):
        assert f"\n{section}:\n" in text, f"no {section}"
    args = text.partition("\nArgs:\n")[2].partition("\n\n")[0]
    told = {word for line in re.findall(r"^    (\S.*?):", args, re.M) for word in line.split(", ")}
    assert set(takes) <= told


def logged_at(step: int) -> tfevents.Event:
    """An event of one scalar."""
    events = tfevents.iter_events("runs/exp1")
    return next(event for event in events if event.step == step)


@pytest.fixture
def namespace(tmp_path, monkeypatch) -> dict[str, Any]:
    """The names that the examples use."""
    monkeypatch.chdir(tmp_path)
    with tfevents.SummaryWriter("runs/exp1") as writer:
        writer.add_scalar_series("loss", [4.0, 2.0, 1.0, 0.5])
        writer.add_text("note", "a **text**")
        writer.add_image("sample", np.zeros((3, 4, 6)))
        writer.add_histogram("weights", [0.0, 1.5, 1.75, 3.0], bins=[0, 1, 2, 3])
        writer.add_audio("speech", np.zeros(800), sample_rate=8000)
        writer.add_mesh("cloud", np.zeros((1, 5, 3)))
        writer.add_tensor("confusion", np.array([[8, 2], [1, 9]]))
        writer.add_custom_scalars({"Losses": {"both": ["Multiline", ["loss/train", "loss/val"]]}})
        writer.add_pr_curve("pr", [0, 1], [0.25, 0.75], num_thresholds=3)
        writer.add_hparams({"lr": 0.1}, {"best": 0.5}, same_run=True)
    with tfevents.SummaryWriter("runs/exp2") as writer:
        writer.add_scalar_series("loss", [0.5, 0.25])
    return {
        "json": json,
        "np": np,
        "re": re,
        "tfevents": tfevents,
        "rng": np.random.default_rng(0),
        "log": (log := tfevents.read("runs")),
        "run": (run := log["exp1"]),
        "loss": run.scalars["loss"],
        "weights": run.histograms["weights"],
        "event": (event := logged_at(3)),
        "value": event.values[0],
        "writer": tfevents.SummaryWriter("logged/writer"),
        "file_writer": tfevents.FileWriter("logged/file_writer"),
        "shared": tfevents.GlobalSummaryWriter("logged/shared"),
    }


EXAMPLES = CALLABLES | {each.__name__: each for each in CLASSES} | {"summary": summary}
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_give_what_they_show(name, namespace):
    check_examples(inspect.getdoc(EXAMPLES[name]) or "", name, namespace)


def test_the_example_of_messages(namespace):
    proto = pytest.importorskip("tfevents.proto", exc_type=ImportError)
    check_examples(proto.__doc__, "proto", namespace)


def check_examples(text: str, name: str, namespace: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(text, namespace, name, None, 0)
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    said: list[str] = []
    runner.run(test, out=said.append, clear_globs=False)
    for each in ("writer", "file_writer", "shared"):
        namespace[each].close()
    assert not runner.failures, "".join(said)
    assert Path("runs").is_dir()
