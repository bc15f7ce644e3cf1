"""Docstrings of all that is public: they tell of arguments and errors, and their examples run."""

import doctest
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfevents
from tfevents.series import histograms, images, pr_curves

# What `tfevents` names, and what comes out of that.
CLASSES = [
    *(each for name in tfevents.__all__ if inspect.isclass(each := getattr(tfevents, name))),
    *(histograms.Histogram, images.Image, pr_curves.PrCurve),
    *(type(getattr(tfevents.Runs({}), kind)) for kind in ("scalars", "images", "hparams")),
]
FUNCTIONS = [
    each for name in tfevents.__all__ if inspect.isfunction(each := getattr(tfevents, name))
]


def own(kind: type, name: str) -> bool:
    """Whether a member is ours: a dataclass or a mapping has others."""
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
CALLABLES = METHODS | {each.__name__: each for each in FUNCTIONS}


# These have no examples yet.
LACKING = {"Event.FromString", "Event.replace", "Value.replace"}


def parameters(function: Any) -> list[str]:
    found = inspect.signature(function).parameters
    return [name.lstrip("*") for name in found if name not in ("self", "cls")]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_classes_and_their_attributes(kind):
    text = inspect.getdoc(kind) or ""
    assert text
    assert vars(kind).get("__doc__"), "it has the docstring of another class"
    for name, member in members(kind):
        if not is_method(member):
            listed = re.search(rf"^    (?:\w+, )*{name}(?:, \w+)*:", text, re.M)
            assert member.__doc__ or listed, f"{name} is not among the attributes"


@pytest.mark.parametrize("name", sorted(CALLABLES.keys() - LACKING))
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


@pytest.fixture
def namespace(tmp_path, monkeypatch) -> dict[str, Any]:
    """What the examples speak of."""
    monkeypatch.chdir(tmp_path)
    with tfevents.SummaryWriter("runs/exp1") as writer:
        writer.add_scalar_series("loss", [4.0, 2.0, 1.0, 0.5])
        writer.add_text("note", "a **text**")
        writer.add_image("sample", np.zeros((3, 4, 6)))
        writer.add_histogram("weights", [0.0, 1.5, 1.75, 3.0], bins=[0, 1, 2, 3])
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
        "writer": tfevents.SummaryWriter("logged/writer"),
        "file_writer": tfevents.FileWriter("logged/file_writer"),
        "shared": tfevents.GlobalSummaryWriter("logged/shared"),
    }


EXAMPLES = CALLABLES | {each.__name__: each for each in CLASSES}
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_give_what_they_show(name, namespace):
    text = inspect.getdoc(EXAMPLES[name]) or ""
    test = doctest.DocTestParser().get_doctest(text, namespace, name, None, 0)
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    said: list[str] = []
    runner.run(test, out=said.append, clear_globs=False)
    for each in ("writer", "file_writer", "shared"):
        namespace[each].close()
    assert not runner.failures, "".join(said)
    assert Path("runs").is_dir()
