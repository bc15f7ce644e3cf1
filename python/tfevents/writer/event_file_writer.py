"""The `event_writer` of a `FileWriter`, as in torch."""

from __future__ import annotations

import os
from typing import Any

from tfevents import remote
from tfevents._native import FileWriter as NativeFileWriter
from tfevents.remote.uri import below
from tfevents.writer import seams


class EventFileWriter:
    """Writes events as they are, with the surface of TensorBoard's class of that name.

    It is `file_writer.event_writer`, which is made by no one else. Its methods can be replaced,
    and are called then with each event.
    """

    _files: NativeFileWriter
    _logdir: str

    @classmethod
    def _of(
        cls, files: NativeFileWriter, logdir: str, modules: tuple[str, ...], *rest: Any
    ) -> EventFileWriter:
        """One for these files, of a class that somebody put in the place of TensorBoard's."""
        kind: Any = seams.event_file_writer(cls, modules)
        writer: EventFileWriter = kind.__new__(kind)
        vars(writer)["_files"] = files
        kind.__init__(writer, logdir, *rest)
        return writer

    def __init__(
        self,
        logdir: str,
        max_queue_size: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
    ) -> None:
        vars(self)["_logdir"] = logdir

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        self._files.watch(True)

    def _is_hooked(self) -> bool:
        return "add_event" in vars(self) or type(self).add_event is not _add_event

    @property
    def _file_name(self) -> str | None:
        """The event file, which code for TensorBoard's class asks for by this name."""
        name = self._files.path or next(reversed(self._files.paths), None)
        return name and shown(name, self._logdir)

    def get_logdir(self) -> str:
        """The directory of the event files."""
        return self._logdir

    def add_event(self, event: Any) -> None:
        """Writes an `Event` as it is, its wall time and step included.

        Raises:
            TypeError, ValueError: it is none.
            OSError: the writer is closed, or writing failed.
        """
        self._files.copy(event)

    def flush(self) -> None:
        """Returns once all that was added is written to the operating system."""
        self._files.flush()

    def close(self) -> None:
        """Writes all that was added and closes the file."""
        self._files.close()

    def reopen(self) -> None:
        """Opens a new file in the same directory, if the writer is closed."""
        self._files.reopen()


_add_event = EventFileWriter.add_event


def shown(path: str, log_dir: str) -> str:
    """The path of an event file as a user knows it: where the directory is remote, its URI."""
    return below(log_dir, os.path.basename(path)) if remote.is_uri(log_dir) else path
