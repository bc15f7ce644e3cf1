"""The provider of TensorBoard's page with our reader, without a server."""

import importlib
import json
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tfevents
from peers import peer

peer("tensorboard.main")
context = peer("tensorboard.context")
RunTagFilter = peer("tensorboard.data.provider").RunTagFilter
ingester = importlib.import_module("tfevents.tensorboard.ingester")

CTX = context.RequestContext()
WHICH = {"experiment_id": "", "plugin_name": "scalars"}


def started(log_dir: Path, **flags: Any) -> Any:
    """The provider of a directory. It looks at the directory again when it is asked for the
    runs.
    """
    defaults = {
        "logdir": str(log_dir),
        "logdir_spec": "",
        "reload_interval": 3600,
        "reload_task": "auto",
        "samples_per_plugin": {},
        "restarts": "latest",
        "max_points": 0,
    }
    reading = ingester.Ingester(Namespace(**{**defaults, **flags}))
    reading.start()
    return reading.data_provider


def runs(provider: Any) -> list[str]:
    return [run.run_name for run in provider.list_runs(CTX, experiment_id="")]


def points(provider: Any, run: str, tag: str = "loss") -> list[tuple[int, float]]:
    """All points of a tag, after everything written was read."""
    runs(provider)
    found = provider.read_scalars(
        CTX, **WHICH, downsample=10**9, run_tag_filter=RunTagFilter([run], [tag])
    )
    return [(datum.step, datum.value) for datum in found.get(run, {}).get(tag, [])]


def chart(provider: Any, tag: str = "loss", most: int | None = None) -> Any:
    return json.loads(provider.charts(RunTagFilter(None, [tag]), most, named=False))


@contextmanager
def writing(*directories: Path) -> Iterator[list[tfevents.SummaryWriter]]:
    writers = [tfevents.SummaryWriter(directory) for directory in directories]
    yield writers
    for writer in writers:
        writer.close()


def add(writer: tfevents.SummaryWriter, step: int, value: float, tag: str = "loss") -> None:
    writer.add_scalar(tag, value, step)
    writer.flush()
