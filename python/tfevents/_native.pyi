import os
from collections.abc import Mapping
from typing import Any, Literal, Protocol, Self, SupportsFloat, SupportsIndex, type_check_only

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

__all__ = ["EventWriter", "FileWriter", "__version__", "as_number", "flush_at_exit"]

__version__: str

@disjoint_base
class EventWriter:
    """Logs scalars and texts to event files in one directory; the base of `SummaryWriter`.

    Steps are taken from any integer-like object, values from any number and from any array or
    tensor with one element, wherever it lives. What can't be taken is a `TypeError` or
    `ValueError` that names the argument, and nothing is logged. A failure of the writing thread
    is an `OSError` of the next call, or a `RuntimeWarning`, as the writer's `on_error` says.
    """

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self: ...
    def _configure(
        self,
        log_dir: str | os.PathLike[str],
        flush_secs: float,
        filename_suffix: str,
        on_error: str,
    ) -> None: ...
    def _open(self) -> None: ...
    def _purge(self, step: SupportsIndex) -> None: ...
    def add_scalar(
        self,
        tag: str,
        scalar_value: SupportsFloat | _Array,
        global_step: SupportsIndex | float | _Array | None = None,
        walltime: SupportsFloat | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Logs one number.

        Args:
            tag: the curve; TensorBoard groups by what stands before a `/`.
            scalar_value: the number. NaN and infinities are numbers.
            global_step: an integer of 64 bits; None leaves the step out, which reads as 0.
            walltime: seconds since the epoch; by default now.
            new_style: store a tensor of the "scalars" plugin instead of a `simple_value`.
            double_precision: store all 64 bits. `simple_value` has 32, so this implies
                `new_style`.
        """

    def add_text(
        self,
        tag: str,
        text_string: str,
        global_step: SupportsIndex | float | _Array | None = None,
        walltime: SupportsFloat | None = None,
    ) -> None:
        """Logs a text, which TensorBoard shows as Markdown, with the tag `<tag>/text_summary`."""

    def log(
        self,
        values: Mapping[str, SupportsFloat | _Array],
        step: SupportsIndex | float | _Array | None = None,
        walltime: SupportsFloat | None = None,
    ) -> None:
        """Logs the numbers of all tags in one event, which is faster than an event each."""

    def _add_scalar_series(
        self,
        tag: str,
        values: NDArray[np.float64],
        steps: NDArray[np.int64],
        wall_times: NDArray[np.float64] | None,
    ) -> None: ...
    def flush(self) -> None:
        """Returns once all that was logged is written to the operating system."""

    def close(self) -> None:
        """Writes all that was logged and closes the file; the next `add_*` opens a new one."""

    @property
    def file_writer(self) -> FileWriter | None:
        """The writer of whole events; None after `close`."""

    @property
    def dropped_events(self) -> int:
        """How many events were given up because they could not be written."""

@disjoint_base
class FileWriter:
    """Writes events and summaries that were made elsewhere, protocol buffers of any package.

    Args:
        log_dir: the directory of the event files.
        max_queue, flush_secs, filename_suffix, on_error: as for `SummaryWriter`.
    """

    def __new__(
        cls,
        log_dir: str | os.PathLike[str],
        max_queue: int = 10,
        flush_secs: float = 120.0,
        filename_suffix: str = "",
        *,
        on_error: Literal["raise", "warn"] = "raise",
    ) -> Self: ...
    def get_logdir(self) -> str:
        """The directory of the event files."""

    def add_event(
        self,
        event: _Message,
        step: SupportsIndex | float | _Array | None = None,
        walltime: SupportsFloat | None = None,
    ) -> None:
        """Writes an `Event`, with its wall time set to `walltime` or now.

        Args:
            event: an object whose `SerializeToString()` gives an encoded `Event`.
            step: replaces the event's step.
            walltime: seconds since the epoch.

        Raises:
            OSError: the writer is closed.
        """

    def add_summary(
        self,
        summary: _Message,
        global_step: SupportsIndex | float | _Array | None = None,
        walltime: SupportsFloat | None = None,
    ) -> None:
        """Writes an event with this `Summary`."""

    def add_graph(
        self, graph_profile: tuple[_Message, _Message], walltime: SupportsFloat | None = None
    ) -> None:
        """Writes a `GraphDef` and a `RunMetadata`, an event each."""

    def flush(self) -> None:
        """Returns once all that was added is written to the operating system."""

    def close(self) -> None:
        """Writes all that was added and closes the file."""

    def reopen(self) -> None:
        """Opens a new file in the same directory, if the writer is closed."""

    @property
    def dropped_events(self) -> int:
        """How many events were given up because they could not be written."""

def as_number(value: SupportsFloat | _Array, argument: str) -> float: ...
def flush_at_exit() -> None: ...

@type_check_only
class _Array(Protocol):
    """An array or tensor with one element, of any package."""

    def __array__(self) -> NDArray[Any]: ...

@type_check_only
class _Message(Protocol):
    """A protocol buffer, of any package."""

    def SerializeToString(self) -> bytes: ...
