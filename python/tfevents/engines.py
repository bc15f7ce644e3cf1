"""What the modules for engines have in common: a function for each kind that has a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from tfevents.partition import Partition, partitions
from tfevents.reader.log import Path
from tfevents.reader.views import NO_HPARAMS, TableKind
from tfevents.tables import Datetime

T = TypeVar("T", covariant=True)
F = TypeVar("F", bound=Callable[..., Any])

_DOC = """What the runs below a path hold of one kind, as {what}.

    Args:
        kind: the kind, by the name of a run's attribute.
        path: where the runs are, as for `read`. Workers have to get at it too.
        datetime: as for `log.scalars.table`.
        options: those of `tfevents.partitions`.

    Raises:
        OSError, TypeError, ValueError: as for `tfevents.partitions`.

    Example:
        {example}
    """


class OfKind(Protocol[T]):
    """Has an engine read one kind; see the module's `table`."""

    def __call__(self, path: Path, *, datetime: Datetime = None, **options: Any) -> T: ...


def table_of(what: str, example: str) -> Callable[[F], F]:
    """Says of a function that it gives what an engine has."""

    def documented(table: F) -> F:
        table.__doc__ = _DOC.format(what=what, example=example)
        return table

    return documented


def of_kind(kind: TableKind, table: Callable[..., T]) -> OfKind[T]:
    """A function that gives the table of a kind."""

    def one(path: Path, *, datetime: Datetime = None, **options: Any) -> T:
        return table(kind, path, datetime=datetime, **options)

    one.__name__ = one.__qualname__ = kind
    one.__module__ = table.__module__
    one.__doc__ = f"The table of {kind}; see `table`."
    return one


def missing(module: str, name: str) -> AttributeError:
    """The error of a function that a module lacks."""
    hint = f": {NO_HPARAMS}" if name == "hparams" else ""
    return AttributeError(f"module {module!r} has no attribute {name!r}{hint}", name=name)


def pieces_of(kind: TableKind, path: Path, options: dict[str, Any]) -> list[Partition]:
    """The pieces for the table of a kind, which read nothing else."""
    pieces = partitions(path, **{"kinds": kind, **options})
    for piece in pieces[:1]:
        piece._check_kind(kind)
    return pieces
