"""The event files of one run, and the hooks that watch their events."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from tfevents._native import EventWriter
from tfevents.writer.event_file_writer import shown
from tfevents.writer.file_writer import FileWriter, StrPath, relay

if TYPE_CHECKING:
    from tfevents.remote.spool import SpooledRun

T = TypeVar("T")


class Shadowed(Generic[T]):
    """A property that gives way to an attribute of an instance, one that a subclass sets say."""

    def __init__(self, function: Callable[[Any], T]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> T:
        return self if instance is None else self._function(instance)  # type: ignore[return-value]


class Run(EventWriter):
    """Logs to the event files of one directory; what `SummaryWriter` and its sub-runs are."""

    _file_writer_class: ClassVar[type[FileWriter]] = FileWriter

    def _set_directory(
        self,
        log_dir: StrPath,
        root: StrPath,
        max_queue: int,
        flush_secs: float,
        filename_suffix: str,
        on_error: Literal["raise", "warn"],
        write_to_disk: bool,
        spool: SpooledRun | None,
    ) -> None:
        """Has files made in `root`, which the user calls `log_dir`."""
        self._configure(root, flush_secs, filename_suffix, on_error, write_to_disk, spool)
        self._files_of = (log_dir, max_queue, flush_secs, filename_suffix)

    @property
    def file_writer(self) -> FileWriter | None:
        """The writer of whole events; None after `close`."""
        files = self._files()
        if files.is_closed:
            return None
        members = vars(self)
        if "_replacement" in members:
            return members["_replacement"]  # type: ignore[no-any-return]
        if "_file_writer" not in members:
            made = self._file_writer_class._of(files, *self._files_of)
            members.setdefault("_file_writer", made)
            # The first event looks for hooks.
            files.watch(True)
        writer: FileWriter = members["_file_writer"]
        return writer

    @file_writer.setter
    def file_writer(self, writer: Any) -> None:
        """Has another object called with what is logged, as torch's writer does."""
        vars(self)["_replacement"] = writer
        if writer is None:
            del vars(self)["_replacement"]
        self._files().watch(True)

    def _get_file_writer(self) -> FileWriter:
        """The writer of whole events, opened where it was closed."""
        while True:
            if self._files().is_closed:
                self._forget_file_writer()
            self._open()
            if (writer := self.file_writer) is not None:
                return writer

    def _look(self) -> bool:
        """Whether events are handed to `_relay`; asked by `add_*` when there is a moment for it."""
        file_writer: Any = self._get_file_writer()
        is_replaced = file_writer is not vars(self).get("_file_writer")
        is_hooked = is_replaced or file_writer._look()
        self._files().watch(is_hooked)
        return is_hooked

    def _relay(self, event: bytes, step: int | None) -> None:
        """Takes an event that somebody else is to see before it is written."""
        relay(self._get_file_writer(), event, step)

    @Shadowed
    def path(self) -> str | None:
        """The event file that is being written, its URI where the directory is remote; None where
        none is open.
        """
        path = self._files().path
        return path and shown(path, os.fspath(self._files_of[0]))

    @Shadowed
    def paths(self) -> list[str]:
        """The event files that were made in this process, in their order."""
        log_dir = os.fspath(self._files_of[0])
        return [shown(path, log_dir) for path in self._files().paths]

    def close(self) -> None:
        """Writes, or uploads, all that was logged and closes the file."""
        super().close()
        self._forget_file_writer()

    def _forget_file_writer(self) -> None:
        for name in ("_file_writer", "_replacement"):
            vars(self).pop(name, None)
