"""TensorBoard's `DataProvider` with our reader."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

import numpy as np
from tensorboard import errors
from tensorboard.data import provider
from tensorboard.plugins.mesh import metadata as meshes

from tfevents.tensorboard import sampling, values
from tfevents.tensorboard.contents import BLOBS, SCALAR, TENSOR, Contents, Series

T = TypeVar("T")
Extent = Callable[[], tuple[int, int | None, float | None]]


def _later(base: Any) -> Any:
    """The description of a time series. It computes the greatest step and wall time when it is
    asked for them. This takes all values of a growing run, and no dashboard asks for it.
    """

    def make(self: Any, extent: Extent, **rest: Any) -> None:
        self._extent = extent
        base.__init__(self, max_step=None, max_wall_time=None, **rest)

    def member(place: int) -> property:
        # The base class would set it to None.
        return property(lambda self: self._extent()[place], lambda self, value: None)

    members = {"__init__": make, "_max_step": member(1), "_max_wall_time": member(2)}
    return type(base.__name__, (base,), members)


_ScalarTimeSeries = _later(provider.ScalarTimeSeries)
_TensorTimeSeries = _later(provider.TensorTimeSeries)
_BlobSequenceTimeSeries = _later(provider.BlobSequenceTimeSeries)
Runs = Mapping[str, Contents]


class Provider(provider.DataProvider):
    """Answers from the runs that were read last.

    Args:
        runs: returns the runs by name, as they are now.
        refresh: makes new data be read first, if that is done soon.
        location: the log directory, for people.
        samples: the number of values of a tag from the flags, by plugin.
    """

    def __init__(
        self,
        runs: Callable[[], Runs],
        refresh: Callable[[], None] = lambda: None,
        location: str = "",
        samples: Mapping[str, int] | None = None,
    ) -> None:
        self._runs = runs
        self._refresh = refresh
        self._location = location
        self._samples = dict(samples or {})

    def __str__(self) -> str:
        return f"tfevents.Provider(logdir={self._location!r})"

    def is_given(self, plugin: str) -> bool:
        """Whether a flag says how many values of a tag this plugin gets."""
        return plugin in self._samples

    def experiment_metadata(self, ctx: Any = None, *, experiment_id: str) -> Any:
        _check(ctx, experiment_id)
        return provider.ExperimentMetadata(data_location=self._location)

    def list_plugins(self, ctx: Any = None, *, experiment_id: str) -> Any:
        _check(ctx, experiment_id)
        # Whenever the page loads, it requests the plugins and the runs first.
        self._refresh()
        runs = self._runs().values()
        return frozenset(plugin for run in runs for _, plugin in run.series)

    def list_runs(self, ctx: Any = None, *, experiment_id: str) -> Any:
        _check(ctx, experiment_id)
        self._refresh()
        return [
            provider.Run(run_id=name, run_name=name, start_time=run.start_time)
            for name, run in self._runs().items()
        ]

    def list_scalars(
        self, ctx: Any = None, *, experiment_id: str, plugin_name: str, run_tag_filter: Any = None
    ) -> Any:
        _check(ctx, experiment_id)
        return self._list(_ScalarTimeSeries, SCALAR, plugin_name, run_tag_filter)

    def list_tensors(
        self, ctx: Any = None, *, experiment_id: str, plugin_name: str, run_tag_filter: Any = None
    ) -> Any:
        _check(ctx, experiment_id)
        return self._list(_TensorTimeSeries, TENSOR, plugin_name, run_tag_filter)

    def list_blob_sequences(
        self, ctx: Any = None, *, experiment_id: str, plugin_name: str, run_tag_filter: Any = None
    ) -> Any:
        _check(ctx, experiment_id)

        def lengths(run: Contents, series: Series) -> dict[str, Any] | None:
            counts = values.parts(run.data, series)
            # Dashboards use the greatest step. There is none if a restart purged all values.
            return {"max_length": max(counts)} if counts else None

        return self._list(_BlobSequenceTimeSeries, BLOBS, plugin_name, run_tag_filter, lengths)

    def read_scalars(
        self,
        ctx: Any = None,
        *,
        experiment_id: str,
        plugin_name: str,
        downsample: int | None = None,
        run_tag_filter: Any = None,
    ) -> Any:
        _check(ctx, experiment_id)
        most = _most(downsample)

        def read(name: str, tag: str, run: Contents, series: Series) -> list[Any]:
            columns = run.data.scalars(series.place)
            if most <= len(columns[0]):
                chosen = np.array(sampling.sample(len(columns[0]), most), dtype=np.intp)
                step, wall_time, value = (column[chosen].tolist() for column in columns)
            else:
                step, wall_time, value = (column.tolist() for column in columns)
            return list(map(provider.ScalarDatum, step, wall_time, value))

        return self._read(read, SCALAR, plugin_name, run_tag_filter)

    def read_last_scalars(
        self, ctx: Any = None, *, experiment_id: str, plugin_name: str, run_tag_filter: Any = None
    ) -> Any:
        _check(ctx, experiment_id)

        def last(name: str, tag: str, run: Contents, series: Series) -> Any:
            step, wall_time, value = run.data.scalars(series.place)
            if not len(step):
                return None
            return provider.ScalarDatum(int(step[-1]), float(wall_time[-1]), float(value[-1]))

        found = self._read(last, SCALAR, plugin_name, run_tag_filter)
        return {run: _filled(tags) for run, tags in found.items()}

    def read_tensors(
        self,
        ctx: Any = None,
        *,
        experiment_id: str,
        plugin_name: str,
        downsample: int | None = None,
        run_tag_filter: Any = None,
    ) -> Any:
        _check(ctx, experiment_id)
        most = _most(downsample)

        def read(name: str, tag: str, run: Contents, series: Series) -> list[Any]:
            step, wall_time = run.data.times(series.place)
            chosen: Collection[int] = sampling.sample(len(step), most)
            if plugin_name == meshes.PLUGIN_NAME:
                # The page requests meshes by their steps. Of several at one step, the last is
                # shown.
                chosen = {int(step[item]): item for item in chosen}.values()
            return [
                provider.TensorDatum(int(step[item]), float(wall_time[item]), array)
                for item, array in values.tensors(
                    run.data, series, chosen, f"{tag!r} of run {name!r}"
                )
            ]

        found = self._read(read, TENSOR, plugin_name, run_tag_filter)
        if plugin_name == "custom_scalars":
            # The plugin takes the first layout of each run that has one, without checking it.
            found = {
                run: {tag: it for tag, it in tags.items() if it} for run, tags in found.items()
            }
            found = {run: tags for run, tags in found.items() if tags}
        return found

    def read_blob_sequences(
        self,
        ctx: Any = None,
        *,
        experiment_id: str,
        plugin_name: str,
        downsample: int | None = None,
        run_tag_filter: Any = None,
    ) -> Any:
        _check(ctx, experiment_id)
        most = _most(downsample)

        def read(name: str, tag: str, run: Contents, series: Series) -> list[Any]:
            step, wall_time = run.data.times(series.place)
            counts = values.parts(run.data, series)
            # TensorBoard names a blob by its step. Of several at one step, the first is shown.
            _, first = np.unique(step, return_index=True)
            data = []
            for item in (int(first[at]) for at in sampling.sample(len(first), most)):
                place = (experiment_id, plugin_name, name, tag, int(step[item]))
                keys = (_encode_key(*place, part) for part in range(counts[item]))
                blobs = tuple(provider.BlobReference(key) for key in keys)
                data.append(
                    provider.BlobSequenceDatum(int(step[item]), float(wall_time[item]), blobs)
                )
            return data

        return self._read(read, BLOBS, plugin_name, run_tag_filter)

    def read_blob(self, ctx: Any = None, *, blob_key: str) -> bytes:
        if type(ctx).__name__ != "RequestContext":
            raise TypeError(f"ctx must be a RequestContext, not {ctx!r}")
        plugin, run_name, tag, step, part = _decode_key(blob_key)
        run = self._runs().get(run_name)
        series = None if run is None else run.series.get((BLOBS, plugin), {}).get(tag)
        if run is None or series is None:
            raise errors.NotFoundError(f"there is no {plugin} {tag!r} in run {run_name!r}")
        steps, _ = run.data.times(series.place)
        found = np.flatnonzero(steps == step)
        try:
            blob = values.blobs(run.data, series, int(found[0]))[part]
            values.check(plugin, blob)
            return blob
        # It is malformed, or its file was removed or changed.
        except Exception as error:
            raise errors.NotFoundError(f"{tag!r} at step {step}: {error}") from error

    def charts(self, chosen: Any, most: int | None, *, named: bool) -> bytes:
        """The scalars of a tag by run, as JSON. All points are sent if a card can show them, or
        about `most` for each run.
        """
        found = [
            (name, run, series)
            for name, run, tags in self._chosen(SCALAR, "scalars", chosen)
            for series in tags.values()
        ]
        if most is None:
            most = sampling.share(run.data.count(series.place) for _, run, series in found)
        charts = (
            b"%s: %s" % (json.dumps(name).encode(), run.data.chart(series.place, most, named))
            for name, run, series in found
        )
        return b"{%s}" % b", ".join(charts)

    def _chosen(
        self, data_class: int, plugin: str, chosen: Any
    ) -> Iterator[tuple[str, Contents, dict[str, Series]]]:
        """The time series of a plugin that a `RunTagFilter` selects, by run."""
        only_runs: Collection[str] | None = None if chosen is None else chosen.runs
        only_tags: Collection[str] | None = None if chosen is None else chosen.tags
        runs = self._runs()
        for name in runs if only_runs is None else filter(runs.__contains__, only_runs):
            run = runs[name]
            tags = run.series.get((data_class, plugin), {})
            if only_tags is not None:
                tags = {tag: tags[tag] for tag in only_tags if tag in tags}
            if tags:
                yield name, run, tags

    def _list(
        self,
        make: Callable[..., Any],
        data_class: int,
        plugin: str,
        chosen: Any,
        more: Callable[[Contents, Series], dict[str, Any] | None] = lambda run, series: {},
    ) -> dict[str, dict[str, Any]]:
        listed: dict[str, dict[str, Any]] = {}
        for name, run, tags in self._chosen(data_class, plugin, chosen):
            listed[name] = {}
            for tag, series in tags.items():
                rest = more(run, series)
                if rest is None:
                    continue
                listed[name][tag] = make(
                    partial(run.extent, series.place),
                    plugin_content=series.content,
                    description=series.description,
                    display_name=series.display_name,
                    **rest,
                )
        return listed

    def _read(
        self,
        read: Callable[[str, str, Contents, Series], T],
        data_class: int,
        plugin: str,
        chosen: Any,
    ) -> dict[str, dict[str, T]]:
        return {
            name: {tag: read(name, tag, run, series) for tag, series in tags.items()}
            for name, run, tags in self._chosen(data_class, plugin, chosen)
        }


def _filled(found: Mapping[str, T]) -> dict[str, T]:
    """Those that are not empty."""
    return {name: value for name, value in found.items() if value}


def _check(ctx: Any, experiment_id: Any) -> None:
    if type(ctx).__name__ != "RequestContext":
        raise TypeError(f"ctx must be a RequestContext, not {ctx!r}")
    if not isinstance(experiment_id, str):
        raise TypeError(f"experiment_id must be a str, not {experiment_id!r}")


def _most(downsample: Any) -> int:
    if not isinstance(downsample, int):
        raise TypeError(f"downsample must be an int, not {downsample!r}")
    return downsample


def _encode_key(*place: object) -> str:
    """The name of a blob in URLs, which is TensorBoard's own."""
    text = json.dumps(place, separators=(",", ":")).encode("ascii")
    return base64.urlsafe_b64encode(text).decode("ascii").rstrip("=")


def _decode_key(key: str) -> tuple[str, str, str, int, int]:
    try:
        place = json.loads(base64.urlsafe_b64decode(key + "=="))
        _, plugin, run, tag, step, part = place
        return str(plugin), str(run), str(tag), int(step), int(part)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise errors.NotFoundError(f"no blob has the key {key!r}") from error
