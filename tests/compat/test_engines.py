"""Partitions that are read by workers of Dask and Ray, one of which is killed, and by processes."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfevents
from peers import peer
from scripts import command
from tfevents import SummaryWriter

pd, pa, dataset = peer("pandas"), peer("pyarrow"), peer("pyarrow.dataset")
RUNS, POINTS = 12, 1000
SMALL = {"bytes": "100kB"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    for i in range(RUNS):
        with SummaryWriter(root / f"exp{i % 3}" / f"seed{i}") as writer:
            writer.add_scalar_series("loss", np.arange(POINTS) + i, np.arange(POINTS))
            writer.add_histogram("w", np.arange(10) + i, 0)
            writer.add_text("note", f"run {i}", 0)
            writer.add_image("picture", np.full((3, 2, 2), i, np.uint8), 0)
            writer.add_tensor("matrix", np.full((2, 2), i), 0)
    return root


def plain(table: Any) -> Any:
    """The rows of a table, sorted."""
    table = table.astype({"run": str, "tag": str})
    return table.sort_values(["run", "tag", "step"]).reset_index(drop=True)


@pytest.fixture(scope="module")
def expected(root: Path) -> Any:
    return plain(tfevents.read(root).scalars.to_pandas())


def kill_once(piece: Any, mark: str) -> Any:
    """Kills the process that reads the first piece, the first time."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
        os.kill(os.getpid(), signal.SIGKILL)
    return piece.table().to_pandas()


def test_kinds_without_a_table(root: Path, tmp_path: Path) -> None:
    for kind in ("scalar", "graph"):
        with pytest.raises(ValueError, match=f"kind: there is no table of '{kind}'"):
            tfevents.partitions(root)[0].table(kind)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=f"kind: there is no table of '{kind}'"):
            tfevents.parquet.write(root, tmp_path, kind=kind)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore")
def test_wrong_arguments_are_found_before_workers_read(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer("dask"), peer("ray")
    (piece,) = tfevents.partitions(root)
    monkeypatch.setattr(tfevents.Partition, "read", lambda piece: pytest.fail("it was read"))
    for call in (
        partial(tfevents.parquet.write, root, tmp_path),
        partial(tfevents.dask.scalars, root),
        partial(tfevents.ray.scalars, root),
        piece.table,
    ):
        with pytest.raises(ValueError, match="datetime must be None or 'utc', not 'UTC'"):
            call(datetime="UTC")
    instead = r"hyperparameters have no table of pieces, .*log\.hparams\.table"
    for module in (tfevents.dask, tfevents.ray):
        with pytest.raises(ValueError, match=f"kind: {instead}"):
            module.table("hparams", root)
        with pytest.raises(AttributeError, match=f"no attribute 'hparams': {instead}"):
            _ = module.hparams
        with pytest.raises(AttributeError, match=r"no attribute 'graph'$"):
            _ = module.graph
    for kinds in ("texts", ["texts", "images"]):
        for call in (
            partial(tfevents.parquet.write, root, tmp_path, kinds=kinds),
            partial(tfevents.dask.scalars, root, kinds=kinds),
            partial(tfevents.ray.scalars, root, kinds=kinds),
            tfevents.partitions(root, kinds=kinds)[0].table,
        ):
            with pytest.raises(ValueError, match="kind: 'scalars' is not read, since kinds="):
                call()
    with pytest.raises(ValueError, match="columns: there is no 'a'"):
        piece.table(columns=iter("ab"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "size", [0, -1, 1.5, None, "x", "0", f"{10**400}MB", np.array([1, 2]), np.array("a")]
)
def test_an_amount_that_is_none(root: Path, size: Any) -> None:
    with pytest.raises(ValueError, match="bytes: expected a number of bytes"):
        tfevents.partitions(root, bytes=size)


def test_every_file_is_in_one_piece(root: Path) -> None:
    files = sorted(str(path) for path in root.rglob("events*"))
    for keep_runs in (True, False):
        pieces = tfevents.partitions(root, keep_runs=keep_runs, **SMALL)
        assert sorted(file for piece in pieces for file in piece.files) == files
        assert [piece.size for piece in pieces] == [
            sum(os.path.getsize(file) for file in piece.files) for piece in pieces
        ]
        total = sum(piece.size for piece in pieces)
        largest = max(map(os.path.getsize, files))
        assert len(pieces) == round(total / 100_000)
        assert all(abs(p.size - total / len(pieces)) <= largest for p in pieces)
        for piece in pieces:
            again = pickle.loads(pickle.dumps(piece))
            assert again == piece
            assert len(pickle.dumps(piece)) < 1000
            assert again.read().runs == [name for name, _ in piece.runs]


def test_processes(root: Path, expected: Any) -> None:
    pieces = tfevents.partitions(root, **SMALL)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        logs = list(pool.map(tfevents.Partition.read, pieces))
    assert [name for log in logs for name in log.runs] == tfevents.read(root).runs
    found = pd.concat(log.scalars.to_pandas().astype({"run": str}) for log in logs)
    pd.testing.assert_frame_equal(plain(found), expected)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    distributed = peer("distributed")
    with (
        warnings.catch_warnings(action="ignore"),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs="CRITICAL"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_dask(client: Any, root: Path, expected: Any) -> None:
    found = tfevents.dask.scalars(root, **SMALL)
    assert found.npartitions > 2
    assert list(found.columns) == ["run", "tag", "step", "wall_time", "value"]
    assert isinstance(found._meta["run"].dtype, pd.CategoricalDtype)
    pd.testing.assert_frame_equal(plain(found.compute()), expected, check_dtype=False)
    best = found.groupby("run", observed=True).value.max().compute()
    assert best.to_dict() == expected.groupby("run").value.max().to_dict()
    assert found["value"].sum().compute() == expected.value.sum()


def test_dask_makes_no_column_that_is_not_used(root: Path) -> None:
    column = tfevents.dask.scalars(root, **SMALL)["value"].optimize(fuse=False)
    assert "FromMapProjectable" in str(column.expr)
    assert "['value']" in str(column.expr)


def test_dask_has_every_kind(root: Path) -> None:
    log = tfevents.read(root)
    for kind in ("histograms", "texts", "images", "audio", "tensors", "pr_curves"):
        found = getattr(tfevents.dask, kind)(root, datetime="utc", **SMALL)
        table = found.compute(scheduler="synchronous")
        expected = getattr(log, kind).to_pandas(datetime="utc")
        assert list(table.columns) == list(expected.columns)
        assert len(table) == len(expected)
        for name, column in expected.items():
            # Lists, and the bytes of pictures, are what they are in pandas.
            assert [*map(repr, table[name])] == [*map(repr, column)]
            assert found[name].dtype == table[name].dtype or name in ("run", "tag")
    assert table.wall_time.dtype == "datetime64[us, UTC]"


@pytest.mark.filterwarnings("ignore:The inplace keyword")
@pytest.mark.parametrize("kind", ["scalars", "histograms", "images"])
def test_dask_writes_parquet(root: Path, tmp_path: Path, kind: Any) -> None:
    pieces = tfevents.partitions(root, **SMALL)
    schema = pieces[0].table(kind).to_arrow().schema
    found = getattr(tfevents.dask, kind)(root, **SMALL)
    found.to_parquet(tmp_path, schema=schema, compute_kwargs={"scheduler": "synchronous"})
    read = plain(pd.read_parquet(tmp_path))
    expected = plain(getattr(tfevents.read(root), kind).to_pandas())
    for name, column in expected.items():
        assert [*map(repr, read[name])] == [*map(repr, column)]


def test_dask_has_no_rows_of_an_empty_tree(tmp_path: Path) -> None:
    table = tfevents.dask.scalars(tmp_path).compute(scheduler="synchronous")
    pd.testing.assert_frame_equal(table, tfevents.read(tmp_path).scalars.to_pandas())


def test_dask_goes_on_where_a_worker_was_killed(
    client: Any, root: Path, expected: Any, tmp_path: Path
) -> None:
    pieces = tfevents.partitions(root, **SMALL)
    mark = str(tmp_path / "mark")
    found = client.gather([client.submit(kill_once, piece, mark) for piece in pieces])
    assert os.path.exists(mark)
    tables = [table.astype({"run": str}) for table in found]
    pd.testing.assert_frame_equal(plain(pd.concat(tables)), expected)


def test_a_data_set_written_by_workers_goes_on(
    client: Any, root: Path, expected: Any, tmp_path: Path
) -> None:
    directory = tmp_path / "set"
    pieces = len(tfevents.partitions(root, **SMALL))
    executor = client.get_executor()
    done = tfevents.parquet.write(root, directory, executor=executor, **SMALL)
    assert done == (pieces, 0, [], [])
    read = dataset.dataset(directory, partitioning="hive").to_table().to_pandas()
    pd.testing.assert_frame_equal(plain(read)[list(expected)], expected, check_dtype=False)
    times = {path: path.stat().st_mtime_ns for path in directory.rglob("*.parquet")}
    next((directory / "_tfevents").iterdir()).unlink()
    assert tfevents.parquet.write(root, directory, executor=executor, **SMALL)[:2] == (
        1,
        pieces - 1,
    )
    again = {path: path.stat().st_mtime_ns for path in directory.rglob("*.parquet")}
    assert again.keys() == times.keys()
    assert sum(again[path] != times[path] for path in times) < len(times)


def test_workers_of_one_number_write_the_same_piece(root: Path, tmp_path: Path) -> None:
    """As in containers, where the first process is 1. The slower one comes late or is killed."""
    directory = tmp_path / "set"
    place = tfevents.parquet._Place(str(directory))
    name = "run=a/0123456789abcdef.parquet"
    with place.create(name) as slow:
        slow.write(b"sl")
        with place.create(name) as fast:
            fast.write(b"whole")
        slow.flush()
        assert (directory / name).read_bytes() == b"whole"
        slow.write(b"ow")
    assert (directory / name).read_bytes() == b"slow"
    # What one that was killed left is removed.
    left = directory / "_tfevents" / "0123456789abcdef.parquet.1.tmp"
    left.write_bytes(b"sl")
    tfevents.parquet.write(root, directory)
    assert not left.exists()
    assert not (directory / name).exists()


def test_a_piece_that_fails_twice_is_named_and_the_others_are_kept(
    tmp_path: Path,
) -> None:
    for run in ("bad", "good"):
        with SummaryWriter(tmp_path / "runs" / run) as writer:
            writer.add_scalar_series("x", np.arange(1000), np.arange(1000))
    (bad,) = (tmp_path / "runs" / "bad").iterdir()
    data = bytearray(bad.read_bytes())
    data[len(data) // 2] ^= 0xFF
    bad.write_bytes(data)
    small: Any = {"bytes": "40kB"}
    with pytest.raises(ExceptionGroup, match=r"1 of 2 pieces: .* its runs: bad") as raised:
        tfevents.parquet.write(tmp_path / "runs", tmp_path / "set", **small)
    (error,) = raised.value.exceptions
    assert isinstance(error, tfevents.CorruptFileError)
    assert len(dataset.dataset(tmp_path / "set", partitioning="hive").to_table()) == 1000
    data[len(data) // 2] ^= 0xFF
    bad.write_bytes(data)
    assert tfevents.parquet.write(tmp_path / "runs", tmp_path / "set", **small)[:2] == (1, 1)
    # Damage is reported, also for pieces that were written by an earlier call.
    data[len(data) // 2] ^= 0xFF
    bad.write_bytes(data)
    for written in (2, 0):
        skip: Any = {**small, "on_corrupt": "skip"}
        done = tfevents.parquet.write(tmp_path / "runs", tmp_path / "set", **skip)
        assert done.written == written
        assert [one.path for one in done.damage] == [str(bad)]
    data[len(data) // 2] ^= 0xFF
    bad.write_bytes(data)
    # A piece that grew replaces the old one.
    with SummaryWriter(tmp_path / "runs" / "good") as writer:
        writer.add_scalar("x", 1.0, 1000)
    tfevents.parquet.write(tmp_path / "runs", tmp_path / "set", **small)
    table = dataset.dataset(tmp_path / "set", partitioning="hive").to_table().to_pandas()
    assert table.groupby("run").size().to_dict() == {"bad": 1000, "good": 1001}
    with pytest.raises(ValueError, match="holds scalars, not texts"):
        tfevents.parquet.write(tmp_path / "runs", tmp_path / "set", kind="texts")


def test_a_table_tells_what_is_not_in_it(tmp_path: Path) -> None:
    for run in ("bad", "gone"):
        with SummaryWriter(tmp_path / run) as writer:
            writer.add_scalar_series("x", np.arange(10.0))
    (piece,) = {*tfevents.partitions(tmp_path, on_corrupt="skip")}
    bad, gone = map(Path, piece.files)
    data = bytearray(bad.read_bytes())
    data[len(data) // 2] ^= 0xFF
    bad.write_bytes(data)
    gone.unlink()
    with pytest.warns(RuntimeWarning) as told:
        table = piece.table()
    first, second = (str(one.message) for one in told)
    assert first == f"{gone}: left out (not_found)"
    assert second.startswith(f"{bad}: stepped over ")
    assert len(table.to_pandas()) == 9


@pytest.fixture(scope="module")
def ray(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with warnings.catch_warnings(action="ignore"):
        ray = peer("ray")
        os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        ray.data.DataContext.get_current().enable_progress_bars = False
        # Workers can't import the tests.
        ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
        yield ray
        ray.shutdown()


@pytest.mark.filterwarnings("ignore")
def test_ray(ray: Any, root: Path, expected: Any) -> None:
    found = tfevents.ray.scalars(root, **SMALL)
    pd.testing.assert_frame_equal(plain(found.to_pandas()), expected, check_dtype=False)
    histograms = tfevents.ray.histograms(root, **SMALL).to_pandas()
    assert sorted(histograms["run"]) == sorted(tfevents.read(root).runs)


@pytest.mark.filterwarnings("ignore")
def test_ray_goes_on_where_a_worker_was_killed(
    ray: Any, root: Path, expected: Any, tmp_path: Path
) -> None:
    mark = str(tmp_path / "mark")

    @ray.remote(max_retries=2)
    def load(piece: Any) -> Any:
        return kill_once(piece, mark)

    pieces = tfevents.partitions(root, **SMALL)
    found = ray.get([load.remote(piece) for piece in pieces])
    assert os.path.exists(mark)
    tables = [table.astype({"run": str}) for table in found]
    pd.testing.assert_frame_equal(plain(pd.concat(tables)), expected)


KILLED = """
    import os, sys
    from pyarrow import parquet
    import tfevents
    written, write = [], parquet.write_table
    def killed(table, sink):
        if written:
            sink.write(b"PAR1")
            sink.flush()
            os._exit(9)
        written.append(sink)
        write(table, sink)
    parquet.write_table = killed
    tfevents.parquet.write(sys.argv[1], sys.argv[2])
"""


@pytest.mark.parametrize("grows", [False, True])
def test_what_a_killed_worker_left_is_not_read(tmp_path: Path, *, grows: bool) -> None:
    for run in ("a", "b"):
        with SummaryWriter(tmp_path / "runs" / run) as writer:
            writer.add_scalar_series("x", np.arange(10.0))
    killed = subprocess.run(command(KILLED, tmp_path / "runs", tmp_path / "set"), check=False)
    assert killed.returncode == 9
    if grows:
        with SummaryWriter(tmp_path / "runs" / "a") as writer:
            writer.add_scalar("x", 10.0, 10)
    tfevents.parquet.write(tmp_path / "runs", tmp_path / "set")
    table = pd.read_parquet(tmp_path / "set")
    assert table.groupby("run", observed=True).size().to_dict() == {"a": 10 + grows, "b": 10}


def test_what_a_failed_call_would_replace_stays(tmp_path: Path) -> None:
    for name in ("runs", "others"):
        with tfevents.SummaryWriter(tmp_path / name / "run") as writer:
            writer.add_scalar("loss", 1.0, 0)
    tfevents.parquet.write(tmp_path / "runs", tmp_path / "set")
    before = sorted((tmp_path / "set").rglob("*.parquet"))
    (path,) = (tmp_path / "others" / "run").iterdir()
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(ExceptionGroup, match="1 of 1 pieces"):
        tfevents.parquet.write(tmp_path / "others", tmp_path / "set")
    assert sorted((tmp_path / "set").rglob("*.parquet")) == before
    content[-5] ^= 1
    path.write_bytes(content)
    tfevents.parquet.write(tmp_path / "others", tmp_path / "set")
    (after,) = (tmp_path / "set").rglob("*.parquet")
    assert after not in before


def test_a_call_that_finds_no_run_removes_nothing(tmp_path: Path) -> None:
    with tfevents.SummaryWriter(tmp_path / "runs" / "run") as writer:
        writer.add_scalar("loss", 1.0, 0)
    tfevents.parquet.write(tmp_path / "runs", tmp_path / "set")
    before = sorted((tmp_path / "set").rglob("*"))
    with pytest.warns(RuntimeWarning, match="runs: nothing matches 'rum'"):
        tfevents.parquet.write(tmp_path / "runs", tmp_path / "set", runs="rum")
    (tmp_path / "unmounted").mkdir()
    assert tfevents.parquet.write(tmp_path / "unmounted", tmp_path / "set").written == 0
    assert sorted((tmp_path / "set").rglob("*")) == before


HOSTILE = ["a=b", "a%2Fb", "a b#?;*", "ü", "001", "1", "2020-01-01", "..x", "deep/down", "r\udcff"]
HOSTILE += ["学習率" * 25 + "🙂", "e\u0301\u2028"]


def test_any_name_of_a_run_in_a_data_set(tmp_path: Path) -> None:
    polars, duckdb = peer("polars"), peer("duckdb")
    for name in HOSTILE:
        with SummaryWriter(tmp_path / "runs" / name) as writer:
            writer.add_scalar("x", 1.0, 0)
    tfevents.parquet.write(tmp_path / "runs", tmp_path / "set")
    expected = sorted(name.replace("\udcff", "\ufffd") for name in HOSTILE)
    # Without a type, names of digits become numbers.
    as_text = dataset.partitioning(pa.schema([("run", pa.string())]), flavor="hive")
    files = str(tmp_path / "set" / "**" / "*.parquet")
    schema = {"run": polars.String}
    scanned = polars.scan_parquet(files, hive_partitioning=True, hive_schema=schema).collect()
    sql = "select run from read_parquet(?, hive_partitioning=true, hive_types={'run': varchar})"
    found = [
        pd.read_parquet(tmp_path / "set", partitioning=as_text).run,
        scanned["run"],
        [run for (run,) in duckdb.execute(sql, [files]).fetchall()],
    ]
    for names in found:
        assert sorted(names) == expected


def test_a_call_with_the_same_options_writes_nothing_again(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "runs" / "a") as writer:
        writer.add_scalars("loss", {"x": 1.0, "y": 2.0}, 0, same_run=True)
    write = """
import re, sys, tfevents
tags = {"loss/x", "loss/y", *(f"other{i}" for i in range(9))}
tags.add(re.compile("a" * 300 + sys.argv[3]))
print(tfevents.parquet.write(sys.argv[1], sys.argv[2], tags=tags, threads=int(sys.argv[4])).written)
"""

    def written(*arguments: str) -> list[str]:
        """What calls print that differ in how a set is ordered."""
        places = tmp_path / "runs", tmp_path / "set"
        return [
            subprocess.run(
                command(write, *places, *arguments),
                env={**os.environ, "PYTHONHASHSEED": str(seed)},
                capture_output=True,
                text=True,
                check=True,
            ).stdout.strip()
            for seed in range(3)
        ]

    assert written("b", "1") == ["1", "0", "0"]
    assert written("b", "2") == ["0", "0", "0"]
    # Only the end of a long pattern is another.
    assert written("c", "1") == ["1", "0", "0"]


def test_workers_in_other_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with SummaryWriter("runs/a") as writer:
        writer.add_scalar_series("x", np.arange(10.0))
    with ProcessPoolExecutor(
        1, get_context("spawn"), initializer=os.chdir, initargs=(tmp_path / "elsewhere",)
    ) as pool:
        (piece,) = tfevents.partitions("runs")
        assert pool.submit(tfevents.Partition.read, piece).result().runs == ["a"]
        assert tfevents.parquet.write("runs", "set", executor=pool).written == 1
    assert len(pd.read_parquet("set")) == 10
    assert tfevents.parquet.write("runs", "set").kept == 1
    assert not [*(tmp_path / "elsewhere").iterdir()]
