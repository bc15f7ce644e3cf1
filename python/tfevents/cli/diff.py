"""`tfevents diff`: the differences between two logs."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import typer

from tfevents import _native
from tfevents.cli import options
from tfevents.cli.logs import native, read_log
from tfevents.cli.ls import NAMES
from tfevents.cli.output import print_json, print_table, progress
from tfevents.reader.log import Log
from tfevents.reader.run import count
from tfevents.series import Image
from tfevents.series.tensors import as_array


def command(
    a: Annotated[str, typer.Argument(metavar="A", help="A log.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    runs: options.Runs = None,
    tags: options.Tags = None,
    kinds: options.Kinds = None,
    steps: options.Steps = None,
    restarts: options.Restarts = "raw",
    tolerance: Annotated[
        float, typer.Option("--rtol", min=0, help="Numbers that differ by such a part are equal.")
    ] = 0.0,
    json: options.Json = False,
) -> int:
    """Compare two logs.

    It lists the tags, steps and values that only one of them has. Of pictures the pixels are
    compared. Wall times are not compared, and neither are the names of two single runs. The exit
    code is 1 if there are differences.

    \b
    tfevents diff runs/a runs/b
    tfevents diff runs runs-copy --rtol 1e-6
    """
    if a == b:
        raise ValueError("both are the same path")
    if not math.isfinite(tolerance):
        raise ValueError(f"--rtol: expected a finite number, got {tolerance}")
    one, other = (
        read_log(path, runs, tags, options.kinds(kinds), steps, restarts) for path in (a, b)
    )
    with progress("comparing"):
        rows = list(differences(one, other, tolerance))
    if json:
        print_json(rows)
    elif rows:
        cells = [[row["run"], row["tag"], row["kind"], _words(row)] for row in rows]
        print_table(["run", "tag", "kind", "difference"], cells, keep="difference")
    return int(bool(rows or one.damage or other.damage))


def differences(a: Log, b: Log, tolerance: float = 0.0) -> Iterator[dict[str, Any]]:
    """A row for each tag of each run that differs."""
    left, right = dict(native(a)), dict(native(b))
    if len(left) == len(right) == 1:
        # The names of two single runs do not matter.
        (name,), (other,) = left, right
        right = {name: right[other]}
    for run in dict.fromkeys([*left, *right]):
        if run not in left or run not in right:
            yield {"run": run, "tag": "", "kind": "", "only_in": "A" if run in left else "B"}
            continue
        ones = _indices(left[run]), _indices(right[run])
        for key in dict.fromkeys([*ones[0], *ones[1]]):
            tag, kind = key
            row = {"run": run, "tag": tag, "kind": NAMES.get(kind, kind)}
            if key not in ones[0] or key not in ones[1]:
                yield {**row, "only_in": "A" if key in ones[0] else "B"}
                continue
            x = _Values(left[run], ones[0][key], kind)
            y = _Values(right[run], ones[1][key], kind)
            found = _compare(x, y, tolerance)
            if any(found.values()):
                yield {**row, **found}


def _indices(data: _native.RunData) -> dict[tuple[str, str], int]:
    return {(tag, kind): index for index, (tag, kind, _) in enumerate(data.summary())}


class _Values:
    """The values of a tag of any kind."""

    def __init__(self, data: _native.RunData, index: int, kind: str) -> None:
        self._data, self._index, self._kind = data, index, kind
        self.numbers = None
        if kind == "scalar":
            self.step, _, self.numbers = data.scalars(index)
        else:
            self.step, _ = data.times(index)
        self._texts = data.texts(index) if kind == "text" else None
        self._histograms = _histograms(data, index) if kind == "histogram" else None

    def __getitem__(self, at: int) -> Any:
        """A value, to compare it with another one."""
        if self.numbers is not None:
            return float(self.numbers[at])
        if self._texts is not None:
            return self._texts[at]
        if self._histograms is not None:
            one = self._histograms[at]
            moments = one.min, one.max, one.num, one.sum, one.sum_squares
            return np.concatenate((moments, one.bucket_limit, one.bucket))
        if self._kind == "other":
            return None
        # Metadata may come with each value, or with the first one alone.
        with contextlib.suppress(ValueError, ImportError):
            match self._kind:
                case "image":
                    width, height, batch = self._data.image(self._index, at)
                    return Image(0, 0, width, height, tuple(batch))
                case "audio":
                    return self._data.audio(self._index, at)
                case "tensor" | "pr_curve" | "mesh" | "custom_scalars":
                    return as_array(*self._data.tensor(self._index, at))
                case "hparams":
                    return _hparams(self._data.raw(self._index, at))
        return self._data.raw(self._index, at)


def _hparams(value: bytes) -> Any:
    """What a value says of hyperparameters, without the times of the session."""
    # The value is a field of a summary, and all of it.
    metadata = _native.Event._of_summary(value).values[0].metadata
    match metadata and _native.hparams_plugin_data(metadata.content):
        case "start", values, group_name, _:
            # NaN does not equal itself, but its text does.
            return repr((sorted(values.items()), group_name))
        case "end", status, _:
            return status
        case "experiment", domains, metrics:
            return repr((sorted(domains.items()), metrics))
    return value


def _is_same(a: Any, b: Any, tolerance: float) -> bool:
    """Whether two values are equal: of arrays the numbers, and of pictures the pixels."""
    if isinstance(a, Image) and isinstance(b, Image):
        sizes = [(one.width, one.height, len(one.batch)) for one in (a, b)]
        if sizes[0] != sizes[1] or a.batch == b.batch:
            return sizes[0] == sizes[1]
        # Writers encode the same picture in different bytes.
        with contextlib.suppress(ValueError, ImportError):
            return all(np.array_equal(a.decode(at), b.decode(at)) for at in range(len(a.batch)))
        return False
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):
        return bool(a == b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype == object or not tolerance:
        return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))
    return bool(np.isclose(a, b, rtol=tolerance, atol=0, equal_nan=True).all())


def _histograms(data: _native.RunData, index: int) -> Any:
    from tfevents.series import Histograms

    return Histograms(data, index)


def _compare(x: _Values, y: _Values, tolerance: float) -> dict[str, Any]:
    """The number of values at steps that only one has, the number of values that differ, and the
    first step with a difference.

    If a step comes more than once, its first values are compared, and so on.
    """
    a, b = _occurrences(x.step), _occurrences(y.step)
    only_a = [step for step in a if step not in b]
    only_b = [step for step in b if step not in a]
    both = [(a[step], b[step], step[0]) for step in a if step in b]
    if x.numbers is not None and y.numbers is not None and both:
        at, to, steps = (np.array(column) for column in zip(*both, strict=True))
        close = np.isclose(x.numbers[at], y.numbers[to], rtol=tolerance, atol=0, equal_nan=True)
        differ = steps[~close].tolist()
    else:
        differ = [step for at, to, step in both if not _is_same(x[at], y[to], tolerance)]
    return {
        "steps_only_in_a": len(only_a),
        "steps_only_in_b": len(only_b),
        "values_differ": len(differ),
        "first_step": min([step for step, _ in (*only_a, *only_b)] + differ, default=None),
    }


def _occurrences(steps: Any) -> dict[tuple[int, int], int]:
    """The index of each step, by the step and the number of times that it came before."""
    seen: dict[int, int] = {}
    found = {}
    for index, step in enumerate(steps.tolist()):
        seen[step] = seen.get(step, -1) + 1
        found[step, seen[step]] = index
    return found


def _words(row: dict[str, Any]) -> str:
    if "only_in" in row:
        return f"only in {row['only_in']}"
    names = {
        "steps_only_in_a": "steps only in A",
        "steps_only_in_b": "steps only in B",
    }
    parts = [f"{row[key]} {words}" for key, words in names.items() if row[key]]
    if differ := row["values_differ"]:
        parts.append(f"{count(differ, 'value')} differ{'s' * (differ == 1)}")
    return f"{', '.join(parts)}, first at step {row['first_step']}"
