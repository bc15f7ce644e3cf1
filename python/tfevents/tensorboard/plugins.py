"""TensorBoard's scalar plugins with every point, taken from our columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tensorboard.backend import json_util
from tensorboard.data.provider import RunTagFilter
from tensorboard.plugins.metrics.metrics_plugin import MetricsPlugin
from tensorboard.plugins.scalar.scalars_plugin import ScalarsPlugin

from tfevents.tensorboard.provider import Provider

_SCALARS = ScalarsPlugin.plugin_name


def replace(plugins: Mapping[str, Any]) -> None:
    """Replaces the scalar plugins among these by ours. They get their data from this provider."""
    for plugin in plugins.values():
        for theirs, ours in ((MetricsPlugin, Metrics), (ScalarsPlugin, ScalarsOfCards)):
            if type(plugin) is theirs and isinstance(plugin._data_provider, Provider):
                plugin.__class__ = ours


class Metrics(MetricsPlugin):
    """The dashboard of time series. TensorBoard makes its JSON from a dict for each point."""

    def _time_series_impl(self, ctx: Any, experiment: str, series_requests: Any) -> Any:
        is_given = self._data_provider.is_given(_SCALARS)
        most = self._plugin_downsampling["scalars"] if is_given else None
        if not any(self._is_chart(request) for request in series_requests):
            return super()._time_series_impl(ctx, experiment, series_requests)
        answers = []
        for request in series_requests:
            if not self._is_chart(request):
                (answer,) = super()._time_series_impl(ctx, experiment, [request])
                answers.append(_dumps(answer))
                continue
            run = request.get("run")
            chosen = RunTagFilter([run] if run else None, [request["tag"]])
            charts = self._data_provider.charts(chosen, most, named=True)
            begin = _dumps(self._create_base_response(request))[:-1]
            answers.append(b'%s, "runToSeries": %s}' % (begin, charts))
        return b"[%s]" % b",".join(answers)

    def _is_chart(self, request: Any) -> bool:
        is_valid = isinstance(request, dict) and not self._get_invalid_request_error(request)
        return bool(is_valid and request["plugin"] == _SCALARS)


class ScalarsOfCards(ScalarsPlugin):
    """The older dashboard. Charts of custom scalars request single runs from it. These are sampled
    as in TensorBoard, so that several tags have the same steps.
    """

    def scalars_multirun_impl(self, ctx: Any, tag: str, runs: Any, experiment: str) -> Any:
        most = self._downsample_to if self._data_provider.is_given(_SCALARS) else None
        charts = self._data_provider.charts(RunTagFilter(runs, [tag]), most, named=False)
        return charts, "application/json"


def _dumps(answer: Any) -> bytes:
    """The JSON of an answer, as TensorBoard writes it. Numbers that JSON does not have are
    strings.
    """
    return json.dumps(json_util.Cleanse(answer, "utf-8")).encode()
