"""The settings of a workload: its sizes, and a place for its files."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory


@dataclass(frozen=True)
class Bench:
    points: int  # of each workload
    slow_points: int  # for peers that take microseconds a point; their cost is scaled
    repetitions: int  # of contenders that take milliseconds
    slow_repetitions: int  # of the others
    scratch: Path
    peers: bool = True

    def has(self, *modules: str) -> bool:
        """Whether these packages are wanted and installed."""
        return self.peers and all(importlib.util.find_spec(name) for name in modules)

    @contextmanager
    def directory(self) -> Iterator[Path]:
        """A new directory, which is removed at the end."""
        with TemporaryDirectory(dir=self.scratch) as path:
            yield Path(path)


def event_file(directory: Path) -> Path:
    """The only event file under a directory."""
    (path,) = directory.rglob("*tfevents*")
    return path


def as_installed(**more: str) -> dict[str, str]:
    """The environment of a process that finds its modules compiled, as pip leaves them. Ours are
    used in place, and some environments forbid to keep what was compiled.
    """
    return os.environ | {"PYTHONDONTWRITEBYTECODE": "", **more}
