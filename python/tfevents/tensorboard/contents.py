"""The time series of a run for TensorBoard's plugins, by plugin and class of data.

TensorBoard first converts old forms of values to new ones (`data_compat.py`,
`dataclass_compat.py`). A value that is not a tensor gets the metadata that its plugin would give
it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple

from tensorboard.plugins.audio import metadata as audio
from tensorboard.plugins.graph import metadata as graphs
from tensorboard.plugins.histogram import metadata as histograms
from tensorboard.plugins.hparams import metadata as hparams
from tensorboard.plugins.image import metadata as images
from tensorboard.plugins.mesh import metadata as meshes
from tensorboard.plugins.pr_curve import metadata as pr_curves
from tensorboard.plugins.scalar import metadata as scalars
from tensorboard.plugins.text import metadata as texts

from tfevents import _native

logger = logging.getLogger(__name__)

SCALAR, TENSOR, BLOBS = 1, 2, 3
"""The classes of data (`summary.proto`, `DataClass`)."""

# The kinds of values, in the order of their classes, and the plugins of values without metadata.
_KINDS = {
    "scalar": (SCALAR, scalars.PLUGIN_NAME),
    "histogram": (TENSOR, histograms.PLUGIN_NAME),
    "text": (TENSOR, texts.PLUGIN_NAME),
    "pr_curve": (TENSOR, pr_curves.PLUGIN_NAME),
    "mesh": (TENSOR, meshes.PLUGIN_NAME),
    "custom_scalars": (TENSOR, "custom_scalars"),
    "hparams": (TENSOR, hparams.PLUGIN_NAME),
    "image": (BLOBS, images.PLUGIN_NAME),
    "audio": (BLOBS, audio.PLUGIN_NAME),
    "graph": (BLOBS, graphs.PLUGIN_NAME),
    "run_metadata": (BLOBS, graphs.PLUGIN_NAME_TAGGED_RUN_METADATA),
    "tensor": (0, ""),
}

_GRAPHS = {
    graphs.PLUGIN_NAME_RUN_METADATA,
    graphs.PLUGIN_NAME_RUN_METADATA_WITH_GRAPH,
    graphs.PLUGIN_NAME_KERAS_MODEL,
}


class Series(NamedTuple):
    """A time series, as plugins see it."""

    place: int
    """Its index in the reader."""
    kind: str
    """Its kind in the reader."""
    content: bytes
    """The plugin data."""
    display_name: str
    description: str


class Contents:
    """A run, as it was read at one time."""

    def __init__(self, data: _native.RunData) -> None:
        self.data = data
        self._extents: dict[int, tuple[int, int | None, float | None]] = {}

    @cached_property
    def start_time(self) -> float | None:
        """The wall time of its first event."""
        return self.data.start()

    @cached_property
    def series(self) -> dict[tuple[int, str], dict[str, Series]]:
        """Its time series, by class of data, plugin and tag."""
        series: dict[tuple[int, str], dict[str, Series]] = {}
        for kind in _KINDS:
            for tag, index in self.data.indices(kind).items():
                found = _series(tag, index, kind, self.data.metadata(index))
                if found is not None:
                    data_class, plugin, one = found
                    name = graphs.RUN_GRAPH_NAME if kind == "graph" else tag
                    series.setdefault((data_class, plugin), {}).setdefault(name, one)
        return series

    def extent(self, place: int) -> tuple[int, int | None, float | None]:
        """The number of values of a series, their greatest step, and their greatest wall time."""
        found = self._extents.get(place)
        return self._extents.setdefault(place, self.data.extent(place)) if found is None else found


def _series(
    tag: str, index: int, kind: str, metadata: tuple[str, bytes, str, str, int]
) -> tuple[int, str, Series] | None:
    """The class of data and the plugin of a series; `None` if no plugin can show it."""
    plugin, content, display_name, description, data_class = metadata
    known_class, known_plugin = _KINDS[kind]
    if not tag and (plugin in _GRAPHS or kind in ("run_metadata", "pr_curve")):
        # The plugin of graphs would take it for the run's graph. The other plugin needs a tag.
        return None
    if kind == "tensor":
        if plugin in _GRAPHS:
            data_class = data_class or BLOBS
        elif plugin in _PARSERS or data_class not in (TENSOR, BLOBS):
            # Its metadata are wrong or missing.
            return None
        return data_class, plugin, Series(index, kind, content, display_name, description)
    if not plugin:
        plugin, content = known_plugin, _content(kind)
        if kind in ("scalar", "histogram", "image", "audio"):
            display_name = display_name or tag
    if not _is_readable(plugin, tag if plugin == hparams.PLUGIN_NAME else "", content):
        return None
    return known_class, plugin, Series(index, kind, content, display_name, description)


@cache
def _content(kind: str) -> bytes:
    """The plugin data of values that are not tensors."""
    if kind == "image":
        metadata = images.create_summary_metadata("", "", converted_to_tensor=True)
    elif kind == "audio":
        wav = audio.Encoding.Value("WAV")
        metadata = audio.create_summary_metadata("", "", encoding=wav, converted_to_tensor=True)
    elif kind == "histogram":
        metadata = histograms.create_summary_metadata("", "")
    elif kind == "scalar":
        metadata = scalars.create_summary_metadata("", "")
    else:
        return b""
    content: bytes = metadata.plugin_data.content
    return content


def _parse_mesh(content: bytes) -> None:
    """Raises an error, such as a ValueError, for data that would end a request for all meshes."""
    mesh = meshes.parse_plugin_metadata(content)
    _ = mesh.shape[0]
    if mesh.json_config:
        json.loads(mesh.json_config)


_PARSERS: Mapping[str, Callable[[bytes], object]] = {
    scalars.PLUGIN_NAME: scalars.parse_plugin_metadata,
    histograms.PLUGIN_NAME: histograms.parse_plugin_metadata,
    images.PLUGIN_NAME: images.parse_plugin_metadata,
    audio.PLUGIN_NAME: audio.parse_plugin_metadata,
    texts.PLUGIN_NAME: texts.parse_plugin_metadata,
    pr_curves.PLUGIN_NAME: pr_curves.parse_plugin_metadata,
    meshes.PLUGIN_NAME: _parse_mesh,
    "custom_scalars": lambda content: None,
    hparams.PLUGIN_NAME: lambda content: None,
}

_HPARAMS: Mapping[str, Callable[[bytes], object]] = {
    hparams.EXPERIMENT_TAG: hparams.parse_experiment_plugin_data,
    hparams.SESSION_START_INFO_TAG: hparams.parse_session_start_info_plugin_data,
    hparams.SESSION_END_INFO_TAG: hparams.parse_session_end_info_plugin_data,
}


@lru_cache(maxsize=4096)
def _is_readable(plugin: str, tag: str, content: bytes) -> bool:
    """Whether the plugin can read the data. Other data would end requests for all runs."""
    parse: Callable[[bytes], Any] | None = _HPARAMS.get(tag) if tag else _PARSERS.get(plugin)
    if parse is not None:
        try:
            parse(content)
        # The parsers may raise anything.
        except Exception as error:
            logger.warning("A tag of the plugin %s can't be shown: %s", plugin, error)
            return False
    return True
