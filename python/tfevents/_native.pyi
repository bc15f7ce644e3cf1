import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import (
    Any,
    Final,
    Literal,
    Protocol,
    Self,
    SupportsFloat,
    SupportsIndex,
    TypeVar,
    final,
    type_check_only,
)

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

from tfevents._arguments import WallTime
from tfevents.reader.finding import RunFiles, Unseen
from tfevents.reader.run import Metadata
from tfevents.reader.runs import KindName
from tfevents.reader.state import RunState
from tfevents.remote.spool import SpooledRun

_T = TypeVar("_T")

__all__ = [
    "ArrowBatches",
    "Control",
    "Event",
    "EventFollower",
    "EventReader",
    "EventTail",
    "EventWriter",
    "FileWriter",
    "LogData",
    "Outage",
    "Rewriter",
    "RunData",
    "ScalarTable",
    "Summary",
    "Turn",
    "Value",
    "WideTable",
    "__version__",
    "as_number",
    "as_step",
    "as_text",
    "as_wall_time",
    "audio",
    "before_termination",
    "buckets",
    "custom_scalars",
    "decode_png",
    "decode_value",
    "find",
    "flush_at_exit",
    "graph_def",
    "graph_nodes",
    "graph_of_meta_graph",
    "hasten",
    "histogram",
    "histogram_in_bins",
    "histogram_raw",
    "hparams",
    "hparams_plugin_data",
    "image",
    "instances",
    "is_uri",
    "join_uri",
    "layout",
    "load_event",
    "load_value",
    "local_path",
    "mesh",
    "mesh_plugin_data",
    "node_attributes",
    "onnx_graph_def",
    "pr_curve",
    "pr_curve_raw",
    "repair_file",
    "run_data",
    "run_metadata",
    "scalar",
    "session_log",
    "smooth",
    "sync",
    "tensor",
    "tensor_of_strings",
    "text",
    "verify_file",
    "video",
    "views",
]

__version__: str

@final
class Control:
    def roll(self) -> None: ...
    def path(self) -> str | None: ...
    def is_running(self) -> bool: ...
    def close(self) -> None: ...

@final
class Outage:
    def __new__(cls, on_error: Literal["raise", "warn"]) -> Self: ...
    def attach(self, control: Control) -> None: ...
    def report(self, error: OSError) -> None: ...
    def clear(self) -> None: ...
    def check(self) -> None: ...

@disjoint_base
class EventWriter:
    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self: ...
    def _configure(
        self,
        log_dir: str | os.PathLike[str],
        flush_secs: float,
        filename_suffix: str,
        on_error: str,
        write_to_disk: bool,
        spool: SpooledRun | None = None,
    ) -> None: ...
    def _add(
        self,
        summary: Summary,
        global_step: SupportsIndex | float | _Array | None = None,
        walltime: WallTime | None = None,
    ) -> None: ...
    def _add_embedding(
        self,
        directory: str,
        name: str,
        mat: NDArray[Any],
        metadata: str | None,
        label_img: NDArray[Any] | None,
    ) -> None: ...
    def _add_graph(self, graph_def: bytes, device: str | None = None) -> None: ...
    def _check(self) -> None: ...
    def _directory(self) -> str: ...
    def _open(self) -> None: ...
    def _purge(self, step: SupportsIndex) -> None: ...
    def add_scalar(
        self,
        tag: str,
        scalar_value: SupportsFloat | _Array,
        global_step: SupportsIndex | float | _Array | None = None,
        walltime: WallTime | None = None,
        new_style: bool = False,
        double_precision: bool = False,
        *,
        display_name: str | None = None,
        summary_description: str | None = None,
        step: SupportsIndex | float | _Array | None = None,
    ) -> None:
        """Logs one number.

        Args:
            tag: the curve; TensorBoard groups by what stands before a `/`.
            scalar_value: the number. NaN and infinities are numbers.
            global_step: an integer of 64 bits; None leaves the step out, which reads as 0.
            walltime: seconds since the epoch, or a `datetime` or `numpy.datetime64`; by default
                now.
            new_style: store a tensor of the "scalars" plugin instead of a `simple_value`.
            double_precision: store all 64 bits. `simple_value` has 32, so this implies
                `new_style`.
            display_name: the curve's title, in place of its tag.
            summary_description: a text about it, in Markdown.
            step: another word for `global_step`.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.
            OSError: what was logged before could not be written.

        Example:
            >>> writer.add_scalar("train/loss", 0.25, 10)
        """

    def add_text(
        self,
        tag: str,
        text_string: str,
        global_step: SupportsIndex | float | _Array | None = None,
        walltime: WallTime | None = None,
    ) -> None:
        """Logs a text, which TensorBoard shows as Markdown.

        Args:
            tag: its name; stored as `<tag>/text_summary`, as torch does.
            text_string: the text.
            global_step, walltime: as for `add_scalar`.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.
            OSError: what was logged before could not be written.

        Example:
            >>> writer.add_text("note", "a **text**", 10)
        """

    def log(
        self,
        values: Mapping[str, Any],
        step: SupportsIndex | float | _Array | None = None,
        walltime: WallTime | None = None,
        *,
        global_step: SupportsIndex | float | _Array | None = None,
    ) -> None:
        """Logs the numbers of many tags in one event, which is faster than an event each.

        Args:
            values: the numbers by tag, each as `add_scalar` takes them, stored as float32. A
                mapping in place of a number has numbers of its own: `{"loss": {"train": 0.1}}` is
                `loss/train`.
            step, walltime: as `add_scalar`'s `global_step` and `walltime`.
            global_step: another word for `step`.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.
            OSError: what was logged before could not be written.

        Example:
            >>> writer.log({"train": {"loss": 0.25, "acc": 0.9}}, 10)
        """

    def _add_scalar_series(
        self,
        tag: str,
        values: NDArray[np.float64],
        steps: NDArray[np.int64],
        wall_times: NDArray[np.float64] | None,
    ) -> None: ...
    def flush(self) -> None: ...
    def _flush_file(self) -> None: ...
    def close(self) -> None: ...
    def _files(self) -> FileWriter: ...
    @property
    def dropped_events(self) -> int: ...

@final
class FileWriter:
    def __new__(
        cls,
        log_dir: str | os.PathLike[str],
        max_queue: int = 10,
        flush_secs: float = 120.0,
        filename_suffix: str = "",
        *,
        on_error: Literal["raise", "warn"] = "raise",
    ) -> Self: ...
    def get_logdir(self) -> str: ...
    def add_event(
        self,
        event: _Message,
        step: SupportsIndex | float | _Array | None = None,
        walltime: WallTime | None = None,
    ) -> None: ...
    def add_summary(
        self,
        summary: _Message,
        global_step: SupportsIndex | float | _Array | None = None,
        walltime: WallTime | None = None,
    ) -> None: ...
    def add_graph(
        self, graph_profile: tuple[_Message, _Message], walltime: WallTime | None = None
    ) -> None: ...
    def add_onnx_graph(self, graph: _Message, walltime: WallTime | None = None) -> None: ...
    def copy(self, event: _Message) -> None: ...
    def watch(self, watched: bool) -> None: ...
    @property
    def path(self) -> str | None: ...
    @property
    def paths(self) -> list[str]: ...
    @property
    def is_closed(self) -> bool: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...
    def reopen(self) -> None: ...
    @property
    def dropped_events(self) -> int: ...

@final
class Summary:
    def SerializeToString(self) -> bytes: ...

def histogram(
    tag: str, values: NDArray[np.float32] | NDArray[np.float64], max_bins: int | None
) -> tuple[Summary, int]: ...
def histogram_in_bins(
    tag: str,
    moments: tuple[float, float, float, float, float],
    edges: NDArray[np.float64],
    counts: NDArray[np.float64],
    max_bins: int | None,
) -> Summary: ...
def histogram_raw(
    tag: str,
    moments: tuple[float, float, float, float, float],
    limits: NDArray[np.float64],
    counts: NDArray[np.float64],
) -> Summary: ...
def pr_curve(
    tag: str,
    labels: NDArray[np.float64],
    predictions: NDArray[np.float32] | NDArray[np.float64],
    weights: NDArray[np.float64] | None,
    thresholds: int,
) -> tuple[Summary, int]: ...
def pr_curve_raw(tag: str, rows: NDArray[np.float64], thresholds: int) -> Summary: ...
def scalar(
    tag: str,
    value: SupportsFloat | _Array,
    new_style: bool,
    double_precision: bool,
    display_name: str,
    summary_description: str,
) -> Summary: ...
def tensor(tag: str, dtype: str, shape: Sequence[int], elements: NDArray[np.uint8]) -> Summary: ...
def tensor_of_strings(tag: str, shape: Sequence[int], strings: list[bytes]) -> Summary: ...
def text(tag: str, text: str) -> Summary: ...

_Pixels = NDArray[np.uint8] | NDArray[np.float32] | NDArray[np.float64]

def image(
    tag: str,
    pictures: _Pixels,
    layout: tuple[int, int],
    boxes: NDArray[np.float64] | None = None,
    labels: list[str] | None = None,
    size: tuple[int, int] | None = None,
) -> Summary:
    """Pictures [N, H, W, C] laid out as one of `layout` rows and columns, into which boxes [M, 4]
    are drawn, and which is then given another height and width.
    """

def video(
    tag: str, videos: _Pixels, layout: tuple[int, int], fps: float, colorspace: int
) -> Summary:
    """RGB videos [N, T, H, W, 3] laid out as one of `layout` rows and columns."""

def audio(
    tag: str,
    samples: NDArray[np.int16] | NDArray[np.float32] | NDArray[np.float64],
    sample_rate: int,
) -> tuple[Summary, bool]:
    """Samples [frames, channels]; also whether some were clipped."""

@final
class LogData:
    def __new__(
        cls,
        verify: bool,
        skip: bool,
        threads: int | None,
        tags: Callable[[str], bool] | None,
        kinds: list[str] | None,
        steps: tuple[int, int],
        restarts: str,
        max_points: int | None = None,
    ) -> Self: ...
    def update(self, runs: Sequence[RunFiles]) -> list[tuple[str, RunData | None]]: ...
    def resume(
        self, states: list[RunState], runs: Sequence[RunFiles], values: list[RunData]
    ) -> list[tuple[str, RunData]]: ...
    def skipped(self) -> list[tuple[str, str]]: ...
    def state(self) -> list[RunState]: ...
    def damage(self) -> list[tuple[str, int, int, str]]:
        """What is damaged, as path, offset, length and kind."""

@final
class Rewriter:
    """Rewrites files in order. `route(run, tag)` gives None, or the directory and the tag to which
    values go, each None where it stays.
    """

    def __new__(
        cls,
        route: Callable[[int, str], tuple[str | None, str | None] | None],
        kinds: list[str] | None,
        steps: tuple[int, int],
        every: int,
        restarts: str,
        cast: list[str],
        skip: bool,
    ) -> Self: ...
    def rewrite(
        self, groups: list[list[tuple[str, int, str, str]]]
    ) -> tuple[
        list[str],
        tuple[int, int, int],
        tuple[int, int, int, int, int],
        list[tuple[str, int, int, str]],
        list[str],
        int,
    ]:
        """Rewrites files: each by its path, the number of its run, and directory and name of
        what is written of it.

        Returns:
            The files that were written; how many records were read, written and copied; how many
            values were left out by kind, tag, step, restart or thinning; damage; the files that are
            no event files; the bytes of unfinished records.
        """

    def progress(self) -> int:
        """How many bytes were read so far."""

@final
class RunData:
    def files(self) -> list[str]: ...
    def is_continued(self) -> bool: ...
    def tags(self) -> list[str]: ...
    def indices(self, kind: str) -> dict[str, int]: ...
    def summary(self) -> list[tuple[str, str, int]]: ...
    def extents(self) -> list[tuple[int, int, float, float] | None]:
        """The least and the greatest step and wall time of the tag at each index."""

    def size(self) -> tuple[int, int]:
        """How many files it has, and how many bytes they had when they were read."""

    def overall(self) -> tuple[int, int, tuple[int, int, float, float] | None]:
        """How many tags and values there are, and the least and the greatest step and wall time of
        all.
        """

    def scalars(
        self, index: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Steps, wall times and values of the scalars of the tag at `index`."""

    def times(self, index: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]: ...
    def wall_times(self, index: int) -> NDArray[np.float64]: ...
    def only(self, tags: set[str]) -> RunData: ...
    def metadata(self, index: int) -> tuple[str, bytes, str, str, int]: ...
    def texts(self, index: int) -> list[tuple[list[int], list[str]]]: ...
    def start(self) -> float | None: ...
    def count(self, index: int) -> int: ...
    def extent(self, index: int) -> tuple[int, int | None, float | None]:
        """How many values, their greatest step and their greatest wall time."""

    def chart(self, index: int, most: int, named: bool) -> bytes: ...
    def parts(self, index: int) -> list[int | None]: ...
    def histograms(
        self, index: int
    ) -> tuple[
        list[NDArray[np.float64]],
        tuple[NDArray[np.uintp], NDArray[np.float64], NDArray[np.float64]],
        list[bool],
    ]:
        """Least, greatest, count, sum and sum of squares; where the buckets of each end, their
        limits and counts; which are tensors.
        """

    def raw(self, index: int, item: int) -> bytes: ...
    def tensor(self, index: int, item: int) -> tuple[str, list[int], bytearray | list[bytes]]: ...
    def image(self, index: int, item: int) -> tuple[int, int, list[bytes]]: ...
    def audio(
        self, index: int, item: int
    ) -> tuple[float | None, str, list[tuple[bytes, bytes | None]]]: ...

@final
class Event:
    """One event."""

    wall_time: Final[float]
    """When it was logged, in seconds since the epoch; 0 where the event does not say it."""
    step: Final[int]
    """The step; 0 where the event does not say it."""
    raw: Final[bytes]
    """The serialized `Event` message, as it is in the file."""
    what: Final[
        Literal[
            "file_version",
            "graph_def",
            "summary",
            "log_message",
            "session_log",
            "tagged_run_metadata",
            "meta_graph_def",
        ]
        | None
    ]
    """What the event holds: the member of the message's `oneof`; None if it holds nothing."""
    @property
    def writer(self) -> str | None:
        """Who wrote the file, where the event says it (`source_metadata.writer`)."""

    @property
    def values(self) -> list[Value]:
        """The values under tags; empty if the event is no summary."""

    @property
    def content(self) -> Any:
        """What the event holds: of a summary its `values`; of `file_version` a str; of `graph_def`
        and `meta_graph_def` the serialized message; of `session_log` a `SessionLog`, of
        `tagged_run_metadata` a `TaggedRunMetadata`, of `log_message` a `LogMessage`; None if it
        holds nothing.
        """

    def replace(
        self,
        *,
        wall_time: SupportsFloat | None = None,
        step: SupportsIndex | float | _Array | None = None,
        values: Iterable[Value | _Message] | None = None,
    ) -> Event:
        """A copy of the event with another wall time, another step or other values.

        Args:
            wall_time: seconds since the epoch.
            step: an integer of 64 bits.
            values: `Value`s, or objects that serialize to a `Summary.Value`. An event of another
                kind becomes a summary.

        Raises:
            TypeError, ValueError: an argument can't be used.

        Example:
            >>> event.replace(step=30).step
            30
        """

    @staticmethod
    def FromString(serialized: bytes) -> Event:
        """Parses a serialized `Event` message. The name is that of protobuf's messages.

        Args:
            serialized: the bytes of the message.

        Raises:
            TypeError: the argument is not `bytes`.
            ValueError: the bytes are not an `Event` message.

        Example:
            >>> payload = event.SerializeToString()
            >>> tfevents.Event.FromString(payload).step
            3
        """

    @staticmethod
    def _of_summary(summary: bytes) -> Event: ...
    @staticmethod
    def _of_graph(graph: bytes) -> Event: ...
    @staticmethod
    def _of_run_metadata(run_metadata: bytes) -> Event: ...
    def _summary(self) -> bytes | None: ...
    def SerializeToString(self) -> bytes:
        """The same as `raw`, named as protobuf's messages name it."""
    def to_proto(self) -> Any:
        """The event as a `tfevents.proto.Event`."""

@final
class Value:
    """One value under a tag."""

    tag: Final[str]
    """The tag."""
    what: Final[
        Literal["simple_value", "tensor", "histo", "image", "audio", "obsolete_old_style_histogram"]
        | None
    ]
    """What the value is: the member of the message's `oneof`; None if it is nothing."""
    @property
    def value(self) -> Any:
        """The value: of `simple_value` a float; of `tensor` an array, as in `Tensors`; of `histo`
        a `Histogram`; of `image` an `Image`; of `audio` an `AudioClip`; else None.
        """

    @property
    def metadata(self) -> Metadata | None:
        """What the value says of its tag."""

    @property
    def kind(self) -> KindName | None:
        """The kind, as `read` names it, by what the value says itself; None if it is of none.

        A tensor without metadata is one of the `"tensors"` here, though `read` takes it for what
        the first value of its tag is.
        """

    def _claimed(self) -> str | None: ...
    def _kind_by(self, claimed: str) -> str: ...
    @property
    def raw(self) -> bytes:
        """The serialized `Summary.Value` message, as it is in the file."""

    def replace(self, tag: str) -> Value:
        """A copy of the value under another tag.

        Args:
            tag: the new tag.

        Raises:
            TypeError, ValueError: the tag can't be used.

        Example:
            >>> value.replace("loss/train").tag
            'loss/train'
        """

@disjoint_base
class EventReader:
    def __new__(cls, files: list[str], given: set[str], verify: bool, skip: bool) -> Self: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Event: ...
    @property
    def _damage(self) -> list[tuple[str, int, int, str]]: ...
    @property
    def _skipped(self) -> list[tuple[str, str]]: ...
    def close(self) -> None:
        """Ends the iteration and closes the file."""

@final
class EventFollower:
    """Reads on in files that it is told of."""

    def __new__(cls, verify: bool, skip: bool) -> Self: ...
    def resume(self, states: list[RunState], found: Sequence[RunFiles]) -> None: ...
    def look(self, found: Sequence[RunFiles]) -> None: ...
    def next(self) -> tuple[str, Event] | None: ...
    def settle(self) -> bool: ...
    def damage(self) -> list[tuple[str, int, int, str]]: ...
    def open_damage(self) -> list[tuple[str, int, int, str]]: ...
    def skipped(self) -> list[tuple[str, str]]: ...
    def close(self) -> None: ...

_FileReport = tuple[int, int, list[tuple[str, int, int, str]], int]

def verify_file(path: str, is_given: bool) -> _FileReport | str:
    """How many good records, their bytes, what is damaged, and the length of an unfinished one; or
    why the file is left out.
    """

def repair_file(path: str, output: str, is_given: bool) -> _FileReport | str: ...

@final
class ScalarTable:
    """The scalars of some runs, by their names."""

    def __new__(cls, runs: list[tuple[str, RunData]], has_timestamps: bool) -> Self: ...
    def __len__(self) -> int: ...
    def tags(self) -> list[str]: ...
    def columns(
        self, limit: int | None
    ) -> tuple[
        NDArray[np.int32],
        NDArray[np.int32],
        NDArray[np.int64],
        NDArray[np.float64],
        NDArray[np.float64],
    ]:
        """The numbers of runs and tags, steps, wall times and values, a row a point; of the first
        points, at most `limit`.
        """

    def pivot_columns(
        self,
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:
        """The wide table: the numbers of runs, the steps, and the values by tag and row."""

    def pivot(self, names: list[str]) -> WideTable:
        """The wide table for Arrow, with these names for the columns of the tags."""

    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...

@final
class WideTable:
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...

@final
class ArrowBatches:
    """Columns of any kind, of which `batches` makes some rows at a time."""

    def __new__(
        cls,
        columns: list[tuple[str, str]],
        batches: Callable[[], Iterable[tuple[int, list[Any]]]],
    ) -> Self: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...

def buckets(
    parts: Sequence[tuple[RunData, int, int, int]],
) -> tuple[
    tuple[NDArray[np.int64], NDArray[np.float64]], tuple[NDArray[np.int64], NDArray[np.float64]]
]:
    """Edges and counts of histograms as TensorBoard shows them; of each run and index of a tag
    some, from the first to before the last. Of both, where those of each histogram end, after a 0,
    and those of all.
    """

def views(items: NDArray[Any], ends: NDArray[np.int64]) -> NDArray[np.object_]:
    """An array of arrays, each a view of the items from where one ends to where the next does."""

def smooth(values: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    """Numbers smoothed as TensorBoard's charts do it."""

def sync(paths: list[str]) -> None:
    """Waits until what these files and directories hold is on the disk."""

def run_data(
    name: str,
    files: list[str],
    is_continued: bool,
    tags: list[tuple[Any, ...]],
    events: list[tuple[Any, ...]],
) -> RunData:
    """What `RunData.__reduce__` gave."""

def decode_value(summary: bytes) -> tuple[str, list[int], bytearray | list[bytes]]:
    """The tensor of a serialized `Summary` with one value."""

def session_log(message: bytes) -> tuple[str, str, str]:
    """Status, checkpoint path and message of a serialized `SessionLog`."""

def graph_of_meta_graph(message: bytes) -> bytes | None:
    """The serialized graph in a serialized `MetaGraphDef`, if it has one."""

def graph_nodes(message: bytes) -> list[tuple[str, str, list[str], str, bytes]]:
    """Name, operation, inputs, device and serialized `NodeDef` of each node of a `GraphDef`."""

def node_attributes(message: bytes) -> dict[str, Any]:
    """The attributes of a serialized `NodeDef` by name."""

def mesh_plugin_data(message: bytes) -> tuple[str, int, str]:
    """Name, component (1 vertices, 2 faces, 3 colours) and configuration of `MeshPluginData`."""

def layout(
    message: bytes,
) -> list[tuple[str, list[tuple[str, list[str], list[tuple[str, str, str]]]], bool]]:
    """Title, charts, and whether it is closed, of each category of a serialized `Layout`; of each
    chart its title, tags and margins.
    """

def hparams_plugin_data(
    message: bytes,
) -> (
    tuple[Literal["experiment"], dict[str, list[Any] | tuple[float, float]], list[str]]
    | tuple[Literal["start"], dict[str, Any], str, float]
    | tuple[Literal["end"], str | None, float]
    | None
):
    """What a serialized `HParamsPluginData` says: the domains by name and the tags of the metrics;
    the values by name, the group and the start; the status and the end.
    """

def decode_png(data: bytes, limit: int) -> tuple[list[int], NDArray[np.uint8]] | int: ...

@final
class Turn:
    """Lets one thread at a time do what stands in its `with` block."""

    def __new__(cls, doing: str | None = None) -> Self: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *_error: object) -> None: ...

@final
class EventTail:
    """A file, and how far it is read."""

    def __new__(cls, path: str) -> Self: ...
    def load(self, limit: int) -> list[Any]:
        """The next events, at most `limit`; none where the file ends for now.

        Each is a tuple `(wall_time, step, writer, what, content)`; some that hold scalars alone
        come as one tuple `(tags, tag, event, step, wall_time, value)`, a list and columns. A record
        that is no event is a `CorruptFileError`, and the last in the list.
        """

def instances(
    class_: type[_T], attributes: Sequence[str], columns: Sequence[list[Any]]
) -> list[_T]:
    """Objects of a class, one for each item of the columns, with these attributes."""

def hasten(class_: type[EventWriter]) -> None: ...
def find(
    roots: list[str], several: bool, given: bool = True, directory: str | None = None
) -> tuple[list[RunFiles], list[Unseen]]: ...
def is_uri(text: str) -> bool: ...
def join_uri(uri: str, path: str) -> str: ...
def local_path(text: str) -> str | None: ...
def as_number(value: SupportsFloat | _Array, argument: str) -> float: ...
def as_step(value: SupportsIndex | float | _Array | None, argument: str) -> int | None: ...
def as_text(value: object, argument: str) -> str: ...
def as_wall_time(value: WallTime | None, argument: str) -> float: ...
def load_event(serialized: bytes) -> Event:
    """What `Event.__reduce__` gave."""

def load_value(event: Event, field: bytes) -> Value:
    """What `Value.__reduce__` gave."""

def before_termination(act: Callable[[], object], seconds: float) -> bool: ...
def flush_at_exit(last: bool = True) -> None: ...
def custom_scalars(
    categories: list[tuple[str, list[tuple[str, list[str] | tuple[str, str, str]]]]],
) -> Summary:
    """The layout of these categories: (title, charts), a chart being (title, tags); the tags of a
    margin are in a tuple.
    """

def hparams(
    hparams: list[tuple[str, bool | float | str, list[bool | float | str] | None]],
    metrics: list[str],
) -> tuple[Summary, Summary, Summary]:
    """The experiment, the start and the end of a session, of (name, value, domain) and tags."""

def mesh(
    tag: str,
    vertices: NDArray[np.float32],
    faces: NDArray[np.float32] | None,
    colors: NDArray[np.float32] | None,
    config: str,
    display_name: str,
    description: str,
) -> Summary: ...
def graph_def(
    nodes: Sequence[tuple[str, str, list[str], list[list[int]] | None, str | None]],
) -> bytes: ...
def onnx_graph_def(model: bytes, argument: str) -> bytes: ...
def run_metadata(device: str) -> bytes: ...

@type_check_only
class _Array(Protocol):
    def __array__(self) -> NDArray[Any]: ...

@type_check_only
class _Message(Protocol):
    def SerializeToString(self) -> bytes: ...
