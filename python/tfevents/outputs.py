"""Files that are written anew: they are whole before they get their names."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tfevents.remote.uri import below, is_uri


def lies_in(target: str, source: str) -> bool:
    """Whether the one, which need not exist, is the other or below it."""
    if is_uri(target) or is_uri(source):
        return below(target.rstrip("/"), "").startswith(below(source.rstrip("/"), ""))
    return Path(target).resolve().is_relative_to(Path(source).resolve())


def files_in(target: str) -> list[str] | None:
    """The files below a directory; None if it is a file."""
    if not is_uri(target):
        if not os.path.isdir(target):
            return None
        return [os.path.join(place, name) for place, _, names in os.walk(target) for name in names]
    from tfevents.remote import files

    found = files.find(target)
    return None if found is None else [below(target, path) for path in found[0]]


def is_in_use(directory: str) -> bool:
    """Whether another directory of the same name would be another one for somebody."""
    return os.path.ismount(directory) or os.path.samefile(directory, os.curdir)


@contextlib.contextmanager
def made(place: Path | None) -> Iterator[None]:
    """Makes a directory and those above it, if they are missing. Those that stay empty go again."""
    missing = [it for it in (place, *place.parents) if not it.exists()] if place else []
    try:
        if place is not None:
            place.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for directory in missing:
            with contextlib.suppress(OSError):
                directory.rmdir()


def new_directory(prefix: str, place: str | Path | None, target: str) -> str:
    """A directory with a new name, for what becomes the output. An OSError names the output."""
    try:
        return tempfile.mkdtemp(prefix=prefix, dir=place)
    except OSError as error:
        raise OSError(error.errno, error.strerror, target) from error


def free(path: str) -> str:
    """The path, or with a number if it is taken: a run that is split may go to that of others."""
    paths = itertools.chain([path], (f"{path}.{number}" for number in itertools.count(1)))
    return next(path for path in paths if not os.path.lexists(path))


def put_file(file: str, place: str, *, overwrite: bool) -> None:
    """Gives a file its name."""
    if overwrite:
        os.replace(file, place)
    else:
        _link_or_rename(file, place)
    _sync(os.path.dirname(place))


def _link_or_rename(file: str, place: str) -> None:
    """Gives a file its name, unlike a renaming only where nothing came there meanwhile."""
    try:
        os.link(file, place)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems have no links.
        if os.path.lexists(place):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), place) from None
        os.rename(file, place)


def put_tree(stage: str, tree: str, place: str, *, overwrite: bool) -> None:
    """Gives a tree in `stage` its name. What it replaces is in `stage` then."""
    old = os.path.join(stage, "old")
    try:
        if overwrite and os.path.isdir(place):
            os.rename(place, old)
        os.rename(tree, place)
    except BaseException:
        # Ctrl-C may come between the two.
        if os.path.isdir(old) and not os.path.lexists(place):
            os.rename(old, place)
        raise
    _sync(os.path.dirname(place))


def put_files(parts: dict[str, str]) -> None:
    """Gives files the names by which they stand here, all or none."""
    named = []
    try:
        for place in parts:
            os.makedirs(os.path.dirname(place), exist_ok=True)
        for place, part in parts.items():
            os.rename(part, place)
            named.append(place)
    except BaseException:
        for place in named:
            with contextlib.suppress(OSError):
                os.remove(place)
        raise


def remove(stage: str) -> None:
    """Removes a tree. Many files that are just being written go as fast as one, for which the
    system waits until the disk has it.
    """
    from concurrent.futures import ThreadPoolExecutor

    files = [os.path.join(place, name) for place, _, names in os.walk(stage) for name in names]
    if files:
        # Where there can be no threads, it takes longer.
        with contextlib.suppress(RuntimeError), ThreadPoolExecutor(16) as pool:
            pool.map(os.remove, files)
    shutil.rmtree(stage, ignore_errors=True)


def _sync(directory: str) -> None:
    """Has the names in a directory outlast a failure of power, where the system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
