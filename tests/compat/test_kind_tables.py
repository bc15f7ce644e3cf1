"""Compares tables of every kind, in pandas, Polars, pyarrow and DuckDB, with the items of the
series.
"""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

import tfevents
from events import only_file, record
from peers import peer
from tfevents import SummaryWriter
from tfevents.reader.views import TableKind

pd, pl, pa = peer("pandas"), peer("polars"), peer("pyarrow")

STEPS = range(3)
FIRST = ["run", "tag", "step", "wall_time"]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tfevents.Log:
    root = tmp_path_factory.mktemp("log")
    rng = np.random.default_rng(0)
    for run in ("a", "b"):
        with SummaryWriter(root / run) as writer:
            for step in STEPS:
                when = 1e9 + step / 4
                writer.add_scalar("loss", step / 2, step, walltime=when)
                writer.add_histogram("w", rng.normal(size=50), step, walltime=when)
                writer.add_histogram("zero", np.zeros(3), step, walltime=when)
                writer.add_text("note", f"é {run} {step}", step, walltime=when)
                writer.add_image("picture", rng.random((3, 4, 5)), step, walltime=when)
                writer.add_audio("sound", rng.random(10) - 0.5, step, walltime=when)
                writer.add_tensor("t", rng.normal(size=(2, step)), step, walltime=when)
                labels, predictions = rng.integers(0, 2, 20), rng.random(20)
                writer.add_pr_curve("pr", labels, predictions, step, 10, walltime=when)
                points, corners = rng.random((1, 4, 3)), rng.integers(0, 4, (1, 2, 3))
                config = {"lights": [{"cls": "AmbientLight"}]}
                writer.add_mesh(
                    "m", points, faces=corners, config_dict=config, global_step=step, walltime=when
                )
                writer.add_mesh(
                    "cloud",
                    points,
                    rng.integers(0, 255, (1, 4, 3)),
                    global_step=step,
                    walltime=when,
                )
        with only_file(root / run).open("ab") as file:
            file.writelines(record(traced(step, 1e9 + step / 4)) for step in STEPS)
    return tfevents.read(root)


def traced(step: int, wall_time: float) -> bytes:
    """An event with run metadata, whose messages are all short."""
    data = b"\x0a\x05trace\x12" + bytes([2 * step]) + b"\x0a\x00" * step
    return struct.pack("<cdcB", b"\x09", wall_time, b"\x10", step) + bytes([0x42, len(data)]) + data


def items(log: tfevents.Log, kind: str) -> list[tuple[str, str, Any]]:
    return [
        (name, tag, item)
        for name, run in log.items()
        for tag, series in getattr(run, kind).items()
        for item in series
    ]


def listed(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def values(kind: str, item: Any) -> list[Any]:
    """The values of an item in the columns of its kind."""
    match kind:
        case "scalars" | "texts":
            return [item.value]
        case "histograms":
            moments = [item.min, item.max, item.num, item.sum, item.sum_squares]
            return [*moments, item.edges.tolist(), item.counts.tolist()]
        case "tensors":
            flat = item.value.ravel().tolist()
            return [str(item.value.dtype), list(item.value.shape), flat, []]
        case "images":
            return [item.width, item.height, len(item.data), item.data]
        case "meshes":
            parts = (item.vertices, item.faces, item.colors)
            flat = [[] if part is None else part.ravel().tolist() for part in parts]
            return [*flat, None if item.config is None else json.dumps(item.config)]
        case "run_metadata":
            return [len(item.data), item.data]
        case "audio":
            return [item.sample_rate, item.content_type, "", len(item.data), item.data]
    names = ("thresholds", "precision", "recall")
    counts = ("true_positives", "false_positives", "true_negatives", "false_negatives")
    return [getattr(item, name).tolist() for name in (*names, *counts)]


KINDS = tuple(kind for kind in get_args(TableKind) if kind != "custom_scalars")


@pytest.mark.parametrize("kind", KINDS)
def test_all_packages_have_what_the_items_hold(log: tfevents.Log, kind: str) -> None:
    expected = [
        [name, tag, item.step, item.wall_time, *values(kind, item)]
        for name, tag, item in items(log, kind)
    ]
    assert expected
    view = getattr(log, kind)
    arrow = view.to_arrow()
    arrow.validate(full=True)
    assert arrow.column_names[:4] == FIRST
    assert [list(row.values()) for row in arrow.to_pylist()] == expected
    polars = view.to_polars()
    assert polars.columns == arrow.column_names
    assert [list(row) for row in polars.rows()] == expected
    assert polars.schema["run"] == pl.Categorical
    pandas = view.to_pandas()
    assert list(pandas.columns) == arrow.column_names
    assert [list(map(listed, row)) for row in pandas.itertuples(index=False)] == expected
    assert isinstance(pandas.tag.dtype, pd.CategoricalDtype)
    one = getattr(log["b"], kind).to_arrow()
    assert [list(row.values()) for row in one.to_pylist()] == [r for r in expected if r[0] == "b"]
    if hasattr(pd.DataFrame, "from_arrow"):
        assert list(pd.DataFrame.from_arrow(view.table()).columns) == arrow.column_names


@pytest.mark.parametrize("kind", KINDS)
def test_wall_times_as_timestamps(log: tfevents.Log, kind: str) -> None:
    view = getattr(log, kind)
    times = [datetime.fromtimestamp(item.wall_time, UTC) for _, _, item in items(log, kind)]
    assert view.to_arrow(datetime="utc")["wall_time"].to_pylist() == times
    assert view.to_polars(datetime="utc")["wall_time"].to_list() == times
    assert view.to_pandas(datetime="utc").wall_time.tolist() == times
    with pytest.raises(ValueError, match="datetime must be None or 'utc'"):
        view.table(datetime="local")


def test_timestamps_are_rounded_once(tmp_path: Path) -> None:
    """As `datetime` rounds them, of any kind and by any package, so that events can be joined."""
    times = np.random.default_rng(0).uniform(-1e9, 4e9, 200).tolist()
    times += [0.5e-6, 1.5e-6, 2.5e-6, -0.5e-6, -1.5e-6, 1700000000.1234565]
    with SummaryWriter(tmp_path) as writer:
        for step, time in enumerate(times):
            writer.add_scalar("x", 1.0, step, walltime=time)
            writer.add_text("t", "x", step, walltime=time)
    log = tfevents.read(tmp_path)
    expected = [datetime.fromtimestamp(time, UTC) for time in times]
    for view in (log.scalars, log.texts):
        assert view.to_arrow(datetime="utc")["wall_time"].to_pylist() == expected
        assert view.to_pandas(datetime="utc").wall_time.tolist() == expected


def test_times_that_are_none_are_missing(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("x", 1.0, 0, walltime=1.5)
        writer.add_scalar("x", 1.0, 1, walltime=1e300)
        writer.add_text("t", "x", 1, walltime=1e300)
    log = tfevents.read(tmp_path)
    first = datetime.fromtimestamp(1.5, UTC)
    assert log.scalars.to_arrow(datetime="utc")["wall_time"].to_pylist() == [first, None]
    assert log.texts.to_arrow(datetime="utc")["wall_time"].to_pylist() == [None]
    assert log.scalars.to_pandas(datetime="utc").wall_time.isna().tolist() == [False, True]
    shown = repr(log.scalars.table(columns=["step", "wall_time"], datetime="utc"))
    assert shown.splitlines()[1:] == ["0     1970-01-01T00:00:01.500000Z", "1"]


def test_some_columns(log: tfevents.Log) -> None:
    for kind in KINDS:
        view = getattr(log, kind)
        table = view.table(columns=["step", "run"])
        assert pl.DataFrame(table).columns == table.columns == ["step", "run"]
        assert list(table.to_pandas().columns) == ["step", "run"]
    for name in ("num", "edges", "counts"):
        one = log.histograms.table(columns=[name]).to_arrow()
        assert one[name].to_pylist() == log.histograms.to_arrow()[name].to_pylist()
    sizes = log.images.table(columns=["size"]).to_pandas()["size"]
    assert sizes.tolist() == [len(item.data) for _, _, item in items(log, "images")]
    with pytest.raises(ValueError, match="there is no 'pixels'; there are run, tag, step"):
        log.images.table(columns=["pixels"])
    with pytest.raises(TypeError, match="expected names"):
        log.images.table(columns="size")


def test_a_table_comes_in_batches(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_tensor("t", np.full(10, step), step)
            writer.add_text("x", "y" * step, step)
    run = tfevents.read_run(tmp_path)
    for view in (run.tensors, run.texts):
        batches = list(view.table()._batches(2))
        assert [rows for rows, _ in batches] == [2, 1]
    assert run.tensors.to_arrow()["value"].to_pylist() == [[step] * 10 for step in range(3)]


def test_a_batch_of_meshes_is_several_rows(tmp_path: Path) -> None:
    points = np.arange(24.0).reshape(2, 4, 3)
    with SummaryWriter(tmp_path) as writer:
        writer.add_mesh("m", points, faces=np.zeros((2, 1, 3), int), global_step=5)
        writer.add_mesh("m", points[:1], global_step=6)
    table = tfevents.read(tmp_path).meshes.to_pandas()
    assert table.step.tolist() == [5, 5, 6]
    assert [row.reshape(-1, 3).tolist() for row in table.vertices[:2]] == points.tolist()
    assert [len(row) for row in table.faces] == [3, 3, 0]
    assert table.config.tolist() == ["{}"] * 3
    empty = tfevents.read(tmp_path, steps=(9, 10)).meshes.to_arrow()
    assert (empty.num_rows, empty.column_names) == (0, list(table.columns))


def test_parts_of_a_mesh_that_do_not_fit_are_told(tmp_path: Path) -> None:
    values = []
    for count in (2, 1):
        with SummaryWriter(tmp_path / str(count)) as writer:
            points, corners = np.zeros((count, 4, 3)), np.zeros((count, 1, 3), int)
            writer.add_mesh("m", points, faces=corners, global_step=5)
        event = list(tfevents.iter_events(tmp_path / str(count)))[-1]
        values.append(event.values[len(values)])
    file = tfevents.FileWriter(tmp_path / "r")
    file.add_event(event.replace(values=values))
    file.close()
    log = tfevents.read(tmp_path, runs="r")
    with pytest.raises(
        ValueError, match=r"run 'r', tag 'm': step 5: faces .* \[2, n, 3\], not float32"
    ):
        log.meshes.to_pandas()


def test_layouts(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        for _ in range(2):
            layout = {
                "Losses": {
                    "both": ["Multiline", ["train/.*", "val/.*"]],
                    "band": ["Margin", ["x", "x/lower", "x/upper"]],
                },
                "Rest": {"lr": ["Multiline", ["lr"]]},
            }
            writer.add_custom_scalars(layout)
    table = tfevents.read_run(tmp_path).custom_scalars.to_arrow()
    table.validate(full=True)
    one = [
        ("Losses", False, "both", ["train/.*", "val/.*"], [], [], []),
        ("Losses", False, "band", [], ["x"], ["x/lower"], ["x/upper"]),
        ("Rest", False, "lr", ["lr"], [], [], []),
    ]
    assert [tuple(row.values())[4:] for row in table.to_pylist()] == one * 2
    frame = tfevents.read(tmp_path).custom_scalars.to_pandas()
    assert [list(map(listed, row))[4:] for row in frame.itertuples(index=False)] == [
        list(row) for row in one * 2
    ]


def test_duckdb_takes_every_kind(log: tfevents.Log) -> None:
    duckdb = peer("duckdb")
    for kind in KINDS:
        table = getattr(log, kind).table()
        assert table.columns  # named in the SQL below
        found = duckdb.sql('select run, count(*) from "table" group by run order by run').fetchall()
        number = len(items(log, kind)) // 2
        assert found == [("a", number), ("b", number)]


def test_no_mapping_is_a_table() -> None:
    from collections.abc import Mapping

    from tfevents.reader.run import RunKind, RunScalars
    from tfevents.reader.runs import LogHParams, LogKind, LogScalars, Runs
    from tfevents.tables import Table

    for view in (RunKind, RunScalars, LogHParams, LogKind, LogScalars, Runs):
        assert issubclass(view, Mapping)
        assert not hasattr(view, "__arrow_c_stream__")
    assert not issubclass(Table, Mapping)


def test_trials_and_statistics_are_tables(tmp_path: Path) -> None:
    for lr in (0.1, 0.2):
        with SummaryWriter(tmp_path / str(lr)) as writer:
            writer.add_hparams({"lr": lr, "o": "sgd"}, {"acc": lr}, same_run=True)
    with SummaryWriter(tmp_path / "other") as writer:
        writer.add_hparams({"on": True}, {"loss": 1.0}, same_run=True)
    log = tfevents.read(tmp_path)
    trials = log.hparams.to_polars()
    assert trials.columns == ["trial", "run", "lr", "o", "on", "acc", "loss"]
    assert trials["run"].to_list() == ["0.1", "0.2", "other"]
    assert trials["lr"].to_list() == [0.1, 0.2, None]
    assert trials["o"].to_list() == ["sgd", "sgd", None]
    assert trials["loss"].to_list() == [None, None, 1.0]
    pandas = log.hparams.to_pandas()
    assert pandas.lr.isna().tolist() == [False, False, True]
    assert pandas.nlargest(1, "acc").run.item() == "0.2"
    arrow = log.hparams.to_arrow()
    arrow.validate(full=True)
    assert arrow["on"].to_pylist() == [None, None, True]
    groups = log.aggregate("acc", by="lr").to_pandas()
    assert groups.lr.tolist() == pytest.approx([0.1, 0.2])
    assert log.summary().to_polars().height == len(log.summary())
    # Tables of values and of answers join by what they have in common, also in Polars.
    points = log.scalars.to_polars()
    assert points.join(trials, on="run")["lr"].to_list() == [0.1, 0.2, None]
    assert points.join(log.summary().to_polars(), on=["run", "tag"]).height == len(points)
    assert len(log.scalars.to_pandas().merge(pandas, on="run")) == len(points)


def test_damage_in_a_table_is_told(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_tensor("t", np.zeros(100_000), 0)
    log = tfevents.read(tmp_path)
    (file,) = tmp_path.iterdir()
    file.unlink()
    with pytest.raises(OSError, match="No such file"):
        log.tensors.to_pandas()
    with pytest.raises(Exception, match="No such file"):
        pa.table(log.tensors.table())
