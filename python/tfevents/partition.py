"""Cuts a tree of runs into pieces, for engines that spread work over processes and machines."""

from __future__ import annotations

import contextlib
import json
import math
import operator
import os
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, SupportsIndex

from tfevents import remote
from tfevents._arguments import absolute, warn
from tfevents._native import is_uri
from tfevents.reader import selection
from tfevents.reader.finding import Found, RunFiles, Skipped
from tfevents.reader.log import Log, Path, finder_of, how
from tfevents.reader.runs import KindName
from tfevents.reader.views import TableKind, empty
from tfevents.tables import Datetime, Table

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_UNITS |= {f"{unit}i": 2 ** (10 * power) for power, unit in enumerate("kmgt", 1)}
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Partition:
    """Some files of some runs, and what of them is to be read; nothing was read yet.

    Pickled it takes a few hundred bytes, and about ten more for each further file, since names
    are packed.

    Attributes:
        runs: the runs: their names, and their files, with absolute paths.
        size: how many bytes the files had when they were listed.
    """

    runs: tuple[tuple[str, tuple[str, ...]], ...]
    size: int
    _options: dict[str, Any] = field(repr=False, hash=False)

    @property
    def files(self) -> list[str]:
        """The paths of all files."""
        return [path for _, files in self.runs for path in files]

    def read(self) -> Log:
        """Reads the files, as `tfevents.read` does with the options of `partitions`.

        Raises:
            OSError, CorruptFileError: as for `tfevents.read`.
        """
        return Log(_Files([(name, list(files), []) for name, files in self.runs]), self._how())

    def _how(self) -> tuple[Any, ...]:
        options = self._options
        default = remote.threads_for(self.files[:1]) if options["threads"] is None else None
        return how(default, **options)

    def _check_kind(self, kind: str) -> None:
        """Raises a ValueError if `kinds` of `partitions` leaves a kind out."""
        kinds = self._options["kinds"]
        if kinds is not None and kind not in ([kinds] if isinstance(kinds, str) else kinds):
            raise ValueError(f"kind: {kind!r} is not read, since kinds={kinds!r}")

    def table(
        self,
        kind: TableKind = "scalars",
        *,
        columns: Sequence[str] | None = None,
        datetime: Datetime = None,
    ) -> Table:
        """Reads the files, and gives the table of a kind, as `log.scalars.table()` does.

        A `RuntimeWarning` tells what `Log.skipped` and `Log.damage` list, since there is no log to
        ask: a file that went after it was listed, say.

        Args:
            kind: the kind, by the name of a run's attribute.
            columns: those that are wanted, by default all.
            datetime: `None` gives `wall_time` in seconds since the epoch, `"utc"` timestamps.

        Raises:
            ValueError: there is no such kind or column, or `kinds` of `partitions` leaves it out.
            OSError, CorruptFileError: as for `tfevents.read`.

        Example:
            >>> piece.table("scalars")  # doctest: +SKIP
        """
        columns = selection.kept(columns)
        empty(kind, columns=columns, datetime=datetime)
        self._check_kind(kind)
        log = self.read()
        _tell_skipped(log.skipped)
        for path, offset, length, wrong in log.damage:
            warn(f"{path}: stepped over {length} damaged bytes at offset {offset} ({wrong})")
        table: Table = getattr(log, kind).table(columns=columns, datetime=datetime)
        return table

    def __reduce__(self) -> tuple[Any, ...]:
        # This need not be a path. It is the text with which all of them begin.
        root = os.path.commonprefix(self.files)  # noqa: RUF071
        files = [[name, *(path[len(root) :] for path in paths)] for name, paths in self.runs]
        packed = zlib.compress(json.dumps([root, files]).encode(), 9)
        return _unpickled, (packed, self.size, self._options)


def _unpickled(packed: bytes, size: int, options: dict[str, Any]) -> Partition:
    root, files = json.loads(zlib.decompress(packed))
    runs = tuple((name, tuple(root + path for path in paths)) for name, *paths in files)
    return Partition(runs, size, options)


class _Files:
    """Finds runs with files that are known."""

    def __init__(self, runs: list[RunFiles]) -> None:
        self._runs = runs

    def __call__(self) -> Found:
        return Found(list(self._runs), [])


def _tell_skipped(skipped: Iterable[Skipped]) -> None:
    for path, reason in skipped:
        warn(f"{path}: left out ({reason})")


def partitions(
    path: Path,
    *,
    runs: selection.Patterns | None = None,
    tags: selection.Patterns | None = None,
    kinds: KindName | Iterable[KindName] | None = None,
    steps: tuple[SupportsIndex | None, SupportsIndex | None] | None = None,
    bytes: int | str = "256MB",
    keep_runs: bool = True,
    verify: Literal["crc", "none"] = "crc",
    on_corrupt: Literal["raise", "skip"] = "raise",
    restarts: Literal["raw", "tensorboard", "last_wins"] = "raw",
    threads: int | None = 1,
) -> list[Partition]:
    """Cuts a tree of runs into pieces of about equal bytes, which can be pickled, and read by other
    processes and machines. The tree is listed once, and no file is opened.

    Args:
        path, runs, tags, kinds, steps, verify, on_corrupt, restarts: as for `read`. A directory
            that can't be read and that `read` would list in `Log.skipped` is told by a
            `RuntimeWarning`.
        bytes: about how many bytes of files a piece is to have, a number or a string such as
            `"256MB"` or `"1GiB"`. No file is cut, and with `keep_runs` no run.
        keep_runs: whether the files of a run stay together. Else those of one run may be in
            several pieces. What the first file of a run says of a tag, later ones then don't know:
            a tensor without metadata of its own is among the `tensors`.
        threads: how many threads read a piece; 1 by default, since an engine runs as many pieces
            at a time as it has processors for. `None` chooses as `read` does.

    Returns:
        The pieces, in the order of the runs; none where there are no event files.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        OSError: a directory can't be listed.
        TypeError, ValueError: an argument can't be used.

    Example:
        >>> (piece,) = tfevents.partitions("runs", tags="loss")
        >>> piece.read().runs
        ['exp1', 'exp2']
    """
    options = {
        "tags": selection.kept(tags),
        "kinds": selection.kept(kinds),
        "steps": steps,
        "verify": verify,
        "on_corrupt": on_corrupt,
        "restarts": restarts,
        "threads": threads,
    }
    how(None, **options)
    target = amount(bytes)
    if not keep_runs and restarts != "raw":
        raise ValueError(f"keep_runs: restarts={restarts!r} takes all files of a run together")
    find = finder_of(path, runs, skip=on_corrupt == "skip")
    found = find()
    if runs is not None and not found.runs and (names := find.names()):
        selection.tell_unmatched("runs", runs, names)
    _tell_skipped(found.skipped)
    # Those that read the pieces may work in other directories.
    placed = ((name, map(absolute, files)) for name, files, _ in found.runs)
    sized = [(name, [(file, _size(file)) for file in files]) for name, files in placed]
    units = sized if keep_runs else [(name, [file]) for name, files in sized for file in files]
    total = sum(size for _, files in units for _, size in files)
    number = max(1, round(total / target))
    pieces: dict[int, list[tuple[str, list[tuple[str, int]]]]] = {}
    before = 0
    for unit in units:
        size = sum(size for _, size in unit[1])
        # The middle of a unit chooses its piece, so that pieces differ by less than one unit.
        place = min(number - 1, (2 * before + size) * number // (2 * total)) if total else 0
        pieces.setdefault(place, []).append(unit)
        before += size
    return [_partition(piece, options) for piece in pieces.values()]


def _partition(
    units: list[tuple[str, list[tuple[str, int]]]], options: dict[str, Any]
) -> Partition:
    files: dict[str, list[str]] = {}
    for name, paths in units:
        files.setdefault(name, []).extend(path for path, _ in paths)
    size = sum(size for _, paths in units for _, size in paths)
    return Partition(tuple((n, tuple(paths)) for n, paths in files.items()), size, options)


def _size(path: str) -> int:
    if is_uri(path):
        from tfevents.remote import files

        return files.size(path)
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        # The file was removed after it was listed. Reading it reports that.
        return 0


def amount(value: int | str, argument: str = "bytes") -> int:
    """A number of bytes, from 1 on."""
    number: float | None = None
    if isinstance(value, str):
        match = _AMOUNT.fullmatch(value)
        if match:
            number = (
                float(match[1]) * _UNITS[match[2].lower()] if match[2].lower() in _UNITS else None
            )
    else:
        # Arrays have the method, but only some of them are a number.
        with contextlib.suppress(TypeError):
            number = operator.index(value)
    # A string may have more digits than a float holds.
    if number is None or not 1 <= number < math.inf:
        raise ValueError(
            f"{argument}: expected a number of bytes, as 256_000_000 or '256MB', got {value!r}"
        )
    return int(number)
