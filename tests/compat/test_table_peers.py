"""Scalars as tables of pandas, Polars, pyarrow and DuckDB."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tfevents
from peers import peer
from tfevents import SummaryWriter

pd, pl, pa = peer("pandas"), peer("polars"), peer("pyarrow")

Tables = dict[str, dict[str, list[tuple[int, float]]]]
COLUMNS = ["run", "tag", "step", "wall_time", "value"]

names = st.sampled_from(["a", "b", "c/d"])
points = st.lists(
    st.tuples(st.integers(-3, 6), st.floats(width=32, allow_infinity=True)), min_size=1, max_size=8
)
tables = st.dictionaries(names, st.dictionaries(names, points, max_size=3), max_size=3)


def written(path: Path, runs: Tables) -> tfevents.Log:
    for run, tags in runs.items():
        with SummaryWriter(path / run) as writer:
            for tag, values in tags.items():
                for step, value in values:
                    writer.add_scalar(tag, value, step, walltime=step / 4)
    return tfevents.read(path)


def long(log: tfevents.Log) -> Any:
    """The long table, built from the columns."""
    rows = [
        (name, tag, *point)
        for name, run in log.items()
        for tag, s in run.scalars.items()
        for point in zip(s.step, s.wall_time, s.value, strict=True)
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"step": "int64"})


@given(tables)
def test_long(tmp_path_factory: pytest.TempPathFactory, runs: Tables) -> None:
    log = written(tmp_path_factory.mktemp("log"), runs)
    expected = long(log)
    plain = {"run": object, "tag": object, "wall_time": float, "value": float}
    expected = expected.astype(plain)

    found = log.scalars.to_pandas()
    assert list(found.columns) == COLUMNS
    assert isinstance(found.tag.dtype, pd.CategoricalDtype)
    pd.testing.assert_frame_equal(found.astype(plain), expected)

    arrow = log.scalars.to_arrow()
    arrow.validate(full=True)
    assert arrow.column_names == COLUMNS
    pd.testing.assert_frame_equal(arrow.to_pandas().astype(plain), expected)
    if hasattr(pd.DataFrame, "from_arrow"):
        taken = pd.DataFrame.from_arrow(log.scalars.table())
        pd.testing.assert_frame_equal(taken.astype(plain), expected)

    polars = log.scalars.to_polars()
    assert polars.columns == COLUMNS
    assert polars.schema["run"] == pl.Categorical
    rows = [tuple(row) for row in expected.itertuples(index=False)]
    assert repr(polars.rows()) == repr(rows)
    for name in log:
        one = log[name].scalars.to_polars()
        assert repr(one.rows()) == repr([row for row in rows if row[0] == name])


@given(tables)
def test_wide(tmp_path_factory: pytest.TempPathFactory, runs: Tables) -> None:
    log = written(tmp_path_factory.mktemp("log"), runs)
    table = long(log)
    last = table.drop_duplicates(["run", "tag", "step"], keep="last")
    expected = last.set_index(["run", "step", "tag"]).value.unstack("tag").sort_index()
    tags = list(dict.fromkeys(table.tag))

    found = log.scalars.to_pandas(pivot=True)
    assert list(found.columns) == tags
    assert found.index.names == ["run", "step"]
    assert found.columns.name == "tag"
    keys = [(str(run), int(step)) for run, step in found.index]
    assert keys == [(str(run), int(step)) for run, step in expected.index]
    assert np.array_equal(found.to_numpy(), expected[tags].to_numpy(float), equal_nan=True)

    arrow = log.scalars.to_arrow(pivot=True)
    arrow.validate(full=True)
    polars = log.scalars.to_polars(pivot=True)
    assert arrow.column_names == polars.columns == ["run", "step", *tags]
    logged = set(zip(last.run, last.step, last.tag, strict=True))
    for tag in tags:
        there = [(run, step, tag) in logged for run, step in keys]
        for column in (arrow[tag].to_pylist(), polars[tag].to_list()):
            assert [value is not None for value in column] == there
            want = [v for v, yes in zip(found[tag].tolist(), there, strict=True) if yes]
            assert repr([v for v in column if v is not None]) == repr(want)

    for name in log:
        one = log[name].scalars.to_pandas(pivot=True)
        assert one.index.name == "step"
        if len(one):
            pd.testing.assert_frame_equal(
                one, found.loc[name, list(one.columns)], check_index_type=False
            )


def test_duckdb_takes_them_as_they_are(tmp_path: Path) -> None:
    duckdb = peer("duckdb")
    log = written(tmp_path, {"a": {"x": [(0, 1.0), (1, 3.0)]}, "b": {"x": [(0, 5.0)]}})
    scalars = log.scalars.table()
    assert len(scalars) == 3  # named in the SQL below
    found = duckdb.sql("select run, tag, sum(value) from scalars group by run, tag order by run")
    assert found.fetchall() == [("a", "x", 4.0), ("b", "x", 5.0)]


def test_runs_with_names_that_are_no_unicode(tmp_path: Path) -> None:
    names = ["r\udcfe", "r\udcff"]
    try:
        for name in names:
            (tmp_path / name).mkdir()
    except OSError:
        pytest.skip("this file system takes Unicode only")
    log = written(tmp_path, {name: {"x": [(0, 1.0)]} for name in names})
    scalars = log.scalars
    assert list(scalars.to_pandas(pivot=True).index) == [("r\ufffd", 0), ("r\ufffd_", 0)]
    assert list(scalars.to_pandas().run) == ["r\ufffd", "r\ufffd_"]
    assert scalars.to_arrow()["run"].to_pylist() == ["r\ufffd", "r\ufffd_"]
    # The tables of answers name runs as the others do.
    assert list(log.summary().to_pandas().run) == ["r\ufffd", "r\ufffd_"]
    by_name = log.aggregate("x", by=lambda run: run.name)
    assert list(by_name.to_pandas().group) == ["r\ufffd", "r\ufffd"]
    with tfevents.SummaryWriter(tmp_path / names[0]) as writer:
        writer.add_hparams({"lr": 0.1}, {}, run_name="trial")
    trials = tfevents.read(tmp_path).hparams.table()
    for frame in (trials.to_pandas(), trials.to_polars()):
        assert [list(frame["trial"]), list(frame["run"])] == [["r\ufffd/trial"], ["r\ufffd"]]
    # Pages and terminals take no lone surrogates.
    for shown in (log, log[names[0]], scalars, scalars.table(), log.summary(), trials):
        f"{shown!r}{shown._repr_html_()}".encode()  # type: ignore[attr-defined]


def test_what_pandas_has_can_be_written_to(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("loss", [3.0, 2.0, 1.0])
    log = tfevents.read(tmp_path)
    loss = log["."].scalars["loss"]
    for series in (loss.to_pandas(), loss[:2].to_pandas(), loss.smooth(0.6).to_pandas()):
        series.iloc[0] = 9.0
        assert series.iloc[0] == 9
    for frame in (log.scalars.to_pandas(), log.scalars.to_pandas(pivot=True)):
        frame.iloc[0, -1] = 9.0
        assert frame.iloc[0, -1] == 9
    assert loss.value.tolist() == [3, 2, 1]
    # A table of answers keeps its own values, too.
    with tfevents.SummaryWriter(tmp_path / "other") as writer:
        writer.add_scalar("loss", 5.0)
    log = tfevents.read(tmp_path)
    curves = log.aggregate("loss", by=lambda run: run.name, stats=("mean", "count"))
    for table in (log.summary(), curves):
        before = table.to_arrow().to_pylist()
        frame = table.to_pandas()
        for place, name in enumerate(frame.columns):
            is_number = frame[name].dtype.kind in "if"
            frame.iloc[0, place] = 99 if is_number else frame.iloc[1, place]
        assert not frame.equals(table.to_pandas())
        assert table.to_arrow().to_pylist() == before
