"""Methods that log scalars."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from tfevents._arguments import WallTime, as_mapping
from tfevents._arrays import float_points, int_column, time_column
from tfevents._native import as_number, as_step, as_text, as_wall_time
from tfevents.reader.log import Log, finder_of, how
from tfevents.series import Scalars
from tfevents.writer.base import BaseWriter, StrPath, check_name, escaped


class ScalarMethods(BaseWriter):
    """Curves; `add_scalar` and `log` are native."""

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: SupportsIndex | None = None,
        walltime: WallTime | None = None,
        *,
        same_run: bool = False,
    ) -> None:
        """Logs several curves of one chart, each as a run of its own below this one.

        The sub-run of a key is `<main_tag>_<key>`, with `/` in `main_tag` as `_`, and its tag is
        `main_tag`.

        Args:
            main_tag: the chart.
            tag_scalar_dict: the values by the names of their curves.
            global_step: the step of all.
            walltime: seconds since the epoch, or a `datetime`; by default now.
            same_run: log to this run instead, under the tags `<main_tag>/<key>`, in one event.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> writer.add_scalars("loss", {"train": 0.5, "val": 0.75}, 10)
        """
        main_tag = as_text(main_tag, "main_tag")
        # All values are checked before anything is logged.
        values = {
            as_text(key, "tag_scalar_dict: a key"): as_number(value, f"tag_scalar_dict[{key!r}]")
            for key, value in as_mapping(tag_scalar_dict, "tag_scalar_dict").items()
        }
        step = as_step(global_step, "global_step")
        wall_time = as_wall_time(walltime, "walltime")
        if same_run:
            if values:
                self.log({f"{main_tag}/{key}": values[key] for key in values}, step, wall_time)
            return
        check_name(main_tag, "main_tag")
        for key in values:
            check_name(key, "tag_scalar_dict: a key")
        runs = [self._sub_run(main_tag, key) for key in values]
        writers = [(self._sub_writer(run), tag) for run, tag in runs]
        for writer, _ in writers:
            writer._check()
        for (writer, tag), value in zip(writers, values.values(), strict=True):
            writer.add_scalar(tag, value, step, wall_time)

    def _sub_run(self, main_tag: str, key: str) -> tuple[str, str]:
        """The directory of a key's sub-run, another one for each key and never outside of this
        run's, and the tag there.
        """
        first, *rest = key.split("/")
        return "/".join([f"{main_tag.replace('/', '_')}_{first}", *escaped(rest)]), main_tag

    def add_scalar_series(
        self,
        tag: str,
        values: ArrayLike,
        steps: ArrayLike | None = None,
        wall_times: ArrayLike | None = None,
    ) -> None:
        """Logs a whole curve at once, an event a point.

        Args:
            tag: the curve.
            values: n numbers, of shape [n]; stored as float32, as by `add_scalar`. A masked
                one is left out, with its step.
            steps: n integers, of shape [n]; by default 0, 1, …, n - 1.
            wall_times: n times, of shape [n]: seconds since the epoch, or objects of `datetime` or
                `numpy.datetime64`; by default now.

        Raises:
            TypeError, ValueError: an argument that can't be used; nothing is logged then.

        Example:
            >>> writer.add_scalar_series("lr", [0.1, 0.01], steps=[0, 100])
        """
        points, mask = float_points(values, "values")
        count = len(points)
        ordinals = np.arange(count) if steps is None else int_column(steps, "steps", count)
        times = None if wall_times is None else time_column(wall_times, "wall_times", count)
        if mask is not None:
            points, ordinals = points[~mask], ordinals[~mask]
            times = None if times is None else times[~mask]
        self._add_scalar_series(tag, points, ordinals, times)

    def _exported(self, directory: str, tag: str) -> str:
        """What `export_scalars_to_json` calls the curve of a sub-run, below the log directory."""
        # The key of a sub-run is the rest of its directory's name.
        prefix = os.path.join(self.log_dir, f"{tag.replace('/', '_')}_")
        return f"{tag}/{directory.removeprefix(prefix)}"

    def export_scalars_to_json(self, path: StrPath) -> None:
        """Writes all scalars of this run, and those of `add_scalars`, to a JSON file.

        It is an object that has a list for each curve, `[[walltime, step, value], …]`, by the path
        of the log directory joined with the tag; the tag of a curve of `add_scalars` is
        `<main_tag>/<key>`. Scalars are read back from the event files, so they are what others
        would read, and what earlier writers logged to the same directory is among them.

        Args:
            path: the file, which is overwritten. A writer that doesn't write to disk writes none.

        Raises:
            OSError: it can't be written, or the event files can't be read.
            CorruptFileError: an event file is damaged.

        Example:
            >>> writer.export_scalars_to_json("scalars.json")
        """
        path = os.fspath(path)
        if not self.write_to_disk:
            return
        self.flush()
        curves = {}
        log_dir = os.fspath(self.log_dir)
        for directory in [log_dir, *self._sub_writers]:
            # The log directory may be relative to an earlier working directory.
            place = os.path.join(self._absolute_log_dir, os.path.relpath(directory, log_dir))
            for tag, curve in _scalars_of(directory if self._spool else place).items():
                name = tag if directory == log_dir else self._exported(directory, tag)
                columns = (curve.wall_time.tolist(), curve.step.tolist(), curve.value.tolist())
                curves[os.path.join(log_dir, name)] = list(zip(*columns, strict=True))
        with open(path, "w") as file:
            json.dump(curves, file)


def _scalars_of(directory: str) -> Mapping[str, Scalars]:
    """The scalars in the event files of one directory, by their tags."""
    log = Log(finder_of(directory, ".", skip=False), how(None, kinds="scalars"))
    # There is no run if somebody removed the files.
    return log["."].scalars if "." in log else {}
