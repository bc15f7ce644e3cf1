"""Places of remote files: in memory, or on an S3 server of this machine."""

from __future__ import annotations

import json
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peers import peer

if TYPE_CHECKING:
    from s3 import Server


@pytest.fixture(autouse=True)
def spools(tmp_path, monkeypatch) -> Iterator[Path]:
    """The directory of spools, also of the processes that the test starts."""
    # Names of sockets must be short, so `tmp_path` is not part of it.
    with tempfile.TemporaryDirectory(prefix="tfe-", ignore_cleanup_errors=True) as directory:
        monkeypatch.setattr(tempfile, "tempdir", directory)
        monkeypatch.setenv("TMPDIR", directory)
        yield Path(directory)


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    """A server for each test, with the bucket `bucket`. s3:// goes to it."""
    from s3 import Server

    fsspec, s3fs = peer("fsspec"), peer("s3fs")
    serves = Server()
    # moto keeps one state for each process.
    urllib.request.urlopen(urllib.request.Request(f"{serves.url}/moto-api/reset", method="POST"))
    monkeypatch.setitem(fsspec.config.conf, "s3", serves.options)
    # Faults of the server must be seen; s3fs itself tries five times.
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    # The processes that the test starts need these.
    monkeypatch.setenv("FSSPEC_S3", json.dumps(serves.options))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    fsspec.filesystem("s3").mkdir("bucket")
    yield serves
    serves.fault = lambda environ: None
    serves.stop()
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture(params=["memory", "s3"])
def uri(request) -> str:
    """A place for runs."""
    if request.param == "s3":
        request.getfixturevalue("server")
        return "s3://bucket/some runs/é"
    peer("fsspec").filesystem("memory").store.clear()
    return "memory://bucket/some runs/é"
