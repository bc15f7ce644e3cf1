"""`tfevents.verify` and `tfevents.repair`: report damage, and make copies without it."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias, overload

from tfevents import _native, outputs
from tfevents.errors import CorruptFileError
from tfevents.reader.finding import Found, Skipped, exists, finder
from tfevents.reader.log import Damage, path_of, roots
from tfevents.reader.run import count, table
from tfevents.remote.uri import below, is_uri

_FOREIGN = "not_an_event_file"

# The content of a file, or the reason why it is skipped.
_Read: TypeAlias = tuple[int, int, list[tuple[str, int, int, str]], int] | str


class FileReport(NamedTuple):
    """What one file holds."""

    path: str
    """The file: its absolute path, or its URI."""
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
    """The copy, from `repair`; None where the file is no event file."""

    @property
    def ok(self) -> bool:
        """Whether nothing is damaged. A truncated last record is no damage."""
        return not self.damage


class Report(Sequence[FileReport]):
    """What `verify` and `repair` found: a `FileReport` for each file.

    Attributes:
        skipped: files and directories that went meanwhile, or that can't be read.
    """

    def __init__(self, files: Iterable[FileReport], skipped: Iterable[Skipped] = ()) -> None:
        self._files = tuple(files)
        self.skipped = list(skipped)

    @property
    def ok(self) -> bool:
        """Whether nothing is damaged, as far as it could be read: nothing of `skipped` is there any
        more. A truncated last record is no damage.
        """
        is_known = all(one.reason == "not_found" for one in self.skipped)
        return is_known and all(file.ok for file in self)

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
        if damage := self.damage:
            lost = sum(one.length for one in damage)
            title += f", {lost} damaged bytes in {count(len(damage), 'place')}"
        if self.skipped:
            title += f", {len(self.skipped)} skipped"
        rows = [(file.path, _words(file)) for file in self if file.damage or file.truncated]
        return table(title, rows + [(one.path, one.reason) for one in self.skipped])


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
            it, or an iterable of these, or a glob, as for `read`. What is below it and goes
            meanwhile, or may not be read, is listed in `Report.skipped`.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        OSError: `path` can't be read, or reading what is below it fails.

    Example:
        >>> report = tfevents.verify("runs")
        >>> report.ok, report.damage
        (True, [])
    """
    return verify_found(finder(*roots(path), skip=True)())


def verify_found(found: Found, done: Callable[[str], object] = lambda file: None) -> Report:
    """The same of files that were found; `done` is called after each."""

    def read() -> Iterator[tuple[str, None, _Read]]:
        for file in found.files:
            yield file, None, _native.verify_file(file, file in found.given)
            done(file)

    return _report(found, read())


def repair(path: str | os.PathLike[str], output: str | os.PathLike[str]) -> Report:
    """Copies every good record of event files to new files, and says what was lost.

    The files at `path` stay as they are, and nothing at `output` is overwritten. Records are copied
    byte for byte. Where the first record of a file is lost, a new one that says the format's
    version takes its place. A truncated last record is left out. Of a file below `path` that is no
    event file there is no copy.

    Copies get their names one after the other, once all are complete: a process that is killed
    before leaves none, but maybe a directory in the output whose name begins with `.repair-`.

    Args:
        path: an event file (of any name), or a directory with runs at or below it, or a glob, as
            for `read`.
        output: the new file; for a directory the new directory, which gets the event files in the
            same tree. Other files are not copied. Directories that are missing are made.

    Both may be URIs, as for `read`.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        FileExistsError: a file that would be made is there already; nothing was written.
        OSError: `path` can't be read, or reading what is below it or writing fails; no copy stays.
            What is below it and goes meanwhile, or can't be read, is listed in `Report.skipped`.
        CorruptFileError: `path` is a file and no event file.
        ValueError: `output` lies in the directory at `path`, whose runs would become more.

    Example:
        >>> tfevents.repair("runs", "runs-repaired").ok
        True
    """
    source, target = path_of(path), path_of(output, "output")
    find = finder([source], False, skip=True)
    found = find()
    return repair_found(found, find.inputs(found), target)


def repair_found(
    found: Found,
    inputs: list[str],
    target: str,
    done: Callable[[str], object] = lambda file: None,
) -> Report:
    """The same of files that were found; `done` is called after each."""
    is_given = bool(found.given)
    if is_given:
        copies = [(inputs[0], target)]
    else:
        for source in inputs:
            if outputs.lies_in(target, source):
                raise ValueError(f"output must not lie in path, but {target} lies in {source}")
        copies = [
            (file, _below(target, run, os.path.basename(file)))
            for run, files, _ in found.runs
            for file in files
        ]
    for _, copy in copies:
        if exists(copy):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), copy)
    # Half of a tree would be taken for all of it. The copy of one file is whole or not there.
    is_whole = is_given and not is_uri(target)
    with _stage(target, is_whole) as stage:
        parts = {
            copy: copy if is_whole else os.path.join(stage, f"{number}.part")
            for number, (_, copy) in enumerate(copies)
        }

        def copied() -> Iterator[tuple[str, str, _Read]]:
            for file, copy in copies:
                try:
                    yield file, copy, _native.repair_file(file, parts[copy], is_given)
                except OSError as error:
                    if error.filename == parts[copy]:
                        error.filename = copy
                    raise
                done(file)

        report = _report(found, copied())
        if is_given and report[0].output is None:
            raise CorruptFileError(inputs[0], 0, _FOREIGN, 0)
        if not is_whole:
            _put({it.output: parts[it.output] for it in report if it.output}, target)
    return report


@contextlib.contextmanager
def _stage(target: str, is_file: bool) -> Iterator[str]:
    """A new directory in the output, or the one of a file."""
    place: Path | None = None
    if not is_uri(target):
        path = Path(os.path.abspath(target))
        place = path.parent if is_file else path
    with outputs.made(place):
        if is_file:
            yield str(place)
            return
        stage = outputs.new_directory(".repair-", place, target)
        try:
            yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _put(parts: dict[str, str], target: str) -> None:
    """Gives copies their names, once all are complete."""
    if not is_uri(target):
        outputs.put_files(parts)
        return
    from tfevents.remote import files

    for copy, part in parts.items():
        files.upload(part, copy)


def _below(root: str, run: str, name: str) -> str:
    """The path of a run's file in the tree at `root`."""
    path = name if run == "." else os.path.join(run, name)
    return below(root, path) if is_uri(root) else os.path.join(root, path)


def _report(found: Found, files: Iterable[tuple[str, str | None, _Read]]) -> Report:
    """A report of each file and its copy, from what is in it or the reason why that isn't known."""
    reports, skipped = [], found.skipped
    for file, copy, read in files:
        if isinstance(read, str):
            skipped.append(Skipped(file, read))
            continue
        records, size, parts, truncated = read
        damage = [Damage(*one) for one in parts]
        output = None if any(one.kind == _FOREIGN for one in damage) else copy
        reports.append(FileReport(file, records, size, damage, truncated, output))
    return Report(reports, skipped)
