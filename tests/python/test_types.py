"""What editors show: choices, documentation, and public names."""

from __future__ import annotations

import ast
import inspect
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

import tfevents
from tfevents import _native
from tfevents.analysis import aggregate, trials
from tfevents.reader.run import KINDS
from tfevents.reader.runs import KindName, LogHParams
from tfevents.reader.views import TABLES, TableKind, Tabular, TabularScalars

# Strings that are not choices, or have as many values as there are permutations.
FREE = {
    *("filename_suffix", "comment", "dataformats", "category", "title", "tag", "bytes"),
    # NumPy has a name for each estimator.
    "bins",
}
# Choices whose default is not a string.
OTHERS = [
    (tfevents.read, "kinds"),
    (tfevents.follow, "kinds"),
    (tfevents.partitions, "kinds"),
    (tfevents.Runs.aggregate, "stats"),
    (tfevents.Runs.plot, "band"),
    (Tabular.table, "datetime"),
    (TabularScalars.to_pandas, "datetime"),
    (LogHParams.table, "metrics"),
    (tfevents.Partition.table, "datetime"),
]


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in tfevents.__all__:
        one = getattr(tfevents, name)
        if inspect.isclass(one):
            for member, function in inspect.getmembers(one, callable):
                if not member.startswith("_") or member == "__init__":
                    yield f"{name}.{member}", function
        elif callable(one):
            yield name, one


def is_choice(function: Any, parameter: str) -> bool:
    """Whether the annotation of a parameter lists its choices."""

    def has_literal(kind: Any) -> bool:
        return typing.get_origin(kind) is Literal or any(map(has_literal, typing.get_args(kind)))

    function = inspect.unwrap(function)
    annotation = inspect.signature(function).parameters[parameter].annotation
    # The second ones are imported for type checkers only.
    names = vars(sys.modules[function.__module__]) | vars(aggregate) | vars(trials)
    return has_literal(eval(annotation, names) if isinstance(annotation, str) else annotation)


def test_choices_are_literals() -> None:
    seen = 0
    for name, function in public():
        try:
            parameters = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            continue
        for parameter in parameters:
            if isinstance(parameter.default, str) and parameter.name not in FREE:
                assert is_choice(function, parameter.name), (name, parameter.name)
                seen += 1
    assert seen > 20
    for function, parameter_name in OTHERS:
        assert is_choice(function, parameter_name), (function, parameter_name)


def test_the_choices_are_all_that_there_are() -> None:
    assert set(typing.get_args(KindName)) == set(KINDS)
    assert set(typing.get_args(TableKind)) == {"scalars", *TABLES}


def native_members() -> Iterator[tuple[str, str, str]]:
    """The class, name and documentation of what public classes inherit from native ones."""
    native = {one for one in vars(_native).values() if inspect.isclass(one)}
    for name in tfevents.__all__:
        one = getattr(tfevents, name)
        for member in dir(one) if inspect.isclass(one) else ():
            owner = next(it for it in one.__mro__ if member in vars(it))
            if owner in native and not member.startswith("_"):
                # Python shows it as `SummaryWriter`.
                in_stub = "EventWriter" if owner is _native.EventWriter else owner.__name__
                yield in_stub, member, inspect.getdoc(getattr(owner, member)) or ""


def documented() -> dict[tuple[str, str], str]:
    """The docstrings of the stub, which editors show."""
    path = Path(tfevents.__file__).with_name("_native.pyi")
    found = {}
    for group in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(group, ast.ClassDef):
            continue
        for at, member in enumerate(group.body):
            if isinstance(member, ast.FunctionDef):
                found[group.name, member.name] = ast.get_docstring(member) or ""
            elif isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
                after = group.body[at + 1]
                is_doc = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                found[group.name, member.target.id] = ast.unparse(after) if is_doc else ""
    return found


def test_hovering_over_native_methods_shows_their_documentation() -> None:
    stub = documented()
    members = list(native_members())
    assert len(members) > 15
    for group, member, text in members:
        assert text, (group, member)
        assert stub[group, member], (group, member)
        if callable(getattr(getattr(_native, group), member)):
            # Both texts are equal.
            assert stub[group, member].split() == text.split(), (group, member)


def test_dir_holds_what_is_public() -> None:
    names = dir(tfevents)
    assert names == sorted({*tfevents.__all__, "dask", "parquet", "ray", "summary"})
    for name in names:
        try:
            getattr(tfevents, name)
        except ImportError as error:
            assert "pip install 'tfevents[" in str(error)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tfevents.nothing  # type: ignore[attr-defined]


def test_type_checkers_know_the_names_and_no_others() -> None:
    """A module's `__getattr__` that they see would make every name one that there is."""
    tree = ast.parse(Path(tfevents.__file__).read_text(encoding="utf-8"))
    assert "__getattr__" not in {it.name for it in tree.body if isinstance(it, ast.FunctionDef)}
    imported = {
        alias.name for it in ast.walk(tree) if isinstance(it, ast.ImportFrom) for alias in it.names
    }
    assert set(dir(tfevents)) <= imported
