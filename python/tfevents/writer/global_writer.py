"""One writer for a whole program, which counts the steps itself."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self, SupportsFloat, SupportsIndex

from tfevents._arguments import WallTime
from tfevents.writer import FileWriter, SummaryWriter
from tfevents.writer.base import StrPath


class GlobalSummaryWriter:
    """Logs from any number of modules and threads, each tag with steps of its own: 0, 1, 2, …

    As tensorboardX has it. `getSummaryWriter` gives every caller the same writer; one that is made
    here is another one. A forked child goes on counting from where its parent was, on its own.

    Args:
        logdir, comment, purge_step, max_queue, flush_secs, filename_suffix, write_to_disk: as for
            `SummaryWriter`.
        log_dir: another word for `logdir`.
        coalesce_process: taken for tensorboardX's sake, and not used.
        kwargs: other arguments of `SummaryWriter`.

    Attributes:
        smw: the `SummaryWriter` that it logs to.

    Raises:
        TypeError, ValueError, OSError, ImportError: as for `SummaryWriter`.

    Example:
        >>> shared = tfevents.GlobalSummaryWriter("runs/shared")
        >>> shared.add_scalar("loss", 0.5)
        >>> shared.close()
    """

    _writer_class: ClassVar[type[SummaryWriter]] = SummaryWriter
    _shared: ClassVar[GlobalSummaryWriter | None] = None

    def __init__(
        self,
        logdir: StrPath | None = None,
        comment: str = "",
        purge_step: SupportsIndex | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
        write_to_disk: bool = True,
        log_dir: StrPath | None = None,
        coalesce_process: bool = True,
        **kwargs: Any,
    ) -> None:
        self.smw = self._writer_class(
            logdir=logdir,
            log_dir=log_dir,
            comment=comment,
            purge_step=purge_step,
            max_queue=max_queue,
            flush_secs=flush_secs,
            filename_suffix=filename_suffix,
            write_to_disk=write_to_disk,
            **kwargs,
        )
        self._steps: dict[tuple[str, str], int] = {}
        self._unlock()
        _writers.add(self)

    def _unlock(self) -> None:
        # The lock is held while an event is added, so that a tag's steps are in order in the file.
        # It is reentrant, since a signal handler may log.
        self._lock = threading.RLock()

    @contextmanager
    def _next_step(self, kind: str, tag: str) -> Iterator[int]:
        """The tag's step, which is used up unless the block fails."""
        with self._lock:
            # The block refuses a tag that is not a string.
            step = self._steps.get((kind, tag), 0) if isinstance(tag, str) else 0
            yield step
            self._steps[kind, tag] = step + 1

    def add_scalar(
        self, tag: str, scalar_value: SupportsFloat, walltime: WallTime | None = None
    ) -> None:
        """Logs one number, at the next step of its tag.

        Args:
            tag: the curve.
            scalar_value: the number, as `SummaryWriter.add_scalar` takes it.
            walltime: seconds since the epoch, or a `datetime`; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> shared.add_scalar("loss", 0.5)
        """
        with self._next_step("scalar", tag) as step:
            self.smw.add_scalar(tag, scalar_value, step, walltime)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        walltime: WallTime | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Logs a picture, at the next step of its tag.

        Args:
            tag: its name.
            img_tensor, dataformats: as `SummaryWriter.add_image` takes them.
            walltime: seconds since the epoch, or a `datetime`; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> shared.add_image("sample", rng.random((3, 32, 32)))
        """
        with self._next_step("image", tag) as step:
            self.smw.add_image(tag, img_tensor, step, walltime, dataformats)

    def add_text(self, tag: str, text_string: str, walltime: WallTime | None = None) -> None:
        """Logs a text, at the next step of its tag.

        Args:
            tag: its name.
            text_string: the text, in Markdown.
            walltime: seconds since the epoch, or a `datetime`; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> shared.add_text("note", "a **text**")
        """
        with self._next_step("text", tag) as step:
            self.smw.add_text(tag, text_string, step, walltime)

    @staticmethod
    def getSummaryWriter() -> GlobalSummaryWriter:
        """The writer that all callers share, made at the first call with the default arguments."""
        cls = GlobalSummaryWriter
        if cls._shared is None:
            with _sharing:
                if cls._shared is None:
                    cls._shared = cls()
        return cls._shared

    @property
    def file_writer(self) -> FileWriter:
        """The writer of whole events, opened where it was closed."""
        return self.smw._get_file_writer()

    def flush(self) -> None:
        """Returns once all that was logged is written to the operating system."""
        self.smw.flush()

    def close(self) -> None:
        """Writes all that was logged and closes the file; the next `add_*` opens a new one."""
        self.smw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_writers: weakref.WeakSet[GlobalSummaryWriter] = weakref.WeakSet()
_sharing = threading.RLock()


def _after_fork() -> None:
    """A lock that another thread held in the parent would be held in the child for ever."""
    global _sharing
    _sharing = threading.RLock()
    for writer in _writers:
        writer._unlock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
