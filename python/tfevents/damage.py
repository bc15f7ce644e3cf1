"""`tfevents.verify` and `tfevents.repair`: what is damaged, and copies without it."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, overload

from tfevents import _native
from tfevents.reader import Damage, path_of, roots
from tfevents.remote.uri import below, is_uri
from tfevents.run import count, table


class FileReport(NamedTuple):
    """What one file holds."""

    path: str
    """The file."""
    records: int
    """How many good records."""
    size: int
    """How many bytes these take."""
    damage: list[Damage]
    """What could not be read."""
    truncated: int
    """How many bytes the file's last record has that the end of the file cuts short: it is still
    being written, or whoever wrote it was killed. 0 where the file ends with a whole record.
    """
    output: str | None
    """The copy, from `repair`."""

    @property
    def ok(self) -> bool:
        """Whether nothing is damaged. A truncated last record is no damage."""
        return not self.damage


class Report(Sequence[FileReport]):
    """What `verify` and `repair` found: a `FileReport` for each file."""

    def __init__(self, files: Iterable[FileReport]) -> None:
        self._files = tuple(files)

    @property
    def ok(self) -> bool:
        """Whether nothing is damaged. A truncated last record is no damage."""
        return all(file.ok for file in self)

    @property
    def records(self) -> int:
        """How many good records all files have."""
        return sum(file.records for file in self)

    @property
    def damage(self) -> list[Damage]:
        """What could not be read, of all files."""
        return [damage for file in self for damage in file.damage]

    @overload
    def __getitem__(self, index: int) -> FileReport: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[FileReport]: ...
    def __getitem__(self, index: int | slice) -> FileReport | Sequence[FileReport]:
        return self._files[index]

    def __len__(self) -> int:
        return len(self._files)

    def __repr__(self) -> str:
        title = f"{count(len(self), 'file')}, {count(self.records, 'good record')}"
        if not self.ok:
            lost = sum(damage.length for damage in self.damage)
            title += f", {lost} damaged bytes in {count(len(self.damage), 'place')}"
        rows = [(file.path, _words(file)) for file in self if file.damage or file.truncated]
        return table(title, rows)


def _words(file: FileReport) -> str:
    kinds = [f"{it.length} bytes at {it.offset} ({it.kind})" for it in file.damage[:3]]
    if len(file.damage) > len(kinds):
        kinds.append(f"{len(file.damage) - len(kinds)} more")
    if file.truncated:
        kinds.append(f"truncated {file.truncated} bytes into the last record")
    return ", ".join(kinds)


def verify(path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Report:
    """Reads event files to their ends, and says what is damaged.

    Damage is no error here. Every checksum is compared, and every event is decoded, down to its
    values.

    Args:
        path: an event file (of any name), the directory of a run, or one with runs anywhere below
            it, or an iterable of these, as for `read`.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        OSError: a file or directory can't be read.

    Example:
        >>> report = tfevents.verify("runs")  # doctest: +SKIP
        >>> report.ok, report.damage  # doctest: +SKIP
        (True, [])
    """
    return Report(
        _report(file, _native.verify_file(file), None)
        for _, files in _native.find(*roots(path))
        for file in files
    )


def repair(path: str | os.PathLike[str], output: str | os.PathLike[str]) -> Report:
    """Copies every good record of event files to new files, and says what was lost.

    The files at `path` stay as they are, and nothing at `output` is overwritten. Records are copied
    byte for byte. Where the first record of a file is lost, a new one that says the format's
    version takes its place. A truncated last record is left out.

    Args:
        path: an event file (of any name), or a directory with runs at or below it.
        output: the new file; for a directory the new directory, which gets the event files in the
            same tree. Other files are not copied. Directories that are missing are made.

    Both may be URIs, as for `read`.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        FileExistsError: a file that would be made is there already; nothing was written.
        OSError: something can't be read or written.
        ValueError: `output` lies in the directory at `path`, whose runs would become more.

    Example:
        >>> tfevents.repair("runs", "runs-repaired")  # doctest: +SKIP
    """
    source, target = path_of(path), path_of(output, "output")
    runs = _native.find([source], False)
    if any(source in files for _, files in runs):
        copies = [(source, target)]
    else:
        if _lies_in(target, source):
            raise ValueError(f"output must not lie in path, but {target} lies in {source}")
        copies = [
            (file, _below(target, run, os.path.basename(file)))
            for run, files in runs
            for file in files
        ]
    for _, copy in copies:
        if _exists(copy):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), copy)
    return Report([_repair(file, copy) for file, copy in copies])


def _repair(file: str, copy: str) -> FileReport:
    if not is_uri(copy):
        Path(copy).parent.mkdir(parents=True, exist_ok=True)
        return _report(file, _native.repair_file(file, copy), copy)
    from tfevents.remote import files

    with tempfile.TemporaryDirectory(prefix="tfevents-repair-") as directory:
        local = os.path.join(directory, "copy")
        found = _native.repair_file(file, local)
        files.upload(local, copy)
    return _report(file, found, copy)


def _exists(path: str) -> bool:
    if not is_uri(path):
        return os.path.lexists(path)
    from tfevents.remote import files

    return files.exists(path)


def _lies_in(target: str, source: str) -> bool:
    if is_uri(target) or is_uri(source):
        return below(target.rstrip("/"), "").startswith(below(source.rstrip("/"), ""))
    return Path(target).resolve().is_relative_to(Path(source).resolve())


def _below(root: str, run: str, name: str) -> str:
    """The path of a run's file in the tree at `root`."""
    path = name if run == "." else os.path.join(run, name)
    return below(root, path) if is_uri(root) else os.path.join(root, path)


def _report(
    file: str, found: tuple[int, int, list[tuple[str, int, int, str]], int], output: str | None
) -> FileReport:
    records, size, damage, truncated = found
    return FileReport(file, records, size, [Damage(*one) for one in damage], truncated, output)
