"""Writes Parquet data sets of logs, partitioned by run. It needs the extra `tfevents[arrow]`."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from tfevents._extras import module
from tfevents._native import is_uri
from tfevents.engines import pieces_of
from tfevents.partition import Partition
from tfevents.reader.finding import Skipped
from tfevents.reader.log import Damage, Path, path_of
from tfevents.reader.views import TableKind, empty
from tfevents.tables import Datetime
from tfevents.tables.kinds import run_names

# This directory has a file for each piece that was written. Readers of data sets pass it over, as
# all names that begin with an underscore.
_MARKS = "_tfevents"
_FILE = re.compile(r"run=[^/]*/([0-9a-f]{16})\.parquet")
_UNFINISHED = re.compile(rf"{_MARKS}/.*\.tmp")
_TRIES = 2


class Written(NamedTuple):
    """What `write` did."""

    written: int
    """How many pieces were written."""
    kept: int
    """How many were there already."""
    damage: list[Damage]
    """What was stepped over in all pieces, as in `Log.damage`."""
    skipped: list[Skipped]
    """What was left out of all pieces, as in `Log.skipped`."""


class Executor(Protocol):
    """What runs functions elsewhere, as those of `concurrent.futures` and Dask do."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Any: ...


def write(
    path: Path,
    directory: str | os.PathLike[str],
    *,
    kind: TableKind = "scalars",
    datetime: Datetime = None,
    executor: Executor | None = None,
    **options: Any,
) -> Written:
    """Writes a Parquet data set with a directory `run=NAME` a run, as Hive has them.

    Pieces that are there already are not written again, so that a call that was interrupted, or in
    which some failed, goes on where it is repeated. A piece whose files grew meanwhile is another
    one, and takes the place of the one before. A file is there whole or not at all.

    Args:
        path: where the runs are, as for `read`.
        directory: where the data set is to be, which may be a URI. It holds one kind, of one call:
            what a call with another path or other options wrote there is removed. Where no run is
            found, as on a disk that is not mounted, nothing is.
        kind: the kind, by the name of a run's attribute.
        datetime: as for `log.scalars.table`.
        executor: what writes the pieces: a `concurrent.futures.ProcessPoolExecutor`, or Dask's
            `client.get_executor()`; by default this process.
        options: those of `tfevents.partitions`.

    Returns:
        How many pieces were written, how many were there, and what of them could not be read.

    Raises:
        ExceptionGroup: pieces failed twice; each exception has a note that names the piece. All
            others were written.
        OSError, TypeError, ValueError: as for `tfevents.partitions`, or the directory holds
            another kind.

    Example:
        >>> tfevents.parquet.write("runs", "scalars.parquet")  # doctest: +SKIP
        >>> polars.scan_parquet(
        ...     "scalars.parquet/**/*.parquet",
        ...     hive_partitioning=True,
        ...     hive_schema={"run": polars.String},
        ... )  # doctest: +SKIP
    """
    empty(kind, datetime=datetime)
    if executor is None:
        # A missing package is reported once here, and not for each piece.
        module("pyarrow", "Parquet", "arrow")
    place = _Place(path_of(directory, "directory"))
    pieces = {_identity(piece, kind, datetime): piece for piece in pieces_of(kind, path, options)}
    there = dict(place.marks())
    for mark in there.values():
        if mark["kind"] != kind:
            raise ValueError(f"directory: {place.root!r} holds {mark['kind']}, not {kind}")
    todo = {name: piece for name, piece in pieces.items() if name not in there}
    submit = _here if executor is None else executor.submit
    failed = []
    marks = [mark for name, mark in there.items() if name in pieces]
    jobs = {
        name: _submitted(submit, p, place.root, kind, datetime, name) for name, p in todo.items()
    }
    for name, piece in todo.items():
        error: Exception | None = None
        for _ in range(_TRIES):
            try:
                job = jobs.pop(name, None) or _submitted(
                    submit, piece, place.root, kind, datetime, name
                )
                marks.append(job())
            except Exception as raised:
                error = raised
            else:
                break
        else:
            if error is not None:
                names = ", ".join(run for run, _ in piece.runs[:5])
                more = ", …" if len(piece.runs) > 5 else ""
                error.add_note(f"piece {name} failed {_TRIES} times; its runs: {names}{more}")
                failed.append(error)
    if failed:
        noted = "; ".join(error.__notes__[-1] for error in failed)
        raise ExceptionGroup(f"{len(failed)} of {len(todo)} pieces: {noted}", failed)
    if not pieces:
        return Written(0, 0, [], [])
    # Old pieces are removed only once all new ones are written, so that a failure loses nothing.
    # A worker that was killed may have left files of a piece that has no mark.
    for file in place.files():
        found = _FILE.fullmatch(file)
        if (found and found[1] not in pieces) or _UNFINISHED.fullmatch(file):
            place.remove(file)
    for name in there.keys() - pieces.keys():
        place.remove(f"{_MARKS}/{name}.json")
    return Written(
        len(todo),
        len(pieces) - len(todo),
        [Damage(*one) for mark in marks for one in mark.get("damage", ())],
        [Skipped(*one) for mark in marks for one in mark.get("skipped", ())],
    )


def _submitted(submit: Any, *arguments: Any) -> Callable[[], Any]:
    """Has a piece written; what waits for it."""
    try:
        waits: Callable[[], Any] = submit(write_piece, *arguments).result
    except Exception as error:
        # A broken executor raises at once.
        raised = error

        def waits() -> Any:
            raise raised

    return waits


class _Here(NamedTuple):
    result: Callable[[], Any]


def _here(function: Callable[..., Any], /, *arguments: Any) -> _Here:
    return _Here(lambda: function(*arguments))


def write_piece(
    piece: Partition, directory: str, kind: TableKind, datetime: Datetime, name: str
) -> dict[str, Any]:
    """Writes what one piece holds, and what is written, which it returns."""
    module("pyarrow", "Parquet", "arrow")
    from pyarrow import parquet

    place = _Place(directory)
    log = piece.read()
    for run, one in zip(run_names(log), log.values(), strict=True):
        table = getattr(one, kind).table(datetime=datetime).to_arrow()
        if len(table):
            # The run is in the name of the directory.
            with place.create(f"run={_quoted(run)}/{name}.parquet") as sink:
                parquet.write_table(table.drop_columns(["run"]), sink)
    mark = {"kind": kind, "damage": log.damage, "skipped": log.skipped}
    with place.create(f"{_MARKS}/{name}.json") as sink:
        sink.write(json.dumps(mark).encode())
    return mark


def _quoted(run: str) -> str:
    """A run's name for a directory. As in Hive, other letters than ASCII's stay as they are: the
    name of a directory may have no more than 255 bytes.
    """
    return re.sub(r"[\x00-\x7f]+", lambda found: quote(found[0], safe=""), run)


def _identity(piece: Partition, kind: str, datetime: Datetime) -> str:
    """The same for the same files of the same sizes, of which the same is written."""
    # Any number of threads reads the same.
    options = {name: _said(it) for name, it in piece._options.items() if name != "threads"}
    said = repr((piece.runs, piece.size, sorted(options.items()), kind, datetime))
    return hashlib.sha256(said.encode(errors="surrogateescape")).hexdigest()[:16]


def _said(option: Any) -> Any:
    """An option so that its `repr` says all of it, and the same in every process."""
    if isinstance(option, re.Pattern):
        return option.pattern, option.flags
    # Those of a set have another order in each process.
    return sorted(map(repr, map(_said, option))) if isinstance(option, list) else option


class _Place:
    """A directory, local or under a URI."""

    def __init__(self, root: str) -> None:
        # Those that write the pieces may work in other directories.
        self.root = root if is_uri(root) else os.path.abspath(root)
        self._fs: Any = None
        self._path = self.root
        if is_uri(root):
            from tfevents.remote.uri import filesystem

            self._fs, self._path = filesystem(root)

    def marks(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What was written of each piece, by its name."""
        directory = f"{self._path}/{_MARKS}"
        if self._fs is None:
            names: Iterable[str] = os.listdir(directory) if os.path.isdir(directory) else []
        else:
            self._fs.invalidate_cache()
            names = self._fs.ls(directory, detail=False) if self._fs.exists(directory) else []
        for name in sorted(name.rpartition("/")[2] for name in names):
            if name.endswith(".json"):
                path = f"{directory}/{name}"
                with open(path, "rb") if self._fs is None else self._fs.open(path, "rb") as file:
                    yield name.removesuffix(".json"), json.load(file)

    def files(self) -> list[str]:
        """The files in it and in its directories."""
        if self._fs is not None:
            self._fs.invalidate_cache()
            return [path.rpartition(f"{self._path}/")[2] for path in self._fs.find(self._path)]
        return [
            os.path.relpath(os.path.join(directory, name), self._path).replace(os.sep, "/")
            for directory, _, names in os.walk(self._path)
            for name in names
        ]

    def create(self, name: str) -> Any:
        """A file that is there once it is closed."""
        path = f"{self._path}/{name}"
        if self._fs is not None:
            return self._fs.open(path, "wb")
        marks = f"{self._path}/{_MARKS}"
        for directory in (marks, os.path.dirname(path)):
            os.makedirs(directory, exist_ok=True)
        # Another worker may write the same piece, in a container with the same process numbers.
        return _Renamed(path, f"{marks}/{os.path.basename(path)}.{secrets.token_hex(8)}.tmp")

    def remove(self, name: str) -> None:
        path = f"{self._path}/{name}"
        with contextlib.suppress(FileNotFoundError):
            os.remove(path) if self._fs is None else self._fs.rm_file(path)


class _Renamed:
    """A local file that gets its name when it is whole."""

    def __init__(self, path: str, temporary: str) -> None:
        self._path = path
        self._temporary = temporary

    def __enter__(self) -> Any:
        self._file = open(self._temporary, "wb")
        return self._file

    def __exit__(self, kind: object, *_: object) -> None:
        self._file.close()
        if kind is None:
            os.replace(self._temporary, self._path)
        else:
            os.remove(self._temporary)
