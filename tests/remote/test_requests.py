"""The number of requests, and the cost of an object that can't be read."""

import errno
import os
import threading
from pathlib import Path

import pytest
from s3 import ACCESS_DENIED, DROP, HANG, INTERNAL_ERROR, SLOW_DOWN, TRUNCATE
from test_remote_read import Picture

import events
import tfevents
from peers import peer
from tfevents import SummaryWriter
from tfevents.remote import calls
from tfevents.remote.errors import as_os_error

fsspec = peer("fsspec")
URI = "s3://bucket/run"
FILE = f"{URI}/events.out.tfevents.1"


def put(uri: str, data: bytes) -> None:
    fs, path = fsspec.core.url_to_fs(uri)
    fs.pipe_file(path, data)


def with_pictures(path: Path, size: int) -> bytes:
    """A file with 20 pictures of this size, each after a scalar."""
    with SummaryWriter(path) as writer:
        for step in range(20):
            writer.add_scalar("loss", step, step)
            writer.file_writer.add_summary(Picture(bytes([step]) + os.urandom(size)), step)
    return events.only_file(path).read_bytes()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> bytes:
    """A file with 20 pictures of 1 MB, each after a scalar."""
    return with_pictures(tmp_path_factory.mktemp("pictures"), 1_000_000)


@pytest.fixture
def asked(server) -> list[int]:
    """The numbers of bytes that were requested of files."""
    lengths = []

    def note(environ):
        if "HTTP_RANGE" in environ:
            first, last = environ["HTTP_RANGE"].removeprefix("bytes=").split("-")
            lengths.append(int(last) - int(first) + 1)

    server.fault = note
    return lengths


def test_a_picture_is_one_request(server, pictures):
    put(FILE, pictures)
    found = tfevents.read(URI, kinds="images")["."].images["picture"]
    for step in range(20):
        server.requests.clear()
        assert found[step].data[0] == step
        assert [method for method, _ in server.requests] == ["GET"]


@pytest.mark.parametrize("fault", [TRUNCATE, DROP, INTERNAL_ERROR, SLOW_DOWN, ACCESS_DENIED])
def test_a_picture_that_does_not_arrive_is_an_error(server, pictures, fault):
    put(FILE, pictures)
    found = tfevents.read(URI, kinds="images")["."].images["picture"]
    server.fault = lambda environ: fault
    with pytest.raises(OSError, match=r"reading 1\d+ bytes at offset \d+ failed") as raised:
        _ = found[3]
    assert raised.value.errno
    assert raised.value.filename == FILE
    server.fault = lambda environ: None
    assert found[3].data[0] == 3


@pytest.mark.parametrize("when", ["listing", "reading"])
@pytest.mark.parametrize("call", [tfevents.read, tfevents.verify])
def test_an_endpoint_that_never_answers_is_waited_for_so_long(server, monkeypatch, when, call):
    put(FILE, bytes(100))
    monkeypatch.setattr(calls, "PATIENCE", 0.5)
    monkeypatch.setattr(calls, "LISTING_PATIENCE", 0.5)
    server.fault = lambda environ: (
        HANG if ("tfevents" in environ["PATH_INFO"]) == (when == "reading") else None
    )
    with pytest.raises(TimeoutError, match="no answer within") as raised:
        call(URI)
    assert raised.value.errno == errno.ETIMEDOUT
    assert raised.value.filename == (FILE if when == "reading" else URI)


def test_a_picture_of_a_file_that_was_cut_is_no_picture(server, pictures):
    put(FILE, pictures)
    found = tfevents.read(URI, kinds="images")["."].images["picture"]
    for size in 10, len(pictures) // 2, len(pictures) - 10:
        put(FILE, pictures[:size])
        with pytest.raises(tfevents.FileChangedError):
            _ = found[19]


@pytest.mark.parametrize("verify", ["crc", "none"])
@pytest.mark.parametrize("selection", [{"tags": "loss"}, {"kinds": "scalars"}])
def test_near_ranges_are_asked_for_at_once(asked, pictures, verify, selection):
    put(FILE, pictures)
    log = tfevents.read(URI, verify=verify, **selection)
    assert log["."].scalars["loss"].step.tolist() == list(range(20))
    # A block of 4 MB and a few checks. Before, each point and each picture was a request of its
    # own.
    assert len(asked) <= 15
    assert sum(asked) <= 1.1 * len(pictures)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_a_large_file_is_requested_once_however_many_threads_there_are(asked, tmp_path, threads):
    data = with_pictures(tmp_path, 2_000_000)
    put(FILE, data)
    for options in {}, {"verify": "none", "kinds": "scalars"}:
        asked.clear()
        log = tfevents.read(URI, threads=threads, **options)
        assert log["."].scalars["loss"].step.tolist() == list(range(20))
        # Blocks of 4 MB, and a look at the end.
        assert len(asked) <= len(data) / (4 << 20) + 3
        assert sum(asked) <= len(data) + (64 << 10)


@pytest.mark.parametrize("size", [3_000_000, 5_000_000])
def test_what_is_far_away_is_not_read(asked, tmp_path, size):
    put(FILE, with_pictures(tmp_path, size))
    log = tfevents.read(URI, verify="none", tags="loss")
    assert log["."].scalars["loss"].step.tolist() == list(range(20))
    # One behind each picture, after a block of 4 MB; some go on there, and one looks at the end.
    assert len(asked) <= 20 + 4
    assert sum(asked) <= (4 << 20) + len(asked) * (256 << 10)


@pytest.mark.parametrize("verify", ["crc", "none"])
def test_a_thousand_runs_are_a_request_each(server, tmp_path, verify):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 1)
    data = events.only_file(tmp_path).read_bytes()
    # This is a page of a listing. One object more takes seconds with this server.
    for run in range(100):
        put(f"s3://bucket/runs/{run:03}/events.out.tfevents.1", data)
    server.requests.clear()
    log = tfevents.read("s3://bucket/runs", verify=verify)
    assert len(log) == 100
    assert server.count("GET", "tfevents") == 100
    assert len(server.requests) == 101
    server.requests.clear()
    assert log.reload() == []
    assert len(server.requests) == 1


# Objects that can't be read.


@pytest.fixture
def two_runs(server, tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 1)
    data = events.only_file(tmp_path).read_bytes()
    for run in "a", "b":
        put(f"s3://bucket/runs/{run}/events.out.tfevents.1", data)
    return "s3://bucket/runs"


def test_an_object_that_goes_after_it_was_listed_costs_itself(server, two_runs):
    gone = threading.Event()

    def go(environ):
        if "/a/" in environ["PATH_INFO"] and not gone.is_set():
            gone.set()
            fsspec.filesystem("s3").rm("bucket/runs/a/events.out.tfevents.1")

    server.fault = go
    log = tfevents.read(two_runs)
    assert [run for run in log.runs if log[run].tags] == ["b"]


def test_an_object_that_may_not_be_read_costs_itself_where_that_is_wanted(server, two_runs):
    server.fault = lambda environ: ACCESS_DENIED if "/a/" in environ["PATH_INFO"] else None
    with pytest.raises(PermissionError) as raised:
        tfevents.read(two_runs)
    assert raised.value.filename == f"{two_runs}/a/events.out.tfevents.1"
    assert raised.value.errno == errno.EACCES
    log = tfevents.read(two_runs, on_corrupt="skip")
    assert [run for run in log.runs if log[run].tags] == ["b"]
    # Objects that are not selected are not requested.
    server.requests.clear()
    assert tfevents.read(two_runs, runs="b")["b"].tags == ["loss"]
    assert server.count("GET", "/a/") == 0


def test_a_listing_that_fails_says_whether_there_is_such_a_path(server, two_runs):
    with pytest.raises(FileNotFoundError) as missing:
        tfevents.read("s3://bucket/nothing")
    assert missing.value.errno == errno.ENOENT
    with pytest.raises(FileNotFoundError):
        tfevents.read("s3://no-such-bucket/runs")
    server.fault = lambda environ: ACCESS_DENIED
    with pytest.raises(PermissionError, match="listing failed") as denied:
        tfevents.read(two_runs)
    assert (denied.value.errno, denied.value.filename) == (errno.EACCES, two_runs)


def test_who_may_not_list_may_read_a_file(server, two_runs):
    server.fault = lambda environ: (
        ACCESS_DENIED if "list-type" in environ.get("QUERY_STRING", "") else None
    )
    log = tfevents.read(f"{two_runs}/a/events.out.tfevents.1")
    assert log["."].scalars["loss"].value.tolist() == [1.0]
    with pytest.raises(PermissionError):
        tfevents.read(two_runs)


# Errors of other packages.


class ResponseError(Exception):
    """Similar to those of aiohttp, requests and botocore."""

    def __init__(self, **attributes: object) -> None:
        super().__init__("no")
        self.__dict__.update(attributes)


class ReadTimeoutError(Exception):
    """Similar to those of botocore."""


class Response:
    status_code = 404


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (FileNotFoundError("no"), errno.ENOENT, FileNotFoundError),
        (PermissionError("no"), errno.EACCES, PermissionError),
        (OSError(errno.ENOSPC, "no"), errno.ENOSPC, OSError),
        (OSError("no"), errno.EIO, OSError),
        (TimeoutError(), errno.ETIMEDOUT, TimeoutError),
        (ConnectionResetError("no"), errno.ECONNRESET, ConnectionError),
        (ResponseError(status=403), errno.EACCES, PermissionError),
        (ResponseError(status_code=503), errno.EBUSY, OSError),
        (ResponseError(code=404), errno.ENOENT, FileNotFoundError),
        (ResponseError(code="NoSuchKey", response=Response()), errno.ENOENT, FileNotFoundError),
        (
            ResponseError(response={"ResponseMetadata": {"HTTPStatusCode": 401}}),
            errno.EACCES,
            PermissionError,
        ),
        (ReadTimeoutError("no"), errno.ETIMEDOUT, TimeoutError),
        (RuntimeError("no"), errno.EIO, OSError),
    ],
)
def test_errors_have_an_errno_and_name_the_uri(error, code, kind):
    failure = as_os_error(error, "reading failed", URI)
    assert isinstance(failure, kind)
    assert (failure.errno, failure.filename, failure.__cause__) == (code, URI, error)
    assert str(failure).startswith(f"[Errno {code}] reading failed: ")
    assert not str(failure).endswith(": ")


def test_what_an_error_was_raised_from_tells_too():
    try:
        try:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "nobody listens")
        except ConnectionRefusedError as cause:
            raise RuntimeError("could not connect") from cause
    except RuntimeError as error:
        failure = as_os_error(error, "listing failed", URI)
    assert isinstance(failure, ConnectionRefusedError)
    assert "could not connect" in str(failure)
