"""`tfevents.iter_events`: iterates over the events of files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Literal, NamedTuple

from tfevents import _native
from tfevents._closing import Closing
from tfevents.reader.finding import Skipped, finder
from tfevents.reader.log import Damage, choice, roots
from tfevents.reader.run import Metadata
from tfevents.series import AudioClip, Histogram, Image, SessionLog
from tfevents.series.tensors import as_array

# The classes that the native module makes events and values of.
__all__ = [
    "AudioClip",
    "Events",
    "Histogram",
    "Image",
    "LogMessage",
    "Metadata",
    "SessionLog",
    "TaggedRunMetadata",
    "as_array",
    "iter_events",
]


class TaggedRunMetadata(NamedTuple):
    """The costs of a step of a session (`TaggedRunMetadata`)."""

    tag: str
    """The tag."""
    run_metadata: bytes
    """A serialized `RunMetadata`."""


class LogMessage(NamedTuple):
    """A line of a text log (`LogMessage`). No program writes it any more."""

    level: int
    """0 unknown, 10 debugging, 20 info, 30 warning, 40 error, 50 fatal."""
    message: str
    """The line."""


class Events(_native.EventReader, Closing):
    """Iterates over the events of files; made by `iter_events`.

    It holds one file open until that is done, or until `close()`; a `with` block closes it too.
    """

    # Paths that could not be read.
    _unknown: list[Skipped]

    @property
    def damage(self) -> list[Damage]:
        """What was stepped over so far; always empty with `on_corrupt="raise"`."""
        return [Damage(*one) for one in self._damage]

    @property
    def skipped(self) -> list[Skipped]:
        """What was left out so far, as in `Log.skipped`."""
        return self._unknown + [Skipped(*one) for one in self._skipped]


def iter_events(
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    verify: Literal["crc", "none"] = "crc",
    on_corrupt: Literal["raise", "skip"] = "raise",
) -> Events:
    """Iterates over the events of files as they are: of every kind, none left out.

    It does what `tf.compat.v1.train.summary_iterator` and TensorBoard's `EventFileLoader` do,
    without them. Files are read as the iteration comes to them, in a few hundred kilobytes of
    memory, or as much as the largest event takes. Each event has `wall_time`, `step`, `what`,
    `values`, `content`, and its bytes as `raw`; `to_proto()` makes it a message, for code that
    expects one:

        for event in map(tfevents.Event.to_proto, tfevents.iter_events(path)):
            for value in event.summary.value: ...

    Args:
        path: an event file (of any name), the directory of a run, or one with runs anywhere below
            it, or an iterable of these, or a glob. Runs come one after the other, as `read` finds
            them, and the files of each in the order of their names. A file that goes before the
            iteration comes to it, and one in a directory that is no event file, are left out and
            listed in the iterator's `skipped`.
        verify: `"crc"` checks both checksums of each record, `"none"` only those of the lengths.
        on_corrupt: what a corrupt record leads to: `"raise"`, an error; `"skip"`, it is stepped
            over and listed in the iterator's `damage`, and what can't be read below `path` is
            listed in its `skipped`. A record that the end of a file cuts short is not written yet,
            and is neither: the file ends before it.

    Raises:
        FileNotFoundError: there is nothing at `path`.
        OSError: a file or directory can't be read.
        CorruptFileError: a file is damaged, or `path` is a file and no event file; raised by the
            iteration.
        TypeError, ValueError: an argument can't be used.

    Example:
        >>> for event in tfevents.iter_events("runs/exp2"):
        ...     for value in event.values:
        ...         print(event.step, value.tag, value.value)
        0 loss 0.5
        1 loss 0.25
    """
    check = choice("verify", verify, "crc", "none") == "crc"
    skip = choice("on_corrupt", on_corrupt, "raise", "skip") == "skip"
    found = finder(*roots(path), skip=skip)()
    events = Events(found.files, found.given, check, skip)
    events._unknown = found.skipped
    return events
