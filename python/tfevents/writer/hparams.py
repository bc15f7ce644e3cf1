"""The method that logs hyperparameters and their metrics."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, SupportsIndex

from tfevents import summary
from tfevents._arguments import warn
from tfevents._native import as_number, as_step
from tfevents.summary._configuration import Value
from tfevents.summary.hparams import hparam_values
from tfevents.writer.base import BaseWriter, check_name


class HparamMethods(BaseWriter):
    """The runs of TensorBoard's hparams dashboard."""

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
        run_name: str | None = None,
        global_step: SupportsIndex | None = None,
        *,
        name: str | None = None,
        same_run: bool = False,
    ) -> None:
        """Logs a run's hyperparameters and the metrics that it reached.

        They make a run of their own below this one, unless `same_run` is set.

        What TensorBoard will not show is told by a `RuntimeWarning`: it has the names of one call
        for all runs of a log, and the values of one call for each run, the first.

        Args:
            hparam_dict: the values of the hyperparameters by their names. `summary.hparams` tells
                what becomes of values that are no booleans, numbers or strings, and what is taken
                for a mapping.
            metric_dict: the numbers by the tags of the metrics, logged as scalars too.
            hparam_domain_discrete: all values that a hyperparameter can have, by its name.
            run_name: the name of the run below this one; by default the time.
            global_step: the step of all.
            name: what tensorboardX calls `run_name`.
            same_run: log to this run, which so keeps its curves, hyperparameters and metrics
                together.

        Raises:
            TypeError, ValueError: an argument that can't be used, and nothing is logged; the
                message names it, and the key in it.

        Example:
            >>> writer.add_hparams({"lr": 0.1, "layers": 2}, {"val/acc": 0.9}, same_run=True)
        """
        summaries = summary.hparams(hparam_dict, metric_dict, hparam_domain_discrete)
        metrics = {
            tag: as_number(value, f"metric_dict[{tag!r}]") for tag, value in metric_dict.items()
        }
        step = as_step(global_step, "global_step")
        if name is not None and run_name is not None:
            raise TypeError("name is another word for run_name: give one of them")
        run_name = name if run_name is None else run_name
        if run_name is not None:
            check_name(run_name, "run_name")
        if same_run and run_name:
            raise ValueError(f"run_name: with same_run there is no other run, got {run_name!r}")
        values = hparam_values(hparam_dict)
        self._tell_what_is_hidden("" if same_run else run_name, values, metrics)
        with self._own_run() if same_run else self._session(run_name or str(time.time())) as run:
            for message in summaries:
                run._add(message, step)
            for tag, value in metrics.items():
                run.add_scalar(tag, value, step)

    def _tell_what_is_hidden(
        self, run: str | None, values: Mapping[str, Value], metrics: Mapping[str, float]
    ) -> None:
        """Warns of what TensorBoard will not show for what earlier calls have logged.

        `run` is the name of the run; None where it is another one for each call.
        """
        names = {*values, *metrics}
        earlier: dict[str, dict[str, Value]]
        shown, earlier = self.__dict__.setdefault("_hparams_shown", (names, {}))
        if run is not None and earlier.setdefault(run, dict(values)) != values:
            warn("hparam_dict: TensorBoard shows the first hyperparameters of a run alone")
        elif hidden := sorted(names - shown):
            warn(
                "hparam_dict, metric_dict: TensorBoard shows the names of the first add_hparams of "
                f"a log alone, {hidden} are not among them"
            )
