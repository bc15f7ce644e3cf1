"""`reload`, `follow` and `state` under URIs: by size and ETag."""

import json
import signal
import subprocess
import threading

import pytest
from s3 import ACCESS_DENIED, INTERNAL_ERROR, SLOW_DOWN

import scripts
import tfevents
from events import only_file, split_records
from growing import Readers
from peers import peer
from tfevents import SummaryWriter, follow

fsspec = peer("fsspec")


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    """A file with ten scalars."""
    path = tmp_path_factory.mktemp("whole")
    with SummaryWriter(path) as writer:
        for step in range(10):
            writer.add_scalar("loss", step, step)
    return only_file(path).read_bytes()


def put(uri: str, data: bytes) -> None:
    fs, path = fsspec.core.url_to_fs(uri)
    fs.pipe_file(path, data)


def at_once(uri, **options):
    return follow(uri, timeout=0, interval=0, **options)


def steps(follower):
    return [(run, event.step) for run, event in follower if event.what == "summary"]


def test_follow_gives_what_comes(uri):
    with SummaryWriter(uri) as writer:
        writer.add_scalar("loss", 0, 0)
        writer.flush()
        follower, late = at_once(uri), at_once(uri, start="end")
        assert steps(follower) == [(".", 0)]
        for step in range(1, 4):
            writer.add_scalar("loss", step, step)
            writer.flush()
            assert steps(follower) == steps(late) == [(".", step)]
        writer.add_scalars("main", {"x": 1.0}, 7)
        writer.flush()
        assert steps(follower) == steps(late) == [("main_x", 7)]


def test_a_state_goes_on(uri):
    with SummaryWriter(uri) as writer:
        writer.add_scalar("loss", 0, 0)
        writer.flush()
        state = json.loads(json.dumps(tfevents.read(uri).state()))
        log = tfevents.read(uri, state=state)
        assert (log["."].continued, log["."].tags) == (True, [])
        writer.add_scalar("loss", 1, 1)
        writer.flush()
        assert log.reload() == ["."]
        for part in log, tfevents.read(uri, state=state):
            assert part["."].continued
            assert part["."].scalars["loss"].step.tolist() == [1]
        assert steps(at_once(uri, state=state)) == [(".", 1)]


def test_what_did_not_change_is_listed_only(server, whole):
    for run in range(20):
        put(f"s3://bucket/runs/{run}/events.out.tfevents.1", whole)
    state = tfevents.read("s3://bucket/runs").state()
    server.requests.clear()
    log = tfevents.read("s3://bucket/runs", state=state)
    assert all(run.continued and not run.tags for run in log.values())
    assert [method for method, _ in server.requests] == ["GET"]
    follower = at_once("s3://bucket/runs", state=state)
    server.requests.clear()
    assert list(follower) == []
    assert [method for method, _ in server.requests] == ["GET"]


def test_of_a_large_object_that_grew_only_what_is_new_is_read(server):
    with SummaryWriter("s3://bucket/run") as writer:
        writer.add_scalar_series("a", [0.0] * 200_000)
        writer.flush()
        log, follower = tfevents.read("s3://bucket/run"), at_once("s3://bucket/run", start="end")
        state = log.state()
        writer.add_scalar("a", 1.0, 200_000)
        writer.flush()
    asked = []

    def note(environ):
        if "HTTP_RANGE" in environ:
            first, last = environ["HTTP_RANGE"].removeprefix("bytes=").split("-")
            asked.append(int(last) - int(first))

    server.fault = note
    assert log.reload() == ["."]
    assert len(log["."].scalars["a"]) == 200_001
    assert steps(follower) == [(".", 200_000)]
    assert len(tfevents.read("s3://bucket/run", state=state)["."].scalars["a"]) == 1
    assert 0 < sum(asked) < 1 << 20


def test_an_object_of_the_same_size_that_is_another_one(uri, whole, tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(10):
            writer.add_scalar("loss", step, step and step + 50)
    other = only_file(tmp_path).read_bytes()
    assert len(other) == len(whole)
    file = f"{uri}/events.out.tfevents.1"
    put(file, whole)
    log, follower = tfevents.read(uri), at_once(uri)
    assert len(steps(follower)) == 10
    state = log.state()
    put(file, other)
    expected = [0, *range(51, 60)]
    assert [step for _, step in steps(follower)] == expected
    assert log.reload() == ["."]
    resumed = tfevents.read(uri, state=state)
    assert not resumed["."].continued
    for it in log, resumed:
        assert it["."].scalars["loss"].step.tolist() == expected


def test_objects_that_grow_by_any_number_of_bytes(uri, whole):
    ends, at = [], 0
    for record in split_records(whole)[0]:
        at += len(record) + 16
        ends.append(at)
    file = f"{uri}/events.out.tfevents.1"
    pieces = [1, 11, 12, 13, 40, 41, 42, 44, 45, 80, 130, 131, 200, 350, len(whole) - 1, len(whole)]
    put(file, b"")
    readers = Readers(uri)
    for size in pieces:
        put(file, whole[:size])
        readers.look()
        count = max(sum(end <= size for end in ends) - 1, 0)
        expected = {(".", "loss"): [(step, f"{step}.0") for step in range(count)]} if count else {}
        assert all(it == expected for it in readers.all())
    readers.close()


@pytest.mark.parametrize(
    "fault", [INTERNAL_ERROR, SLOW_DOWN, ACCESS_DENIED], ids=["500", "503", "403"]
)
@pytest.mark.parametrize("when", ["listing", "reading"])
def test_following_goes_on_after_a_failure(server, whole, fault, when):
    uri = "s3://bucket/run"
    file = f"{uri}/events.out.tfevents.1"
    put(file, whole[:-60])
    follower = at_once(uri)
    seen = steps(follower)
    put(file, whole)
    is_reading = when == "reading"
    server.fault = lambda environ: (
        fault
        if environ["REQUEST_METHOD"] == "GET" and ("tfevents" in environ["PATH_INFO"]) == is_reading
        else None
    )
    for _ in range(2):
        with pytest.raises(OSError, match="failed"):
            list(follower)
    server.fault = lambda environ: None
    seen += steps(follower)
    assert [step for _, step in seen] == list(range(10))


def test_ctrl_c_while_a_server_does_not_answer(server, whole):
    put("s3://bucket/run/events.out.tfevents.1", whole)
    asked, answer = threading.Event(), threading.Event()

    def hang(environ):
        if environ["REQUEST_METHOD"] == "GET" and "tfevents" in environ["PATH_INFO"]:
            asked.set()
            answer.wait()
        return None

    server.fault = hang
    process = subprocess.Popen(
        scripts.command(
            """
            import tfevents
            try:
                for run, event in tfevents.follow("s3://bucket/run"):
                    pass
            except KeyboardInterrupt:
                print("interrupted")
            """
        ),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert asked.wait(scripts.HANGS_AFTER)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=scripts.HANGS_AFTER)
        assert (process.returncode, out) == (0, "interrupted\n")
    finally:
        answer.set()
        process.kill()
        process.wait()
