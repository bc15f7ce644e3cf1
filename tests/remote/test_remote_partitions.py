"""Partitions of an S3 bucket: it is listed once, read by other processes, and written as a data
set.
"""

from __future__ import annotations

import io
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tfevents
from peers import peer
from tfevents import SummaryWriter

pd = peer("pandas")
RUNS = 6


@pytest.fixture
def bucket(server: Any, tmp_path: Path) -> str:
    fs = peer("fsspec").filesystem("s3")
    for i in range(RUNS):
        with SummaryWriter(tmp_path / f"exp{i}") as writer:
            writer.add_scalar_series("loss", np.arange(1000) + i, np.arange(1000))
        (file,) = (tmp_path / f"exp{i}").iterdir()
        fs.put_file(str(file), f"bucket/runs/exp{i}/{file.name}")
    return "s3://bucket/runs"


def plain(table: Any) -> Any:
    table = table.astype({"run": str, "tag": str})
    return table.sort_values(["run", "tag", "step"]).reset_index(drop=True)


def test_one_listing_and_no_other_request(server: Any, bucket: str) -> None:
    server.requests.clear()
    pieces = tfevents.partitions(bucket, bytes="80kB")
    assert len(pieces) == 3
    # One page of the listing.
    assert [method for method, _ in server.requests] == ["GET"]
    assert len(pickle.dumps(pieces[0])) < 1000
    server.requests.clear()
    log = pickle.loads(pickle.dumps(pieces[0])).read()
    assert log.runs == ["exp0", "exp1"]
    # There is no listing: at most one check of each file, and its bytes.
    assert not [path for method, path in server.requests if path.rstrip("/") == "/bucket"]
    assert len(server.requests) <= 4


def test_a_glob_of_a_bucket(bucket: str) -> None:
    assert tfevents.read(f"{bucket}/exp[12]").runs == ["exp1", "exp2"]
    with pytest.raises(FileNotFoundError):
        tfevents.read(f"{bucket}/nothing*")


def test_workers_read_a_bucket_and_write_to_it(server: Any, bucket: str) -> None:
    distributed, parquet = peer("distributed"), peer("pyarrow.parquet")
    expected = plain(tfevents.read(bucket).scalars.to_pandas())
    with (
        warnings.catch_warnings(action="ignore"),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs="CRITICAL"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        found = tfevents.dask.scalars(bucket, bytes="80kB").compute()
        executor = client.get_executor()
        target = "s3://bucket/set"
        write = tfevents.parquet.write
        assert write(bucket, target, executor=executor, bytes="80kB") == (3, 0, [], [])
        assert write(bucket, target, executor=executor, bytes="80kB") == (0, 3, [], [])
    pd.testing.assert_frame_equal(plain(found), expected, check_dtype=False)
    fs = peer("fsspec").filesystem("s3")
    tables = []
    for path in fs.glob("bucket/set/run=*/*.parquet"):
        table = parquet.read_table(io.BytesIO(fs.cat_file(path))).to_pandas()
        tables.append(table.assign(run=path.split("run=")[1].split("/")[0]))
    written = plain(pd.concat(tables))[list(expected)]
    pd.testing.assert_frame_equal(written, expected, check_dtype=False)
