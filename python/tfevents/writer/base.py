"""The base of `SummaryWriter`: its directory, its files, its sub-runs, `flush` and `close`."""

from __future__ import annotations

import operator
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, Literal, SupportsIndex

from tfevents import remote
from tfevents._arguments import absolute, as_directory
from tfevents._closing import Closing
from tfevents._native import as_step
from tfevents.writer.file_writer import FileWriter, StrPath
from tfevents.writer.run import Run, Shadowed

__all__ = ["BaseWriter", "StrPath", "check_name", "escaped"]


class BaseWriter(Run, Closing):
    """What all methods of `SummaryWriter` share, which documents the arguments."""

    def __init__(
        self,
        log_dir: StrPath | None = None,
        comment: str = "",
        purge_step: SupportsIndex | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        *,
        on_error: Literal["raise", "warn"] = "raise",
        logdir: StrPath | None = None,
        write_to_disk: bool = True,
    ) -> None:
        self._take_over()
        if not isinstance(comment, str):
            raise TypeError(f"comment: expected a str, got {comment!r:.60}")
        try:
            max_queue = operator.index(max_queue)
        except TypeError:
            raise TypeError(f"max_queue: expected an integer, got {max_queue!r:.60}") from None
        if logdir is not None:
            if log_dir is not None:
                raise TypeError("logdir is another word for log_dir: give one of them")
            log_dir = logdir
        if not log_dir:
            now = datetime.now().strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{now}_{socket.gethostname()}{comment}")
        self.log_dir: StrPath = as_directory(log_dir, "log_dir")
        self.purge_step = as_step(purge_step, "purge_step")
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        self.on_error: Literal["raise", "warn"] = on_error
        self.write_to_disk = write_to_disk
        # The path of the run, which stays the same if the working directory changes.
        self._absolute_log_dir: StrPath = absolute(self.log_dir)
        self._set_up()
        self._get_file_writer()

    @classmethod
    def _take_over(cls) -> None:
        """Has the class do what somebody has methods of torch's do."""

    def _set_up(self) -> None:
        # Other threads may add to it meanwhile. `list` copies it at once, even without the
        # interpreter's lock.
        self._sub_writers: dict[str, Run] = {}
        # The closed writers that dropped events.
        self._ended_writers: list[Run] = []
        # The files of closed sub-runs.
        self._ended_paths: list[str] = []
        self._spool = None
        if self.write_to_disk:
            self._spool = remote.spool_for(self.log_dir, self.flush_secs, self.on_error)
        self._configure_writer(self, "")

    def _configure_writer(self, writer: Run, name: str) -> None:
        writer._set_directory(
            os.path.join(self.log_dir, name) if name else self.log_dir,
            os.path.join(self._absolute_log_dir, name) if name else self._absolute_log_dir,
            self.max_queue,
            self.flush_secs,
            self.filename_suffix,
            self.on_error,
            self.write_to_disk,
            self._spool.run(name) if self._spool else None,
        )

    def _get_file_writer(self) -> FileWriter:
        """The writer of whole events, opened where it was closed."""
        file_writer = super()._get_file_writer()
        purge_step, self.purge_step = self.purge_step, None
        if purge_step is not None:
            self._purge(purge_step)
        return file_writer

    def _look(self) -> bool:
        return self.write_to_disk and super()._look()

    def get_logdir(self) -> StrPath:
        """The directory of the event files."""
        return self.log_dir

    @Shadowed
    def logdir(self) -> StrPath:
        """What tensorboardX calls `log_dir`."""
        return self.log_dir

    @Shadowed
    def all_writers(self) -> dict[str, FileWriter] | None:
        """The file writers of this run and of its sub-runs by directory; None after `close`."""
        if self.file_writer is None:
            return None
        writers = {os.fspath(self.log_dir): self.file_writer}
        for path, writer in list(self._sub_writers.items()):
            if writer.file_writer is not None:
                writers[path] = writer.file_writer
        return writers

    @Shadowed
    def paths(self) -> list[str]:
        """The event files that were made in this process, in their order: those of this run, and
        then those of its sub-runs.
        """
        sub_runs = [writer.paths for writer in list(self._sub_writers.values())]
        return sum(sub_runs, [*super().paths, *self._ended_paths])

    def _sub_writer(self, name: str) -> Run:
        path = os.path.join(self.log_dir, name)
        writer = self._sub_writers.get(path)
        if writer is None:
            writer = self._writer_of(name)
            # Another thread may have made it first. There is no lock, since one could be held while
            # the process forks.
            writer = self._sub_writers.setdefault(path, writer)
            writer._get_file_writer()
        return writer

    def _writer_of(self, name: str) -> Run:
        file_writer = vars(self).get("_file_writer")
        if isinstance(file_writer, FileWriter) and file_writer._is_followed():
            # If a file seems to end, W&B's reader leaves it for the next one. So all files are
            # written before a new one is made.
            for each in (self, *list(self._sub_writers.values())):
                each._flush_file()
        writer = _SubRun(self._file_writer_class)
        self._configure_writer(writer, name)
        return writer

    @contextmanager
    def _own_run(self) -> Iterator[Run]:
        """This run."""
        yield self

    @contextmanager
    def _session(self, name: str) -> Iterator[Run]:
        """A run below this one, closed at the end of the block."""
        writer = self._writer_of(self._inside(name))
        writer._get_file_writer()
        try:
            yield writer
        finally:
            writer.close()
            self._ended_paths += writer.paths
            if writer.dropped_events:
                self._ended_writers.append(writer)

    def flush(self) -> None:
        """Returns once all that was logged is written to the operating system, or uploaded."""
        try:
            with ExitStack() as stack:
                for writer in list(self._sub_writers.values()):
                    stack.callback(writer._flush_file)
        finally:
            # This comes last, since it uploads the files of all.
            super().flush()

    def close(self) -> None:
        """Writes, or uploads, all that was logged and closes the files."""
        with ExitStack() as stack:
            for writer in list(self._sub_writers.values()):
                stack.callback(writer.close)
            super().close()

    @Shadowed
    def dropped_events(self) -> int:
        """How many events were given up because they could not be written."""
        writers = (*self._sub_writers.values(), *self._ended_writers)
        return super().dropped_events + sum(writer.dropped_events for writer in writers)

    def __getstate__(self) -> dict[str, Any]:
        # Files and threads are not copied. The copy opens its own.
        return {key: value for key, value in self.__dict__.items() if key not in _OWN}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._set_up()

    def _inside(self, name: str) -> str:
        """The directory of this name relative to this run's, below which it is in any case."""
        root = os.path.normpath(os.path.join(os.sep, self._absolute_log_dir))
        path = os.path.normpath(os.path.join(root, name))
        if os.path.commonpath([root, path]) != root:
            return "/".join(escaped(name.strip("/").split("/")))
        return os.path.relpath(path, root) if path != root else ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {os.fspath(self.log_dir)!r}>"


# The attributes that a copy of a writer makes for itself.
_OWN = frozenset(
    ("_sub_writers", "_ended_writers", "_ended_paths", "_spool", "_file_writer", "_replacement")
)


class _SubRun(Run):
    """A run below another one, watched by whom that one is watched."""

    def __init__(self, file_writer_class: type[FileWriter]) -> None:
        self._file_writer_class = file_writer_class  # type: ignore[misc]


def escaped(parts: list[str]) -> list[str]:
    """The parts of a path, without those that lead elsewhere."""
    return [f"%{part}" if part in ("", ".", "..") or part[0] == "%" else part for part in parts]


def check_name(name: object, argument: str) -> None:
    """Refuses what can't be the name of a directory."""
    if not isinstance(name, str):
        raise TypeError(f"{argument}: expected a str, got {type(name).__name__}")
    if "\0" in name or any("\ud800" <= char <= "\udfff" for char in name):
        raise ValueError(f"{argument} can't be a directory's name: {name!r}")
