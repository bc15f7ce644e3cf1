"""A value of a series as TensorBoard gets it: a tensor as an array, or a sequence of blobs."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto.config_pb2 import RunMetadata
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.graph import metadata as graphs
from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def
from tensorboard.plugins.mesh import metadata as meshes

from tfevents import _native
from tfevents.series import Histograms
from tfevents.series.tensors import as_array
from tfevents.series.texts import MOST_REPEATED
from tfevents.tensorboard.contents import Series

logger = logging.getLogger(__name__)

# The plugin converts these parts of a mesh to integers.
_LIMITS: dict[int, np.iinfo[Any]] = {
    meshes.plugin_data_pb2.MeshPluginData.FACE: np.iinfo(np.int32),
    meshes.plugin_data_pb2.MeshPluginData.COLOR: np.iinfo(np.uint8),
}


def tensors(
    data: _native.RunData, series: Series, items: Iterable[int], name: str
) -> Iterator[tuple[int, NDArray[Any]]]:
    """The arrays of these items with their indices. Items that can't be read are left out.

    `name` is their name in messages.
    """
    load = _loader(data, series)
    for item in items:
        try:
            yield item, load(item)
        # A malformed item, or one whose file was removed or changed, does not hide others.
        except Exception as error:
            _tell(f"A value of {name} can't be shown: {error}")


@lru_cache(maxsize=4096)
def _tell(what: str) -> None:
    """Logs the message once, however often the page asks."""
    logger.warning(what)


def _loader(data: _native.RunData, series: Series) -> Callable[[int], NDArray[Any]]:
    index = series.place
    if series.kind == "histogram":
        histograms = Histograms(data, index)
        return lambda item: _buckets(histograms, item)
    if series.kind == "text":
        texts = data.texts(index)
        return lambda item: _strings(*texts[item])
    if series.kind == "hparams":
        # The metadata have everything.
        return lambda item: np.zeros(0, np.float32)
    check = _CHECKS.get(series.kind, _no_check)

    def load(item: int) -> NDArray[Any]:
        array = as_array(*data.tensor(index, item))
        check(series, array)
        return array

    return load


def _no_check(series: Series, array: NDArray[Any]) -> None:
    """Any tensor is accepted."""


def _buckets(histograms: Histograms, item: int) -> NDArray[Any]:
    """Left edge, right edge and count of each bucket."""
    histogram = histograms[item]
    edges, counts = histogram.edges, histogram.counts
    if not len(counts):
        return np.zeros((0, 3), np.float32)
    # TensorBoard takes a value that is not a tensor for one of float32.
    dtype = np.float64 if histogram._is_tensor else np.float32
    with np.errstate(over="ignore"):
        return np.stack([edges[:-1], edges[1:], counts], axis=1).astype(dtype)


def _strings(shape: list[int], strings: list[str]) -> NDArray[Any]:
    encoded = np.array([string.encode("utf-8", "replace") for string in strings], dtype=object)
    if len(strings) == 1 and 1 < math.prod(shape) <= MOST_REPEATED:
        return np.full(shape, encoded[0], dtype=object)
    return encoded.reshape(shape)


def _check_mesh(series: Series, array: NDArray[Any]) -> None:
    mesh = meshes.parse_plugin_metadata(series.content)
    if array.ndim != 3 or len(array) < mesh.shape[0]:
        raise ValueError(f"a mesh of {mesh.shape[0]} samples has the shape {array.shape}")
    limits = _LIMITS.get(mesh.content_type)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"a mesh is of numbers, not of {array.dtype}")
    # A value that is not a number is in neither field.
    if limits is not None and not np.all((array >= limits.min) & (array <= limits.max)):
        raise ValueError(f"a mesh has indices or colours beyond {limits.dtype}")


def _check_layout(series: Series, array: NDArray[Any]) -> None:
    if array.size != 1 or not isinstance(array.item(), bytes):
        raise ValueError("a layout is one string, which is a message")
    try:
        layout_pb2.Layout.FromString(array.item())
    # protobuf's error differs between versions.
    except Exception as error:
        raise ValueError(f"a layout is malformed: {error}") from None


def _check_curve(series: Series, array: NDArray[Any]) -> None:
    if array.shape[1] < 2 or not np.isfinite(array).all():
        raise ValueError(f"a curve has the shape {array.shape}, or holds what is no number")


_CHECKS: dict[str, Callable[[Series, NDArray[Any]], None]] = {
    "mesh": _check_mesh,
    "custom_scalars": _check_layout,
    "pr_curve": _check_curve,
}


def parts(data: _native.RunData, series: Series) -> list[int]:
    """The number of blobs of each value, as TensorBoard counts them."""
    extra = 2 if series.kind == "image" else 0  # the width and the height

    def count(item: int) -> int:
        try:
            return len(blobs(data, series, item))
        except Exception as error:
            _tell(f"A value can't be shown: {error}")
            return extra

    counts = data.parts(series.place)
    return [(count(at) if known is None else known + extra) for at, known in enumerate(counts)]


def blobs(data: _native.RunData, series: Series, item: int) -> list[bytes]:
    """The blobs of a value. It may raise any Exception if they can't be read."""
    if series.kind == "image":
        width, height, pictures = data.image(series.place, item)
        return [str(width).encode(), str(height).encode(), *pictures]
    if series.kind == "audio":
        _, _, files = data.audio(series.place, item)
        return [file for file, _ in files]
    if series.kind == "tensor":
        _, _, elements = data.tensor(series.place, item)
        if not isinstance(elements, list):
            raise ValueError("blobs are strings")
        return elements
    return [data.raw(series.place, item)]


def check(plugin: str, blob: bytes) -> None:
    """Raises a ValueError for data that the plugin can't read, which would end its request."""
    parse = _PARSERS.get(plugin)
    if parse is not None:
        try:
            parse(blob)
        # It may raise anything.
        except Exception as error:
            raise ValueError(f"{plugin} is malformed: {error}") from None


_PARSERS: dict[str, Callable[[bytes], object]] = {
    graphs.PLUGIN_NAME: GraphDef.FromString,
    graphs.PLUGIN_NAME_RUN_METADATA: RunMetadata.FromString,
    graphs.PLUGIN_NAME_RUN_METADATA_WITH_GRAPH: RunMetadata.FromString,
    graphs.PLUGIN_NAME_TAGGED_RUN_METADATA: RunMetadata.FromString,
    graphs.PLUGIN_NAME_KERAS_MODEL: lambda blob: keras_model_to_graph_def(json.loads(blob)),
}
