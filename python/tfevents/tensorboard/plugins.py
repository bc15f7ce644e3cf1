"""TensorBoard's plugins, where ours differ: those of scalars show every point, taken from our
columns, and the projector leaves out what it can't read.
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

from tensorboard.backend import http_util, json_util
from tensorboard.data.provider import RunTagFilter
from tensorboard.plugins.metrics.metrics_plugin import MetricsPlugin
from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin
from tensorboard.plugins.scalar.scalars_plugin import ScalarsPlugin
from werkzeug import Request

from tfevents.tensorboard.provider import Provider

logger = logging.getLogger(__name__)

_SCALARS = ScalarsPlugin.plugin_name


def replace(plugins: Mapping[str, Any]) -> None:
    """Replaces such plugins among these by ours, if their data come from our provider."""
    for plugin in plugins.values():
        for theirs, ours, data in (
            (MetricsPlugin, Metrics, "_data_provider"),
            (ScalarsPlugin, ScalarsOfCards, "_data_provider"),
            (ProjectorPlugin, Projector, "data_provider"),
        ):
            if type(plugin) is theirs and isinstance(getattr(plugin, data), Provider):
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


class Projector(ProjectorPlugin):
    """The projector, which reads files of its own. What is malformed, or goes, hides no other
    run's embeddings.
    """

    def get_plugin_apps(self) -> dict[str, Any]:
        """The routes. What a file holds that can't be read is the answer."""
        return {route: _answering(app) for route, app in super().get_plugin_apps().items()}

    def _update_configs(self) -> None:
        try:
            super()._update_configs()
        except Exception as error:
            self._leave_out("Embeddings", error)

    def _read_latest_config_files(self, run_path_pairs: Any) -> Any:
        configs: dict[str, Any] = {}
        paths: dict[str, str] = {}
        for run, path in run_path_pairs:
            try:
                found, where = super()._read_latest_config_files([(run, path)])
            except Exception as error:
                self._leave_out(f"The embeddings of run {run!r}", error)
                continue
            configs |= found
            paths |= where
        return configs, paths

    def _augment_configs_with_checkpoint_info(self) -> None:
        for run, config in list(self._configs.items()):
            one = copy.copy(self)
            one._configs, one.config_fpaths = {run: config}, {run: self.config_fpaths[run]}
            try:
                super(Projector, one)._augment_configs_with_checkpoint_info()
            except Exception as error:
                self._leave_out(f"The embeddings of run {run!r}", error)
                one._configs = {}
            if not one._configs:
                del self._configs[run], self.config_fpaths[run]

    def _leave_out(self, what: str, error: Exception) -> None:
        _tell(f"{what} can't be read: {error}")
        # The plugin reads its files again once the runs are others. They may be whole then.
        self._run_paths: dict[str, str] = {}


def _answering(app: Any) -> Any:
    def answer(environ: Any, start_response: Any) -> Any:
        try:
            return app(environ, start_response)
        except Exception as error:
            refusal = http_util.Respond(Request(environ), str(error), "text/plain", 400)
            return refusal(environ, start_response)

    return answer


@cache
def _tell(what: str) -> None:
    """Says it once, however often the page asks."""
    logger.warning(what)


def _dumps(answer: Any) -> bytes:
    """The JSON of an answer, as TensorBoard writes it. Numbers that JSON does not have are
    strings.
    """
    return json.dumps(json_util.Cleanse(answer, "utf-8")).encode()
