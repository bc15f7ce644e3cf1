"""Arguments of several subcommands."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from tfevents.reader import selection

Path = Annotated[
    str, typer.Argument(metavar="PATH", help="An event file, a run, a tree of runs, or a URI.")
]
Runs = Annotated[
    list[str] | None,
    typer.Option("--runs", "-r", metavar="NAME", help="Runs: a name, a glob, or /regex/; several."),
]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tags", "-t", metavar="NAME", help="Tags, likewise."),
]
Kinds = Annotated[
    list[str] | None,
    typer.Option("--kinds", "-k", metavar="KIND", help="Kinds, such as scalars; several."),
]
Steps = Annotated[
    str | None,
    typer.Option("--steps", "-s", metavar="LO:HI", help="Steps from LO to before HI, as a slice."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Restarts = Annotated[
    str,
    typer.Option(
        "--restarts", metavar="WAY", help="Steps that came again: raw, tensorboard or last_wins."
    ),
]

# The options that choose values. Some subcommands have them only to refuse them, and say why.
NoTags = Annotated[list[str] | None, typer.Option("--tags", "-t", metavar="NAME", hidden=True)]
NoKinds = Annotated[list[str] | None, typer.Option("--kinds", "-k", metavar="KIND", hidden=True)]
NoSteps = Annotated[str | None, typer.Option("--steps", "-s", metavar="LO:HI", hidden=True)]


def refuse(why: str, **given: object) -> None:
    """Refuses options that are given, by their names."""
    for name, value in given.items():
        if value:
            raise ValueError(f"--{name}: {why}")


def patterns(names: list[str] | None) -> selection.Patterns | None:
    """Selects by names, globs and `/regular expressions/`."""
    if not names:
        return None
    return [_pattern(name) for name in names]


def _pattern(name: str) -> selection.Pattern:
    if len(name) < 2 or not (name.startswith("/") and name.endswith("/")):
        return name
    try:
        return re.compile(name[1:-1])
    except re.error as error:
        raise ValueError(f"{name} is no regular expression: {error}") from None


def kinds(names: list[str] | None) -> list[str] | None:
    """Kinds, also as `scalars,images`."""
    return [kind for name in names for kind in name.split(",")] if names else None


def steps(bounds: str | None) -> tuple[int | None, int | None] | None:
    """The bounds of `LO:HI`. Either may be left out."""
    if bounds is None:
        return None
    match = re.fullmatch(r"(-?\d+)?:(-?\d+)?", bounds)
    if match is None:
        raise ValueError(f"--steps: expected LO:HI, such as 100:200 or 100:, got {bounds!r}")
    lo, hi = (None if bound is None else int(bound) for bound in match.groups())
    return lo, hi
