"""`SummaryWriter`, with the surface of `torch.utils.tensorboard.SummaryWriter`."""

from __future__ import annotations

import operator
import os
import socket
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from tfevents._arrays import float_column, int_column
from tfevents._native import EventWriter, FileWriter, as_number, as_step

__all__ = ["FileWriter", "SummaryWriter"]

StrPath = str | os.PathLike[str]


class SummaryWriter(EventWriter):
    """Logs to event files in one directory, from any number of threads and processes.

    An `add_*` call encodes its event, hands it to a thread and returns; the thread writes it
    within about 100 ms. A forked or unpickled writer opens a file of its own with its first event.

    Args:
        log_dir: the directory; by default `runs/<MonDD_HH-MM-SS>_<host><comment>`.
        comment: ends the default directory's name; ignored where `log_dir` is given.
        purge_step: has TensorBoard hide what was logged to `log_dir` from this step on before,
            for a run that crashed and resumes.
        max_queue: accepted for torch's sake. Memory is bounded by bytes, not by events, and events
            are written long before ten of them would be worth waiting for.
        flush_secs: the longest time, in seconds, that an event may wait to be written; at most
            0.1 is used.
        filename_suffix: ends the names of the event files.
        on_error: what a failure in the background does, a full disk say. `"raise"`: the next call
            raises the `OSError`. `"warn"`: one `RuntimeWarning` an outage, training goes on,
            writing is tried again; when 64 MiB wait, further events are dropped and counted in
            `dropped_events`. Where warnings are errors, the call that raises has logged its event.

    Raises:
        TypeError, ValueError: an argument that can't be used; the message names it.
        OSError: the file can't be created.

    After `close` the next `add_*` opens a new file in the same directory.
    """

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
    ) -> None:
        if not isinstance(comment, str):
            raise TypeError(f"comment: expected a str, got {comment!r}")
        try:
            max_queue = operator.index(max_queue)
        except TypeError:
            raise TypeError(f"max_queue: expected an integer, got {max_queue!r}") from None
        if not log_dir:
            now = datetime.now().strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{now}_{socket.gethostname()}{comment}")
        self.log_dir = log_dir
        self.purge_step = as_step(purge_step, "purge_step")
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        self.on_error: Literal["raise", "warn"] = on_error
        self._set_up()
        self._get_file_writer()

    def _set_up(self) -> None:
        self._sub_writers: dict[str, EventWriter] = {}
        self._configure(self.log_dir, self.flush_secs, self.filename_suffix, self.on_error)

    def _get_file_writer(self) -> FileWriter:
        """The writer of whole events, opened where it was closed."""
        self._open()
        if self.purge_step is not None:
            self._purge(self.purge_step)
            self.purge_step = None
        file_writer = self.file_writer
        assert file_writer is not None
        return file_writer

    def get_logdir(self) -> StrPath:
        """The directory of the event files."""
        return self.log_dir

    @property
    def all_writers(self) -> dict[str, FileWriter] | None:
        """The file writers of this run and of its sub-runs by directory; None after `close`."""
        if self.file_writer is None:
            return None
        writers = {os.fspath(self.log_dir): self.file_writer}
        for path, writer in tuple(self._sub_writers.items()):
            if writer.file_writer is not None:
                writers[path] = writer.file_writer
        return writers

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: SupportsIndex | None = None,
        walltime: float | None = None,
    ) -> None:
        """Logs several curves of one chart, each as a run of its own below this one.

        The sub-run of a key is `<main_tag>_<key>`, with `/` in `main_tag` as `_`, and its tag is
        `main_tag`.

        Args:
            main_tag: the chart.
            tag_scalar_dict: the values by the names of their curves.
            global_step: the step of all.
            walltime: seconds since the epoch; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.
        """
        if not isinstance(main_tag, str):
            raise TypeError(f"main_tag: expected a str, got {type(main_tag).__name__}")
        if not isinstance(tag_scalar_dict, Mapping):
            kind = type(tag_scalar_dict).__name__
            raise TypeError(f"tag_scalar_dict: expected a mapping of keys to numbers, got {kind}")
        # All that can be wrong is found before anything is logged.
        values = {
            _sub_run(main_tag, key): as_number(value, f"tag_scalar_dict[{key!r}]")
            for key, value in tag_scalar_dict.items()
        }
        step = as_step(global_step, "global_step")
        wall_time = time.time() if walltime is None else as_number(walltime, "walltime")
        writers = [self._sub_writer(name) for name in values]
        for writer, value in zip(writers, values.values(), strict=True):
            writer.add_scalar(main_tag, value, step, wall_time)

    def _sub_writer(self, name: str) -> EventWriter:
        path = os.path.join(self.log_dir, name)
        writer = self._sub_writers.get(path)
        if writer is None:
            writer = EventWriter()
            writer._configure(path, self.flush_secs, self.filename_suffix, self.on_error)
            # Another thread may have come first. A lock could be held while a process forks.
            writer = self._sub_writers.setdefault(path, writer)
            writer._open()
        return writer

    def add_scalar_series(
        self,
        tag: str,
        values: ArrayLike,
        steps: ArrayLike | None = None,
        wall_times: ArrayLike | None = None,
    ) -> None:
        """Logs a whole curve at once, an event a point.

        Args:
            tag: the curve.
            values: n numbers, of shape [n]; stored as float32, like `add_scalar`'s.
            steps: n integers, of shape [n]; by default 0, 1, …, n - 1.
            wall_times: n times in seconds since the epoch, of shape [n]; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.
        """
        points = float_column(values, "values")
        count = len(points)
        ordinals = np.arange(count) if steps is None else int_column(steps, "steps", count)
        times = None if wall_times is None else float_column(wall_times, "wall_times", count)
        self._add_scalar_series(tag, points, ordinals, times)

    def flush(self) -> None:
        """Returns once all that was logged is written to the operating system."""
        with ExitStack() as stack:
            for writer in tuple(self._sub_writers.values()):
                stack.callback(writer.flush)
            super().flush()

    def close(self) -> None:
        """Writes all that was logged and closes the files."""
        with ExitStack() as stack:
            for writer in tuple(self._sub_writers.values()):
                stack.callback(writer.close)
            super().close()

    @property
    def dropped_events(self) -> int:
        """How many events were given up because they could not be written."""
        writers = tuple(self._sub_writers.values())
        return super().dropped_events + sum(writer.dropped_events for writer in writers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        # Files and threads stay where they are; the copy opens its own.
        return {key: value for key, value in self.__dict__.items() if key != "_sub_writers"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._set_up()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {os.fspath(self.log_dir)!r}>"


def _sub_run(main_tag: str, key: object) -> str:
    """The directory of a key's sub-run, another one for each key, never outside of the run."""
    if not isinstance(key, str):
        raise TypeError(f"tag_scalar_dict: expected keys of type str, got {key!r}")
    _check_name(main_tag, "main_tag")
    _check_name(key, "tag_scalar_dict: a key")
    first, *rest = key.split("/")
    escaped = [f"%{part}" if part in ("", ".", "..") or part[0] == "%" else part for part in rest]
    return "/".join([f"{main_tag.replace('/', '_')}_{first}", *escaped])


def _check_name(name: str, argument: str) -> None:
    if "\0" in name or any("\ud800" <= char <= "\udfff" for char in name):
        raise ValueError(f"{argument} can't be a directory's name: {name!r}")
