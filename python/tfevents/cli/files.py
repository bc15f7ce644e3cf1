"""Values as files that other programs open."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfevents.cli.logs import Lost
from tfevents.reader.log import Log
from tfevents.series.histograms import Histogram
from tfevents.series.meshes import Mesh
from tfevents.series.pr_curves import PrCurve

# The kinds whose values become files.
KINDS = (
    "images",
    "audio",
    "texts",
    "histograms",
    "tensors",
    "pr_curves",
    "meshes",
    "graph",
)


# The beginning of a part of a tag that may be the name of a file beside it.
_FILE = re.compile(
    r"\A(-?\d+(?:-\d+)?|graph)\.(?=(?:.*\.)?(?:png|gif|jpg|webp|wav|bin|md|csv|npy|json|ply|pb)\Z)"
)
# The most bytes of a part. File systems take 255 for a name, and a number may follow.
_LONGEST = 200


class Directory:
    """Files below a directory, one for each value, by run, tag and step."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._taken: dict[str, tuple[str, str]] = {}
        # How many files would have the same name.
        self._named: dict[str, int] = {}

    def write(self, run: str, tag: str, stem: str, end: str, content: bytes) -> None:
        # A tag may be any text. Characters that could lead elsewhere are replaced.
        parts = [re.sub(r"[^\w .=+-]", "_", part) for part in f"{run}/{tag}".split("/")]
        parts = [_FILE.sub(r"\1_", part) for part in parts if part.strip(". ")]
        parts = [part.encode()[:_LONGEST].decode(errors="ignore") for part in parts]
        plain = directory = os.path.join(self._path, *parts)
        # Different names may become the same name. Their files must not replace each other.
        again = 1
        while self._take(directory, run, tag) != (run, tag):
            again += 1
            directory = f"{plain}-{again}"
        os.makedirs(directory, exist_ok=True)
        # A step may come again, or have values of several kinds.
        name = os.path.join(directory, stem + end)
        again = self._named[name] = self._named.get(name, -1) + 1
        if again:
            name = os.path.join(directory, f"{stem}-{again}{end}")
        with open(name, "wb") as file:
            file.write(content)

    def _take(self, directory: str, run: str, tag: str) -> tuple[str, str]:
        return self._taken.setdefault(os.path.normcase(directory).casefold(), (run, tag))


def number(log: Log, kinds: list[str]) -> int:
    """The number of values, for a bar. Each is a file, or several. Few runs have a graph."""
    tagged = [kind for kind in kinds if kind != "graph"]
    return sum(len(it) for run in log.values() for kind in tagged for it in _series(run, kind))


def _series(run: Any, kind: str) -> list[Any]:
    return list(getattr(run, kind).values())


def files(
    log: Log, kinds: list[str], lost: Lost
) -> Iterator[tuple[str, str, str, list[tuple[str, bytes]]]]:
    """The run and tag of each value, and the stem, the ends and the contents of its files. A value
    that can't be had has none.
    """
    for name, run in log.items():
        for kind in kinds:
            if kind == "graph":
                graph = None
                with lost.tell(name, "graph"):
                    graph = run.graph
                if graph is not None:
                    yield name, "", "graph", [(".pb", graph.raw)]
                continue
            for tag, series in getattr(run, kind).items():
                for at, step in enumerate(series.step.tolist()):
                    contents: list[tuple[str, bytes]] = []
                    with lost.tell(name, f"tag {tag!r}", step):
                        contents = _contents(kind, series[at])
                    yield name, tag, str(step), contents


def _contents(kind: str, item: Any) -> list[tuple[str, bytes]]:
    """The contents of the files of a value, and the suffixes of their names."""
    match kind:
        case "texts":
            text = item.value if isinstance(item.value, str) else repr(item.value)
            return [(".md", text.encode())]
        case "histograms":
            return [(".csv", _histogram(item))]
        case "pr_curves":
            return [(".csv", _curve(item))]
        case "tensors":
            return [_tensor(item.value)]
        case "meshes":
            return _meshes(item)
        case _:
            # TensorFlow 2 writes several pictures and sounds at once.
            return _numbered([(_suffix(data), data) for data in item.batch])


def _numbered(contents: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """The contents of files beside each other. A number tells several apart."""
    if len(contents) == 1:
        return contents
    return [(f".{at}{end}", content) for at, (end, content) in enumerate(contents)]


def _suffix(data: bytes) -> str:
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return ".webp"
    beginnings = {b"\x89PNG": ".png", b"GIF8": ".gif", b"\xff\xd8": ".jpg", b"RIFF": ".wav"}
    found = (suffix for beginning, suffix in beginnings.items() if data.startswith(beginning))
    return next(found, ".bin")


def _histogram(item: Histogram) -> bytes:
    edges = item.edges.tolist()
    return _csv(["left", "right", "count"], [edges[:-1], edges[1:], item.counts.tolist()])


def _curve(item: PrCurve) -> bytes:
    names = [
        "true_positives",
        "false_positives",
        "true_negatives",
        "false_negatives",
        "precision",
        "recall",
    ]
    columns = [item.thresholds.tolist(), *(getattr(item, name).tolist() for name in names)]
    return _csv(["threshold", *names], columns)


def _csv(header: list[str], columns: list[list[float]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode()


def _tensor(value: NDArray[Any]) -> tuple[str, bytes]:
    if value.dtype == object:
        # These are strings. NumPy's own format would be a pickle.
        return ".json", json.dumps(value.tolist(), ensure_ascii=False, default=_string).encode()
    out = io.BytesIO()
    np.save(out, value, allow_pickle=False)
    return ".npy", out.getvalue()


def _string(value: bytes) -> str:
    return value.decode(errors="replace")


def _meshes(item: Mesh) -> list[tuple[str, bytes]]:
    """The meshes of a step. If they fit no file of meshes, their arrays."""
    parts = {"vertices": item.vertices, "faces": item.faces, "colors": item.colors}
    known = {name: part for name, part in parts.items() if part is not None}
    fits = all(part.ndim == 3 and part.shape[2] == 3 for part in known.values())
    fits = fits and len({len(part) for part in known.values()}) == 1
    if not fits or (item.colors is not None and item.colors.shape != item.vertices.shape):
        return [(f".{name}.npy", _tensor(part)[1]) for name, part in known.items()]
    none = [None] * len(item.vertices)
    faces = none if item.faces is None else item.faces
    colors = none if item.colors is None else item.colors
    batch = zip(item.vertices, faces, colors, strict=True)
    return _numbered([(".ply", _ply(*parts)) for parts in batch])


def _ply(vertices: NDArray[Any], faces: NDArray[Any] | None, colors: NDArray[Any] | None) -> bytes:
    """A mesh or a point cloud in the Polygon File Format, binary."""
    kind = "double" if vertices.dtype == np.float64 else "float"
    names = [(axis, kind) for axis in ("x", "y", "z")]
    columns = list(vertices.T)
    if colors is not None:
        names += [(color, "uchar") for color in ("red", "green", "blue")]
        columns += list(colors.T)
    types = {"double": "<f8", "float": "<f4", "uchar": "u1"}
    points = np.empty(len(vertices), [(name, types[kind]) for name, kind in names])
    for (name, _), column in zip(names, columns, strict=True):
        points[name] = column
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(points)}"]
    header += [f"property {kind} {name}" for name, kind in names]
    body = points.tobytes()
    if faces is not None:
        corners = np.empty(len(faces), [("count", "u1"), ("corners", "<i4", 3)])
        corners["count"], corners["corners"] = 3, faces
        header += [f"element face {len(faces)}", "property list uchar int vertex_indices"]
        body += corners.tobytes()
    return "\n".join([*header, "end_header", ""]).encode() + body
