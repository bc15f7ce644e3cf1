"""`FileWriter`, with the interface of torch's."""

from __future__ import annotations

import os
import time
from typing import Any, ClassVar, Literal, Self, SupportsFloat, SupportsIndex

from tfevents import _native
from tfevents._arguments import absolute, as_directory
from tfevents.writer import seams
from tfevents.writer.event_file_writer import EventFileWriter, shown

StrPath = str | os.PathLike[str]


class FileWriter:
    """Writes events and summaries that were made elsewhere, protocol buffers of any package.

    Args:
        log_dir: the directory of the event files.
        max_queue, flush_secs, filename_suffix, on_error: as for `SummaryWriter`.

    Raises:
        TypeError, ValueError: an argument that can't be used; the message names it.
        OSError: the file can't be created; in any method, that writing failed.

    Methods of an instance, or of its `event_writer`, can be replaced: what is logged by the
    `SummaryWriter` that it belongs to goes through them then, as with torch's.

    Attributes:
        event_writer: writes events as they are.
    """

    event_writer: Any
    _files: _native.FileWriter
    _seams: ClassVar[tuple[str, ...]] = (seams.TORCH, seams.TENSORBOARDX, seams.TENSORBOARD)
    # The module whose hooked `FileWriter` is a base of this class.
    _hooked_in: ClassVar[str | None] = None

    def __init__(
        self,
        log_dir: StrPath,
        max_queue: int = 10,
        flush_secs: float = 120.0,
        filename_suffix: str = "",
        *,
        on_error: Literal["raise", "warn"] = "raise",
    ) -> None:
        if "_files" in vars(self):
            # The writer was made already. A hooked class has called this again.
            return
        log_dir = as_directory(log_dir, "log_dir")
        files = _native.FileWriter(
            absolute(log_dir), max_queue, flush_secs, filename_suffix, on_error=on_error
        )
        self._attach(files, log_dir, max_queue, flush_secs, filename_suffix)

    @classmethod
    def _of(cls, files: _native.FileWriter, log_dir: StrPath, *rest: Any) -> Self:
        """One for files that a `SummaryWriter` has opened."""
        writer = cls.__new__(cls)
        writer._attach(files, log_dir, *rest)
        return writer

    def _attach(self, files: _native.FileWriter, log_dir: StrPath, *rest: Any) -> None:
        members = vars(self)
        members["_files"] = files
        members["_own_class"] = type(self)
        members["_arguments"] = (log_dir, *rest)
        members["event_writer"] = EventFileWriter._of(files, os.fspath(log_dir), self._seams, *rest)
        self._look()

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        # The attribute may be one of the methods, so events must be checked for hooks.
        self._files.watch(True)

    def _look(self) -> bool:
        """Whether somebody is to be called with what is added; looked for anew."""
        own: Any = vars(self)["_own_class"]
        kinds = (seams.hooked_class(own, module) for module in self._seams)
        kind: Any = next((kind for kind in kinds if kind is not None), own)
        if type(self) is not kind:
            self.__class__ = kind
            if kind.__init__ is not own.__init__:
                kind.__init__(self, *vars(self)["_arguments"])
        return self._hooked_in is not None or self._is_patched(*_METHODS)

    def _is_patched(self, *methods: str) -> bool:
        """Whether one of these is not ours, or what `add_event` calls isn't."""
        members, kind = vars(self), type(self)
        if any(it in members or getattr(kind, it) is not _METHODS[it] for it in methods):
            return True
        event_writer = members["event_writer"]
        return not isinstance(event_writer, EventFileWriter) or event_writer._is_hooked()

    def _is_followed(self) -> bool:
        """Whether somebody was told of the directory, who may be reading what is written there."""
        return type(vars(self)["event_writer"]) is not EventFileWriter

    def _as_message(self, event: Any) -> Any:
        """`event` as an object of the class that hooks expect."""
        return _converted(event, seams.event_class(self._hooked_in), "event")

    def _as_summary(self, summary: Any) -> Any:
        """`summary` as an object of the class that hooks expect."""
        kind = seams.event_class(self._hooked_in)
        if kind is _native.Event:
            return summary
        return _converted(summary, type(kind().summary), "summary")

    @property
    def path(self) -> str | None:
        """The event file that is being written; None where none is open."""
        path = self._files.path
        return path and shown(path, self.get_logdir())

    @property
    def paths(self) -> list[str]:
        """The event files that were made in this process, in their order."""
        return [shown(path, self.get_logdir()) for path in self._files.paths]

    def get_logdir(self) -> str:
        """The directory of the event files."""
        log_dir: str = self.event_writer.get_logdir()
        return log_dir

    def add_event(
        self,
        event: Any,
        step: SupportsIndex | None = None,
        walltime: SupportsFloat | None = None,
    ) -> None:
        """Writes an `Event`, with its wall time set to `walltime` or now.

        Args:
            event: an object whose `SerializeToString()` gives an encoded `Event`. It stays as it
                is.
            step: replaces the event's step.
            walltime: seconds since the epoch; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used.
            OSError: the writer is closed.

        Example:
            >>> event = next(iter(tfevents.iter_events("runs/exp1")))
            >>> file_writer.add_event(event, step=3)
        """
        if not self._is_patched():
            self._files.add_event(event, step, walltime)
            return
        event = _converted(event, _native.Event, "event")
        event = event.replace(step=step, wall_time=time.time() if walltime is None else walltime)
        self.event_writer.add_event(self._as_message(event))

    def add_summary(
        self,
        summary: Any,
        global_step: SupportsIndex | None = None,
        walltime: SupportsFloat | None = None,
    ) -> None:
        """Writes an event with this `Summary`.

        Args:
            summary: an object whose `SerializeToString()` gives an encoded `Summary`.
            global_step: the event's step.
            walltime: seconds since the epoch; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used.
            OSError: the writer is closed.

        Example:
            >>> from tfevents import summary
            >>> file_writer.add_summary(summary.scalar("loss", 0.5), 10)
        """
        if not self._is_patched("add_event"):
            self._files.add_summary(summary, global_step, walltime)
            return
        event = _native.Event._of_summary(_serialized(summary, "summary"))
        self.add_event(self._as_message(event), global_step, walltime)

    def add_graph(
        self, graph_profile: tuple[Any, Any], walltime: SupportsFloat | None = None
    ) -> None:
        """Writes a graph and what a run of it cost, an event each.

        Args:
            graph_profile: a `GraphDef` and a `RunMetadata`, or objects that serialize to such.
            walltime: seconds since the epoch; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used.
            OSError: the writer is closed.

        Example:
            >>> file_writer.add_graph((graph_def, run_metadata))  # doctest: +SKIP
        """
        if not self._is_patched("add_event"):
            self._files.add_graph(graph_profile, walltime)
            return
        graph, profile = graph_profile
        event = _native.Event._of_run_metadata(_serialized(profile, "graph_profile[1]"))
        self.add_onnx_graph(graph, walltime)
        self.add_event(self._as_message(event), None, walltime)

    def add_onnx_graph(self, graph: Any, walltime: SupportsFloat | None = None) -> None:
        """Writes a graph.

        Args:
            graph: a `GraphDef`, or an object that serializes to one.
            walltime: seconds since the epoch; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used.
            OSError: the writer is closed.

        Example:
            >>> file_writer.add_onnx_graph(graph_def)  # doctest: +SKIP
        """
        if not self._is_patched("add_event"):
            self._files.add_onnx_graph(graph, walltime)
            return
        event = _native.Event._of_graph(_serialized(graph, "graph"))
        self.add_event(self._as_message(event), None, walltime)

    def copy(self, event: Any) -> None:
        """Writes an `Event` as it is, its wall time and step included.

        Args:
            event: an object whose `SerializeToString()` gives an encoded `Event`, such as those of
                `tfevents.iter_events`. One with the version of the format, with which each file
                begins, is left out, since the file that is written has its own.

        Raises:
            TypeError, ValueError: it is none.
            OSError: the writer is closed.

        Example:
            >>> for event in tfevents.iter_events("runs/exp1"):
            ...     values = [value.replace(tag=f"old/{value.tag}") for value in event.values]
            ...     file_writer.copy(event.replace(values=values) if values else event)
        """
        self._files.copy(event)

    def flush(self) -> None:
        """Returns once all that was added is written to the operating system."""
        self.event_writer.flush()

    def close(self) -> None:
        """Writes all that was added and closes the file."""
        self.event_writer.close()

    def reopen(self) -> None:
        """Opens a new file in the same directory, if the writer is closed."""
        self.event_writer.reopen()

    @property
    def dropped_events(self) -> int:
        """How many events were given up because they could not be written."""
        return self._files.dropped_events


_METHODS: dict[str, Any] = {
    name: vars(FileWriter)[name]
    for name in ("add_event", "add_summary", "add_graph", "add_onnx_graph")
}


def relay(file_writer: Any, event: bytes, step: int | None) -> None:
    """Adds what a method of `SummaryWriter` has logged to a `FileWriter`, or to what somebody has
    put in its place, so that all see it who are to.
    """
    logged = _native.Event.FromString(event)
    step = step if step is not None else logged.step or None
    as_message = getattr(file_writer, "_as_message", _message)
    message = as_message(logged)
    if (serialized := logged._summary()) is not None:
        summary = message.summary if message is not logged else Encoded(serialized)
        file_writer.add_summary(summary, step, logged.wall_time)
    else:
        file_writer.add_event(message, step, logged.wall_time)


def _message(event: Any) -> Any:
    return _converted(event, seams.event_class(None), "event")


class Encoded:
    """A message of which only the bytes are known."""

    def __init__(self, serialized: bytes) -> None:
        self._serialized = serialized

    def SerializeToString(self) -> bytes:
        return self._serialized


def _serialized(message: Any, argument: str) -> bytes:
    if not hasattr(message, "SerializeToString"):
        kind = type(message).__name__
        raise TypeError(f"{argument}: expected an object with SerializeToString(), got {kind}")
    serialized: bytes = message.SerializeToString()
    return serialized


def _converted(message: Any, kind: Any, argument: str) -> Any:
    """`message` as an object of another class of messages."""
    if isinstance(message, kind):
        return message
    serialized = _serialized(message, argument)
    try:
        return kind.FromString(serialized)
    except Exception as error:
        # Each implementation of protobuf has its own exceptions.
        raise ValueError(
            f"{argument} does not serialize to a well-formed message: {error}"
        ) from error
