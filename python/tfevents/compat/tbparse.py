"""Replaces `tbparse`: event files as tables of pandas."""

from __future__ import annotations

import contextlib
import copy
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tfevents import _native
from tfevents.compat import bins, frames, links
from tfevents.compat.event_accumulator import (
    AUDIO,
    HISTOGRAMS,
    IMAGES,
    SCALARS,
    STORE_EVERYTHING_SIZE_GUIDANCE,
    TENSORS,
    EventAccumulator,
)
from tfevents.series.audio import decode_wav
from tfevents.series.hparams import HParams
from tfevents.series.images import decode_image
from tfevents.series.tensors import as_array

if TYPE_CHECKING:
    import pandas

__all__ = ["SummaryReader"]

HPARAMS = "hparams"
TEXT = "text"
EVENT_TYPES = (IMAGES, AUDIO, HISTOGRAMS, SCALARS, TENSORS, HPARAMS, TEXT)
EXTRA_COLUMNS = (
    *("dir_name", "file_name", "wall_time"),
    *("min", "max", "num", "sum", "sum_squares"),
    *("width", "height"),
    *("content_type", "length_frames", "sample_rate"),
)

# torch and tensorboardX append this to the tags of texts.
_TEXT_SUFFIX = "/text_summary"
_SESSION_START = "_hparams_/session_start_info"
# Reservoirs keep an array of `ROW` for scalars, a value for hyperparameters, and tuples for others.
_Kept = Any


class SummaryReader:
    """Reads event files as tbparse's class of this name does, and returns the same tables.

    The constructor reads everything. Each table is made when it is asked for.
    """

    def __init__(
        self,
        log_path: str | os.PathLike[str],
        *,
        pivot: bool = False,
        extra_columns: Iterable[str] | None = None,
        event_types: Iterable[str] | None = None,
    ) -> None:
        """Reads a file, or all files in a directory and below it. Each directory is read once.

        Args:
            log_path: an event file with `tfevents` in its name, or a directory.
            pivot: whether tables are wide. A wide table has a row for each step and a column for
                each tag. Several values of a tag at one step are a list. A long table has the
                columns `step`, `tag` and `value`; that of histograms has `counts` and `limits`
                instead of `value`.
            extra_columns: more columns. All tables can have `dir_name`, `file_name` and
                `wall_time`; histograms `min`, `max`, `num`, `sum` and `sum_squares`; images `width`
                and `height`; sounds `content_type`, `length_frames` and `sample_rate`.
            event_types: the types that are read, by default all: `scalars`, `tensors`,
                `histograms`, `images`, `audio`, `hparams` and `text`.

        Raises:
            ImportError: pandas is not installed.
            ValueError: there is nothing at `log_path`.
            KeyError: an extra column or event type is unknown.
            CorruptFileError: a record is not an event.
        """
        frames.pandas_module()
        self._log_path = log_path
        self._pivot = pivot
        self._extra_columns = _names("extra_columns", extra_columns, EXTRA_COLUMNS)
        self._event_types = _names("event_types", event_types, EVENT_TYPES) or set(EVENT_TYPES)
        if not os.path.exists(log_path):
            raise ValueError(f"log_path: there is nothing at {os.fspath(log_path)!r}")
        self._fill(links.reached_twice(log_path))

    def _fill(self, leave_out: set[str]) -> None:
        """Reads what is at the path, except below these paths."""
        self._children: dict[str, SummaryReader] = {}
        # The kept values of a file, by event type and tag.
        self._kept: dict[str, dict[str, _Kept]] | None = None
        if os.path.isfile(self._log_path):
            self._kept = _read(self._log_path, self._event_types)
            return
        for name in sorted(os.listdir(self._log_path)):
            path = os.path.join(self._log_path, name)
            if path in leave_out:
                continue
            child = copy.copy(self)
            child._log_path = path
            # A file that is removed meanwhile, and a link that leads nowhere, do not hide the
            # others.
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                child._fill(leave_out)
                self._children[name] = child

    @property
    def log_path(self) -> str | os.PathLike[str]:
        """The path that is read."""
        return self._log_path

    @property
    def children(self) -> dict[str, SummaryReader]:
        """The readers of the files and directories in a directory, by name."""
        return self._children.copy()

    def __getitem__(self, name: str) -> SummaryReader:
        """The reader of the file or directory of this name in the directory."""
        return self._children[name]

    def __repr__(self) -> str:
        return f"SummaryReader(log_path={str(self._log_path)!r})"

    @property
    def scalars(self) -> pandas.DataFrame:
        """The numbers of `simple_value`s. Those in tensors, as TensorFlow 2 writes them, are left
        out.
        """
        return self.get_events(SCALARS)

    @property
    def tensors(self) -> pandas.DataFrame:
        """The tensors that are not texts, as arrays. Without dimensions they are numbers or
        `bytes`.
        """
        return self.get_events(TENSORS)

    @property
    def histograms(self) -> pandas.DataFrame:
        """The histograms, except those in tensors."""
        return self.get_events(HISTOGRAMS)

    @property
    def images(self) -> pandas.DataFrame:
        """The pictures, except those in tensors. They are decoded: uint8[height, width, channels],
        or [frames, height, width, 3] for a GIF.
        """
        return self.get_events(IMAGES)

    @property
    def audio(self) -> pandas.DataFrame:
        """The sounds, except those in tensors: float32[frames, channels], from -1 to 1."""
        return self.get_events(AUDIO)

    @property
    def hparams(self) -> pandas.DataFrame:
        """The hyperparameters. Their names are the tags, and they have no steps."""
        return self.get_events(HPARAMS)

    @property
    def text(self) -> pandas.DataFrame:
        """The texts."""
        return self.get_events(TEXT)

    def get_events(self, event_type: str) -> pandas.DataFrame:
        """A new table of these events. It is empty if there are none.

        Raises:
            ValueError: the type is unknown or was not read, or something can't be decoded.
            ImportError: a picture needs Pillow, or a tensor needs ml_dtypes.
        """
        _check_type(event_type)
        if event_type not in self._event_types:
            raise ValueError(
                f"event_type {event_type!r} is not among event_types, so it isn't read"
            )
        series = list(self._series(event_type, ""))
        if not series:
            return frames.pandas_module().DataFrame()
        return (frames.wide if self._pivot else frames.long)(series, self._extra_columns)

    def _series(self, event_type: str, dir_name: str) -> Iterator[frames.Series]:
        """The content of the files, in the order of the tree. `dir_name` is that of the reader."""
        if self._kept is None:
            for name, child in self._children.items():
                is_file = child._kept is not None
                below = dir_name if is_file else f"{dir_name}/{name}" if dir_name else name
                yield from child._series(event_type, below)
            return
        file_name = os.path.basename(self._log_path)
        for tag, kept in self._kept[event_type].items():
            if event_type == HPARAMS:
                yield frames.Series(dir_name, file_name, tag, None, None, {"value": [kept]})
            elif len(kept):
                name = tag.removesuffix(_TEXT_SUFFIX) if event_type == TEXT else tag
                table = _TABLES[event_type](kept)
                columns = {
                    column: values
                    for column, values in table.items()
                    if column not in EXTRA_COLUMNS or column in self._extra_columns
                }
                yield frames.Series(dir_name, file_name, name, *_times(kept), columns)

    @property
    def tags(self) -> dict[str, list[str]]:
        """The tags by event types."""
        return {event_type: self._tags(event_type) for event_type in EVENT_TYPES}

    def get_tags(self, event_type: str | None = None) -> list[str] | dict[str, list[str]]:
        """The tags of an event type, or of all types by type."""
        if event_type is None:
            return self.tags
        _check_type(event_type)
        return self._tags(event_type)

    def _tags(self, event_type: str) -> list[str]:
        if self._kept is not None:
            return list(self._kept[event_type])
        children = self._children.values()
        return list(dict.fromkeys(tag for child in children for tag in child._tags(event_type)))

    @property
    def raw_tags(self) -> dict[str, Any]:
        """The tags of a file as in `EventAccumulator.Tags`, and those of hparams and texts."""
        return self._raw_tags(self._accumulator())

    def get_raw_tags(
        self, event_type: str | None = None, event_acc: EventAccumulator | None = None
    ) -> Any:
        """The same tags, only those of one event type if it is given.

        Args:
            event_type: as for `get_events`, or `graph`, `meta_graph` or `run_metadata`.
            event_acc: the accumulator of the file. Without it, the file is read again.

        Raises:
            ValueError: the path is a directory, or the event type is unknown.
        """
        _check_type(event_type, None, "graph", "meta_graph", "run_metadata")
        tags = self._raw_tags(self._accumulator(event_acc))
        return tags if event_type is None else tags[event_type]

    def _raw_tags(self, accumulator: EventAccumulator) -> dict[str, Any]:
        plugins = accumulator._plugin_to_tag_to_content
        return accumulator.Tags() | {name: list(plugins.get(name, ())) for name in (HPARAMS, TEXT)}

    @property
    def raw_events(self) -> dict[str, dict[str, list[Any]]]:
        """The events of a file by event type and tag, as `EventAccumulator` returns them."""
        events: dict[str, dict[str, list[Any]]] = self.get_raw_events()
        return events

    def get_raw_events(
        self,
        event_type: str | None = None,
        tag: str | None = None,
        event_acc: EventAccumulator | None = None,
    ) -> Any:
        """The same events, only those of one event type or tag if it is given. Hyperparameters are
        messages.

        Raises:
            ValueError: the path is a directory, or a tag is given without an event type.
            KeyError: the event type or the tag is unknown.
        """
        accumulator = self._accumulator(event_acc)
        if event_type is None:
            if tag is not None:
                raise ValueError("tag needs an event_type")
            return {it: self.get_raw_events(it, None, accumulator) for it in EVENT_TYPES}
        get_events: Callable[[str], Any] = {
            SCALARS: accumulator.Scalars,
            TENSORS: accumulator.Tensors,
            HISTOGRAMS: accumulator.Histograms,
            IMAGES: accumulator.Images,
            AUDIO: accumulator.Audio,
            HPARAMS: lambda tag: accumulator.PluginTagToContent(HPARAMS)[tag],
            TEXT: accumulator.Tensors,
        }[event_type]
        if tag is not None:
            return get_events(tag)
        return {tag: get_events(tag) for tag in self._raw_tags(accumulator)[event_type]}

    def _accumulator(self, given: EventAccumulator | None = None) -> EventAccumulator:
        if self._kept is None:
            raise ValueError(f"{os.fspath(self._log_path)!r} is no event file, but a directory")
        if given is not None:
            return given
        return EventAccumulator(self._log_path, STORE_EVERYTHING_SIZE_GUIDANCE).Reload()

    @staticmethod
    def tensor_to_histogram(tensor: NDArray[Any]) -> dict[str, Any]:
        """Converts a histogram of TensorFlow 2.

        Args:
            tensor: [buckets, 3], the left edge, right edge and count of each bucket.

        Returns:
            `limits` and `counts` as in `histograms`, with an empty first bucket; `min`, `max` and
            `num`; and `sum` and `sum_squares`, which are NaN.
        """
        return bins.of_tensor(tensor)

    @staticmethod
    def buckets_to_histogram_dict(lst: NDArray[Any]) -> dict[str, Any]:
        """The older name of `tensor_to_histogram`."""
        return bins.of_tensor(lst)

    @staticmethod
    def tensor_to_image(tensor: NDArray[np.object_]) -> dict[str, Any]:
        """Converts pictures of TensorFlow 2.

        Args:
            tensor: width, height and the encoded pictures, all `bytes`.

        Returns:
            `image`: uint8[height, width, channels], or [n, height, width, channels] for several
            pictures; `width` and `height`.
        """
        width, height, *encoded = tensor.tolist()
        return {
            "image": _stacked([_picture(picture) for picture in encoded]),
            "width": int(width),
            "height": int(height),
        }

    @staticmethod
    def tensor_to_audio(tensor: NDArray[np.object_]) -> dict[str, Any]:
        """Converts sounds of TensorFlow 2.

        Args:
            tensor: [n, 2], the encoded sounds and their labels.

        Returns:
            `audio`: float32[frames, channels], or [n, frames, channels] for several sounds;
            `content_type`; `length_frames`; and `sample_rate`, int32.
        """
        sounds = [decode_wav(encoded) for encoded in tensor[:, 0]]
        samples = np.stack([_amplitudes(samples, bits) for samples, _, bits in sounds])
        return {
            "audio": _stacked(list(samples)),
            "content_type": "audio/wav",
            "length_frames": samples.shape[1],
            "sample_rate": _stacked([np.array(rate, np.int32) for _, rate, _ in sounds]),
        }

    histogram_to_cdf = staticmethod(bins.cdf)
    histogram_to_pdf = staticmethod(bins.pdf)
    histogram_to_bins = staticmethod(bins.rebinned)


def _read(path: str | os.PathLike[str], event_types: set[str]) -> dict[str, dict[str, _Kept]]:
    """The content of a file, by event type and tag, for these event types."""
    wanted = event_types | ({TENSORS} if TEXT in event_types else set())
    sizes = {kind: int(kind not in wanted) for kind in STORE_EVERYTHING_SIZE_GUIDANCE}
    accumulator = EventAccumulator(path, sizes).Reload()
    plugins = accumulator._plugin_to_tag_to_content
    texts, hparams = plugins.get(TEXT, {}), plugins.get(HPARAMS, {})
    tensors = accumulator.tensors.kept()
    start = [hparams[_SESSION_START]] if _SESSION_START in hparams else []
    found = {
        IMAGES: accumulator.images.kept(),
        AUDIO: accumulator.audios.kept(),
        HISTOGRAMS: accumulator.histograms.kept(),
        SCALARS: accumulator.scalars.kept(),
        TENSORS: {
            tag: it for tag, it in tensors.items() if tag not in texts and tag not in hparams
        },
        HPARAMS: dict(HParams(start)),
        TEXT: {tag: tensors.get(tag, []) for tag in texts},
    }
    return {it: found[it] if it in event_types else {} for it in EVENT_TYPES}


def _times(kept: _Kept) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The steps and wall times of the kept values."""
    if isinstance(kept, np.ndarray):
        return kept["step"], kept["wall_time"]
    return np.array([it[1] for it in kept], np.int64), np.array([it[0] for it in kept])


def _scalars(kept: NDArray[Any]) -> dict[str, frames.Column]:
    return {"value": kept["value"].astype(np.float64)}


def _tensors(kept: list[tuple[float, int, bytes]]) -> dict[str, frames.Column]:
    arrays = [_array(raw) for _, _, raw in kept]
    return {"value": [array if array.shape else array.item() for array in arrays]}


def _histograms(kept: list[tuple[Any, ...]]) -> dict[str, frames.Column]:
    names = ("min", "max", "num", "sum", "sum_squares", "limits", "counts")
    columns = dict(zip(names, map(list, list(zip(*kept, strict=True))[2:]), strict=True))
    return {name: columns[name] for name in sorted(names)}


def _images(kept: list[tuple[float, int, bytes, int, int]]) -> dict[str, frames.Column]:
    return {
        "value": [_picture(encoded) for _, _, encoded, _, _ in kept],
        "height": [height for *_, height in kept],
        "width": [width for *_, width, _ in kept],
    }


def _audio(kept: list[tuple[float, int, bytes, str, float, int]]) -> dict[str, frames.Column]:
    sounds = [decode_wav(encoded) for _, _, encoded, _, _, _ in kept]
    return {
        "value": [_amplitudes(samples, bits) for samples, _, bits in sounds],
        "content_type": [content_type for *_, content_type, _, _ in kept],
        "length_frames": [length for *_, length in kept],
        "sample_rate": [rate for *_, rate, _ in kept],
    }


def _texts(kept: list[tuple[float, int, bytes]]) -> dict[str, frames.Column]:
    return {"value": [_strings(_array(raw)) for _, _, raw in kept]}


_TABLES: dict[str, Callable[[Any], dict[str, frames.Column]]] = {
    SCALARS: _scalars,
    TENSORS: _tensors,
    HISTOGRAMS: _histograms,
    IMAGES: _images,
    AUDIO: _audio,
    TEXT: _texts,
}


def _array(raw: bytes) -> NDArray[Any]:
    """The tensor of a serialized `Summary` with one value."""
    return as_array(*_native.decode_value(raw))


def _strings(array: NDArray[Any]) -> Any:
    """A str, or an object array of str if there is not exactly one."""
    strings = [
        it.decode(errors="replace") if isinstance(it, bytes) else str(it) for it in array.flat
    ]
    return strings[0] if len(strings) == 1 else np.array(strings, object).reshape(array.shape)


def _picture(encoded: bytes) -> NDArray[np.uint8]:
    picture = decode_image(encoded)
    # A GIF is an animation even if it has one frame, as in TensorFlow.
    return picture[None] if encoded.startswith(b"GIF8") and picture.ndim == 3 else picture


def _amplitudes(samples: NDArray[Any], bits: int) -> NDArray[np.float32]:
    """Samples from -1 to 1."""
    if bits == 8:
        samples = samples.astype(np.int16) - 128
    return np.asarray(samples / np.float64(1 << bits - 1), np.float32)


def _stacked(arrays: list[NDArray[Any]]) -> NDArray[Any]:
    return arrays[0] if len(arrays) == 1 else np.stack(arrays)


def _names(argument: str, names: Iterable[str] | None, known: tuple[str, ...]) -> set[str]:
    if isinstance(names, str) or not isinstance(names, Iterable | None):
        raise TypeError(f"{argument} must be a set of names, not {names!r}")
    found = set(names or ())
    if unknown := found.difference(known):
        raise KeyError(f"{argument}: {sorted(map(str, unknown))} are none of {sorted(known)}")
    return found


def _check_type(event_type: str | None, *more: str | None) -> None:
    if event_type not in EVENT_TYPES and event_type not in more:
        raise ValueError(f"event_type must be one of {sorted(EVENT_TYPES)}, not {event_type!r}")
