"""Links between directories."""

from __future__ import annotations

import os


def reached_twice(root: str | os.PathLike[str]) -> set[str]:
    """The paths of directories below a root that a shorter path leads to as well.

    The remaining paths lead to each directory once, as in `tfevents.read`.
    """
    twice: set[str] = set()
    been: set[str] = set()
    level = [(False, os.fspath(root), os.path.realpath(root))]
    while level:
        following = []
        for is_linked, path, place in sorted(level):
            if place in been:
                twice.add(path)
                continue
            been.add(place)
            try:
                entries = list(os.scandir(path))
            except OSError:
                # Reading the directory will raise this error.
                continue
            for entry in entries:
                if entry.is_symlink():
                    if os.path.isdir(entry.path):
                        following.append((True, entry.path, os.path.realpath(entry.path)))
                elif entry.is_dir():
                    below = os.path.join(place, entry.name)
                    following.append((is_linked, entry.path, below))
        level = following
    return twice
