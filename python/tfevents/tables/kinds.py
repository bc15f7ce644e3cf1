"""Tables of the values under tags, with a class for each kind."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfevents import _native
from tfevents._arguments import is_iterable
from tfevents._text import as_unicode
from tfevents.series import Audio, Histograms, Images, PrCurves, RunMetadatas, Tensors, Texts
from tfevents.series.audio import AudioClip
from tfevents.tables.columns import LIST_OF_NUMBERS, Categories, Lists, masked
from tfevents.tables.table import BYTES, Batch, Datetime, Table

Runs = Sequence[tuple[str, _native.RunData]]
"""Runs, with their names."""


class KindTable(Table):
    """The values of one kind, ordered by run and tag, and then as in the files.

    Every kind has four columns. `run` and `tag` are dictionary-encoded strings (categorical in
    pandas and Polars). `step` is int64. `wall_time` is float64, in seconds since the epoch; with
    `datetime="utc"` it is a timestamp.
    """

    # The native name of the kind, the series, and the kind's own columns.
    _KIND: ClassVar[str]
    _SERIES: ClassVar[Any]
    _OWN: ClassVar[dict[str, str]]
    # The approximate number of bytes of a value.
    _SIZE: ClassVar[int] = 1 << 10

    def __init__(
        self, runs: Runs, *, columns: Sequence[str] | None = None, datetime: Datetime = None
    ) -> None:
        types = column_types(self._OWN, datetime)
        if columns is not None:
            columns = chosen_columns(columns, types)
        super().__init__(types, columns)
        self._runs = runs

    def _places(self, data: _native.RunData) -> dict[str, Any]:
        """The tags of a run. Each has what makes its series."""
        return data.indices(self._KIND)

    def _values(self, series: Any, rows: range) -> tuple[NDArray[np.int64] | None, dict[str, Any]]:
        """The kind's own columns for some values, and the number of rows of each value if it is not
        one.

        Columns that are not chosen may be missing.
        """
        raise NotImplementedError

    def _batches(self, rows: int | None) -> Iterator[Batch]:
        names = run_names(name for name, _ in self._runs)
        places = [
            (run, data, tag, place)
            for run, (_, data) in enumerate(self._runs)
            for tag, place in self._places(data).items()
        ]
        tags = {tag: i for i, tag in enumerate(dict.fromkeys(tag for _, _, tag, _ in places))}
        parts: list[Part] = []
        waiting = 0
        most = sys.maxsize if rows is None else min(rows, max(1, BYTES // self._SIZE))

        for run, data, tag, place in places:
            series = self._SERIES(data, place)
            start = 0
            while start < len(series):
                end = min(len(series), start + most - waiting)
                waiting += end - start
                parts.append(Part(run, tags[tag], place, series, range(start, end)))
                start = end
                if waiting == most:
                    yield self._batch(parts, names, list(tags))
                    parts, waiting = [], 0
        if parts:
            yield self._batch(parts, names, list(tags))

    def _batch(self, parts: list[Part], runs: list[str], tags: list[str]) -> Batch:
        """The rows of several parts, joined."""
        counts, own = self._columns(parts, tags)
        lengths = [len(part.rows) for part in parts]
        common = {
            "run": np.repeat(np.array([part.run for part in parts], np.int32), lengths),
            "tag": np.repeat(np.array([part.tag for part in parts], np.int32), lengths),
            "step": np.concatenate([part.of("step") for part in parts]),
            "wall_time": np.concatenate([part.of("wall_time") for part in parts]),
        }
        if counts is not None:
            common = {name: column.repeat(counts) for name, column in common.items()}
        run, tag = Categories(common["run"], runs), Categories(common["tag"], tags)
        own |= {**common, "run": run, "tag": tag}
        return len(common["step"]), {name: own[name] for name in self._types}

    def _columns(
        self, parts: list[Part], tags: list[str]
    ) -> tuple[NDArray[np.int64] | None, dict[str, Any]]:
        """The kind's own columns for several parts, and the number of rows of each value if it is
        not one.
        """
        counts, found = [], []
        for part in parts:
            try:
                number, own = self._values(part.series, part.rows)
            except ValueError as error:
                where = f"run {self._runs[part.run][0]!r}, tag {tags[part.tag]!r}"
                raise ValueError(f"{where}: {error}") from error
            counts += [] if number is None else [number]
            found.append(own)
        chosen = {name: self._OWN[name] for name in self._types if name in self._OWN}
        own = {name: _concatenated(h, [own[name] for own in found]) for name, h in chosen.items()}
        return np.concatenate(counts) if counts else None, own


class Part(NamedTuple):
    """Some of the values of a tag of a run. Both are given by their numbers."""

    run: int
    tag: int
    place: Any
    series: Any
    rows: range

    def of(self, name: str) -> Any:
        """A column of the series."""
        return getattr(self.series, name)[self.rows.start : self.rows.stop]


def column_types(own: dict[str, str], datetime: Datetime) -> dict[str, str]:
    """The types of all columns of a kind."""
    if datetime not in (None, "utc"):
        raise ValueError(f"datetime must be None or 'utc', not {datetime!r}")
    wall_time = "timestamp" if datetime else "float64"
    return {"run": "category", "tag": "category", "step": "int64", "wall_time": wall_time, **own}


def chosen_columns(columns: Sequence[str], types: dict[str, str]) -> list[str]:
    """Checks the names of columns."""
    if isinstance(columns, str) or not is_iterable(columns):
        raise TypeError(f"columns: expected names, got {columns!r}")
    chosen = list(columns)
    for name in chosen:
        if name not in types:
            raise ValueError(f"columns: there is no {name!r}; there are {', '.join(types)}")
    return chosen


def run_names(names: Iterable[str]) -> list[str]:
    """The names of runs as text."""
    return distinct(map(as_unicode, names))


def distinct(names: Iterable[str]) -> list[str]:
    """The names. Repeated names get underscores at their end."""
    taken: dict[str, None] = {}
    for name in names:
        while name in taken:
            name += "_"
        taken[name] = None
    return list(taken)


def _concatenated(holds: str, parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    if holds.startswith("list["):
        moved = np.cumsum([0, *(part.ends[-1] for part in parts)])
        ends = [part.ends[1:] + by for part, by in zip(parts, moved, strict=False)]
        items = _concatenated(holds[5:-1], [part.items for part in parts])
        return Lists(np.concatenate([[0], *ends]).astype(np.int64), items)
    if holds in ("text", "binary"):
        return [value for part in parts for value in part]
    return masked(parts) if any(map(np.ma.isMA, parts)) else np.concatenate(parts)


class HistogramTable(KindTable):
    """A table of histograms, with a row for each.

    Own columns: `min`, `max`, `num`, `sum` and `sum_squares` are float64. `edges` and `counts` are
    lists of float64, as in `Histogram`.
    """

    _KIND = "histogram"
    _SERIES = Histograms
    _SIZE = 1 << 9
    _OWN: ClassVar = {
        **dict.fromkeys(("min", "max", "num", "sum", "sum_squares"), "float64"),
        "edges": LIST_OF_NUMBERS,
        "counts": LIST_OF_NUMBERS,
    }

    def _columns(self, parts: list[Part], tags: list[str]) -> tuple[None, dict[str, Any]]:
        own: dict[str, Any] = {
            name: np.concatenate([part.of(name) for part in parts])
            for name, holds in self._OWN.items()
            if holds == "float64" and name in self._types
        }
        if not {"edges", "counts"}.isdisjoint(self._types):
            places = [(self._runs[p.run][1], p.place, p.rows.start, p.rows.stop) for p in parts]
            own["edges"], own["counts"] = (Lists(*one) for one in _native.buckets(places))
        return None, own


class TextTable(KindTable):
    """A table of texts, with a row for each string. An event with several strings has several rows.

    Own column: `value` is a string.
    """

    _KIND = "text"
    _SERIES = Texts
    _OWN: ClassVar = {"value": "text"}

    def _values(self, series: Texts, rows: range) -> tuple[NDArray[np.int64], dict[str, Any]]:
        texts = [
            [text] if isinstance(text, str) else text.ravel().tolist()
            for text in series.value[rows.start : rows.stop]
        ]
        counts = np.fromiter(map(len, texts), np.int64, len(texts))
        return counts, {"value": [text for strings in texts for text in strings]}


class TensorTable(KindTable):
    """A table of tensors, with a row for each.

    Own columns: `dtype` is a string, and `shape` a list of int64. `value` is a list of float64 with
    the elements in row-major order; complex elements have their real and imaginary part. `strings`
    is a list of bytes. `strings` is empty for numbers, and `value` is empty for strings.
    """

    _KIND = "tensor"
    _SIZE = 64 << 10
    _SERIES = Tensors
    _OWN: ClassVar = {
        "dtype": "text",
        "shape": "list[int64]",
        "value": LIST_OF_NUMBERS,
        "strings": "list[binary]",
    }

    def _values(self, series: Tensors, rows: range) -> tuple[None, dict[str, Any]]:
        arrays = [series[row].value for row in rows]
        return None, {
            "dtype": [str(array.dtype) for array in arrays],
            "shape": Lists.of_arrays([np.array(array.shape, int) for array in arrays], np.int64),
            "value": Lists.of_arrays([_floats(array) for array in arrays], np.float64),
            "strings": Lists.of([a.ravel().tolist() if a.dtype == object else [] for a in arrays]),
        }


def _floats(array: NDArray[Any]) -> NDArray[np.float64]:
    if array.dtype == object:
        return np.empty(0)
    flat = np.ascontiguousarray(array).ravel()
    if flat.dtype.kind == "c":
        return flat.astype(np.complex128).view(np.float64)
    return flat.astype(np.float64)


class ImageTable(KindTable):
    """A table of pictures, with a row for each. An event with several pictures has several rows.

    Own columns: `width` and `height` are int64, by the event. `data` has the encoded bytes, and
    `size`, int64, is their number.
    """

    _KIND = "image"
    _SIZE = 64 << 10
    _SERIES = Images
    _OWN: ClassVar = {"width": "int64", "height": "int64", "size": "int64", "data": "binary"}

    def _values(self, series: Images, rows: range) -> tuple[NDArray[np.int64], dict[str, Any]]:
        images = [series[row] for row in rows]
        counts = np.array([len(image.batch) for image in images], np.int64)
        own = _encoded([image.batch for image in images], "data" in self._types)
        own["width"] = np.repeat(np.array([i.width for i in images], np.int64), counts)
        own["height"] = np.repeat(np.array([i.height for i in images], np.int64), counts)
        return counts, own


class AudioTable(KindTable):
    """A table of sounds, with a row for each. An event with several sounds has several rows.

    Own columns: `sample_rate` is float64, in frames a second; null if neither the event nor the
    file has it. `content_type` and `label` are strings. `data` has the encoded bytes, and `size`,
    int64, is their number.
    """

    _KIND = "audio"
    _SIZE = 256 << 10
    _SERIES = Audio
    _OWN: ClassVar = {
        "sample_rate": "float64",
        "content_type": "text",
        "label": "text",
        "size": "int64",
        "data": "binary",
    }

    def _values(self, series: Audio, rows: range) -> tuple[NDArray[np.int64], dict[str, Any]]:
        clips = [series[row] for row in rows]
        counts = np.array([len(clip.batch) for clip in clips], np.int64)
        own = _encoded([clip.batch for clip in clips], "data" in self._types)
        rates = np.repeat(np.array([_rate(clip) for clip in clips], np.float64), counts)
        own["sample_rate"] = np.ma.masked_invalid(rates)
        own["content_type"] = [clip.content_type for clip in clips for _ in clip.batch]
        own["label"] = [label for clip in clips for label in clip.labels]
        return counts, own


def _rate(clip: AudioClip) -> float:
    try:
        return clip.sample_rate
    except ValueError:
        return np.nan


def _encoded(batches: list[tuple[bytes, ...]], with_data: bool) -> dict[str, Any]:
    files = [data for batch in batches for data in batch]
    own: dict[str, Any] = {"size": np.fromiter(map(len, files), np.int64, len(files))}
    if with_data:
        own["data"] = files
    return own


class PrCurveTable(KindTable):
    """A table of precision-recall curves, with a row for each.

    Own columns are lists of float64, with an element for each threshold: `thresholds`, `precision`,
    `recall`, `true_positives`, `false_positives`, `true_negatives` and `false_negatives`.
    """

    _KIND = "pr_curve"
    _SERIES = PrCurves
    _OWN: ClassVar = dict.fromkeys(
        (
            *("thresholds", "precision", "recall", "true_positives", "false_positives"),
            *("true_negatives", "false_negatives"),
        ),
        LIST_OF_NUMBERS,
    )

    def _values(self, series: PrCurves, rows: range) -> tuple[None, dict[str, Any]]:
        curves = [series[row] for row in rows]
        return None, {
            name: Lists.of_arrays([getattr(curve, name) for curve in curves], np.float64)
            for name in self._OWN
        }


class RunMetadataTable(KindTable):
    """A table of the costs of graphs' steps, with a row for each trace.

    Own columns: `data` is a serialized `RunMetadata`, and `size`, int64, is the number of its
    bytes.
    """

    _KIND = "run_metadata"
    _SIZE = 64 << 10
    _SERIES = RunMetadatas
    _OWN: ClassVar = {"size": "int64", "data": "binary"}

    def _values(self, series: RunMetadatas, rows: range) -> tuple[None, dict[str, Any]]:
        return None, _encoded([(series[row].data,) for row in rows], "data" in self._types)
