"""Writers with a remote directory: a local spool is uploaded."""

import contextlib
import gc
import multiprocessing
import os
import pickle
import re
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from s3 import ACCESS_DENIED, DROP, INTERNAL_ERROR, SLOW_DOWN

import events
import scripts
import tfevents
from peers import peer
from tfevents import FileWriter, SummaryWriter

fsspec = peer("fsspec")


def fetch(uri: str, directory: Path) -> Path:
    """The files at the URI, as a local directory."""
    fs, path = fsspec.core.url_to_fs(uri)
    fs.invalidate_cache()
    for name in fs.find(path):
        local = directory / os.path.relpath(name, path)
        local.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # moto replaces an object in two steps
            local.write_bytes(fs.cat_file(name))
    return directory


def steps(uri: str) -> list[int]:
    with tempfile.TemporaryDirectory() as directory:
        return sorted(events.steps_so_far(fetch(uri, Path(directory))))


def eventually(condition) -> bool:
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def kept(spools: Path) -> list[int]:
    """The steps that the only spool holds."""
    (spool,) = spools.glob("tfevents-spool-*")
    return events.steps_so_far(spool)


# Uploads.


def test_what_was_logged_is_uploaded_by_flush_and_by_close(uri, spools):
    with SummaryWriter(uri) as writer:
        for step in range(1000):
            writer.add_scalar("a", 1.0, step)
        writer.flush()
        assert steps(uri) == list(range(1000))
        writer.add_scalar("a", 1.0, 1000)
    assert steps(uri) == list(range(1001))
    assert os.listdir(spools) == []


def test_what_was_logged_is_uploaded_every_flush_secs(uri):
    with SummaryWriter(uri, flush_secs=0.1) as writer:
        for step in range(3):
            writer.add_scalar("a", 1.0, step)
            assert eventually(lambda step=step: steps(uri) == list(range(step + 1)))


def test_a_run_shows_soon_however_long_flush_secs_is(uri):
    with SummaryWriter(uri, flush_secs=1e18) as writer:
        writer.add_scalar("a", 1.0, 7)
        assert eventually(lambda: steps(uri) == [7])


def test_the_tree_is_the_same_as_that_of_a_local_writer(uri, tmp_path):
    for log_dir in uri, str(tmp_path / "local"):
        with SummaryWriter(log_dir, purge_step=3, filename_suffix=".x") as writer:
            writer.add_scalar("a", 1.0, 5)
            writer.add_scalars("m/n", {"x": 1.0, "y/z": 2.0}, 5)
            assert set(writer.all_writers) == {
                log_dir,
                f"{log_dir}/m_n_x",
                f"{log_dir}/m_n_y/z",
            }
    remote = fetch(uri, tmp_path / "fetched")
    local = tmp_path / "local"
    assert [p.parent.relative_to(remote) for p in events.event_files(remote)] == [
        p.parent.relative_to(local) for p in events.event_files(local)
    ]
    assert all(path.name.endswith(".x") for path in events.event_files(remote))
    assert [(p.tag, p.step, p.value) for p in events.points(remote)] == [
        (p.tag, p.step, p.value) for p in events.points(local)
    ]


def test_the_directory_is_what_was_given(uri, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(uri) as writer:
        assert (writer.log_dir, writer.get_logdir()) == (uri, uri)
        assert writer.file_writer.get_logdir() == uri
        assert uri in repr(writer)
    assert os.listdir(tmp_path) == []


def fill_embeddings(writer, step):
    pictures = np.linspace(0, 1, 4 * 3 * 2 * 2).reshape(4, 3, 2, 2)
    writer.add_embedding(np.arange(12.0).reshape(4, 3), list("abcd"), pictures, step, "vectors")
    writer.add_embedding(np.arange(8.0).reshape(4, 2), global_step=step, tag="a/b")


def test_embeddings_are_uploaded_as_a_local_writer_writes_them(uri, tmp_path, spools):
    with SummaryWriter(uri) as writer, SummaryWriter(tmp_path / "local") as local:
        for step in range(2):
            fill_embeddings(writer, step)
            fill_embeddings(local, step)
            writer.flush()
            local.flush()
            found = [
                {
                    path.relative_to(root): path.read_bytes()
                    for path in root.rglob("*")
                    if path.is_file() and "tfevents" not in path.name
                }
                for root in (fetch(uri, tmp_path / f"fetched{step}"), tmp_path / "local")
            ]
            assert found[0] == found[1]
            assert len(found[0]) == 1 + (step + 1) * 4
    assert os.listdir(spools) == []


def test_the_entries_of_earlier_embeddings_stay(uri, tmp_path):
    with SummaryWriter(uri) as writer:
        fill_embeddings(writer, 0)
        writer.close()
        fill_embeddings(writer, 1)
    with SummaryWriter(uri) as writer:
        fill_embeddings(writer, 2)
        writer.flush()
        fill_embeddings(writer, 3)
    config = (fetch(uri, tmp_path / "fetched") / "projector_config.pbtxt").read_text()
    names = [f"{tag}:{step:05}" for step in range(4) for tag in ("vectors", "a/b")]
    assert re.findall(r'tensor_name: "(.*)"', config) == names


def test_a_configuration_that_can_not_be_read_is_not_replaced(server, tmp_path):
    uri = "s3://bucket/run"
    with SummaryWriter(uri) as writer:
        fill_embeddings(writer, 0)
    server.fault = lambda environ: (
        ACCESS_DENIED
        if environ["REQUEST_METHOD"] == "GET" and "projector" in environ["PATH_INFO"]
        else None
    )
    with SummaryWriter(uri, flush_secs=1e9) as writer:
        fill_embeddings(writer, 1)
        writer.add_scalar("a", 1.0, 5)
        pattern = "all is kept in .*: looking at projector_config.pbtxt failed: not for you"
        with pytest.raises(PermissionError, match=pattern):
            writer.flush()
        # Everything else is uploaded.
        assert tfevents.read(uri)["."].scalars["a"].step.tolist() == [5]
        server.fault = lambda environ: None
        fill_embeddings(writer, 2)
    assert entries(uri, tmp_path) == ["00000"] * 2 + ["00001"] * 2 + ["00002"] * 2


def entries(uri, tmp_path):
    """The steps of the embeddings in the configuration."""
    fetched = tmp_path / f"fetched{len(os.listdir(tmp_path))}"
    config = (fetch(uri, fetched) / "projector_config.pbtxt").read_text()
    return re.findall(r'tensor_name: ".*:(\d+)"', config)


def test_an_embedding_waits_for_no_network(server):
    asked_at = []
    server.fault = lambda environ: asked_at.append(environ["PATH_INFO"])
    with SummaryWriter("s3://bucket/run", flush_secs=1e9) as writer:
        time.sleep(1.5)  # the first upload, which is soon
        asked_at.clear()
        writer.add_embedding(np.eye(2))
        assert asked_at == []


@pytest.mark.parametrize("ending", ["", "\n"])
def test_writers_at_the_same_time_keep_each_other_s_embeddings(uri, tmp_path, ending):
    others = 'embeddings { tensor_name: "other:00007" }\nmodel_checkpoint_path: "x"' + ending
    fs, path = fsspec.core.url_to_fs(f"{uri}/projector_config.pbtxt")
    fs.pipe_file(path, others.encode())
    with SummaryWriter(uri) as one, SummaryWriter(uri) as other:
        for step in 0, 2:
            fill_embeddings(one, step)
            fill_embeddings(other, step + 1)
            other.flush()
            one.flush()
    found = entries(uri, tmp_path)
    assert found[0] == "00007"
    assert sorted(found[1:]) == sorted(["00000", "00001", "00002", "00003"] * 2)
    config = fs.cat_file(path).decode()
    assert config.count("model_checkpoint_path") == 1
    message = peer("tfevents.proto.projector").ProjectorConfig()
    peer("google.protobuf.text_format").Parse(config, message)
    assert len(message.embeddings) == 9


def test_use_after_close_uploads_a_new_file(uri, spools):
    writer = SummaryWriter(uri, purge_step=5)
    for step in 5, 6, 7:
        writer.add_scalar("a", 1.0, step)
        writer.close()
        assert os.listdir(spools) == []
    assert steps(uri) == [5, 6, 7]


def test_a_file_writer_alone(uri, spools):
    class OnesSummary:
        def SerializeToString(self):
            return b"\x0a\x08\x0a\x01a\x15\x00\x00\x80\x3f"

    writer = FileWriter(uri, filename_suffix=".alone")
    writer.add_summary(OnesSummary(), 3)
    writer.flush()
    assert steps(uri) == [3]
    writer.close()
    with pytest.raises(OSError, match="closed"):
        writer.add_summary(OnesSummary(), 4)
    assert os.listdir(spools) == []
    writer.reopen()
    writer.add_summary(OnesSummary(), 5)
    writer.close()
    assert steps(uri) == [3, 5]
    assert os.listdir(spools) == []


def test_only_what_changed_is_uploaded(server, spools):
    def uploads():
        found = [path.split("/")[-2] for method, path in server.requests if method == "PUT"]
        server.requests.clear()
        return found

    with SummaryWriter("s3://bucket/run", flush_secs=1e9) as writer:
        writer.add_scalars("m", {"x": 1.0}, 1)
        writer.flush()
        uploads()
        writer.flush()
        assert uploads() == []
        writer.add_scalar("a", 1.0, 1)
        writer.flush()
        assert uploads() == ["run"]
        writer.add_scalars("m", {"x": 1.0}, 2)
    assert uploads() == ["m_x"]


def test_a_large_file_that_grows_while_it_is_uploaded(server, tmp_path):
    # This is larger than what s3fs uploads in one piece.
    text = "x" * (1 << 20)
    with SummaryWriter("s3://bucket/run", flush_secs=1e9) as writer:
        for step in range(60):
            writer.add_text("t", text, step)
        flushing = threading.Thread(target=writer.flush)
        flushing.start()
        for step in range(10_000):
            writer.add_scalar("a", 1.0, step)
        flushing.join()
    fetched = fetch("s3://bucket/run", tmp_path / "fetched")
    files = events.event_files(fetched)
    assert len(files) > 1
    found = [p for path in files for p in events.points_of(events.parse_file(path))]
    assert [p.step for p in found] == [*range(60), *range(10_000)]


def test_logging_does_not_wait_for_an_upload(server):
    answer = threading.Event()
    asked = threading.Event()

    def hangs(environ):
        if environ["REQUEST_METHOD"] == "PUT":
            asked.set()
            assert answer.wait(60)

    server.fault = hangs
    with SummaryWriter("s3://bucket/run", flush_secs=0.1) as writer:
        writer.add_scalar("a", 1.0, 0)
        assert asked.wait(60)
        for step in range(1, 100_000):
            writer.add_scalar("a", 1.0, step)
        answer.set()
    assert steps("s3://bucket/run") == list(range(100_000))


# Failures.

FAULTS = {
    "500": INTERNAL_ERROR,
    "503": SLOW_DOWN,
    "403": ACCESS_DENIED,
    "dropped": DROP,
}


def fail(server, fault):
    if fault == "away":
        server.stop()
    else:
        server.fault = lambda environ: FAULTS[fault]


def recover(server, fault):
    if fault == "away":
        server.start()
    else:
        server.fault = lambda environ: None


each_fault = pytest.mark.parametrize("fault", [*FAULTS, "away"])


@each_fault
def test_a_failure_is_raised_by_flush_and_by_close_and_keeps_everything(server, spools, fault):
    writer = SummaryWriter("s3://bucket/run", flush_secs=1e9)
    writer.add_scalar("a", 1.0, 1)
    fail(server, fault)
    for end in writer.flush, writer.close:
        with pytest.raises(OSError, match=f"kept in {spools}/tfevents-spool-") as raised:
            end()
        assert raised.value.filename == "s3://bucket/run"
        assert raised.value.errno
        assert raised.value.__cause__ is not None
        assert kept(spools) == [1]
    recover(server, fault)
    # The kept events are uploaded with the new ones.
    writer.add_scalar("a", 1.0, 2)
    writer.close()
    assert steps("s3://bucket/run") == [1, 2]
    assert os.listdir(spools) == []


def test_what_could_not_be_uploaded_is_by_another_close(server, spools):
    writer = SummaryWriter("s3://bucket/run")
    writer.add_scalar("a", 1.0, 1)
    fail(server, "403")
    with pytest.raises(PermissionError):
        writer.close()
    recover(server, "403")
    writer.close()
    assert steps("s3://bucket/run") == [1]
    assert os.listdir(spools) == []


@each_fault
def test_a_failure_in_the_background_is_raised_by_the_next_call(server, spools, fault):
    fail(server, fault)
    writer = SummaryWriter("s3://bucket/run", flush_secs=0.1)
    step = 0
    with pytest.raises(OSError, match=f"kept in {spools}/tfevents-spool-"):
        for step in range(1, 10_000):
            writer.add_scalar("a", 1.0, step)
            time.sleep(0.01)
    # The call that raised did not log anything.
    recover(server, fault)
    writer.close()
    assert steps("s3://bucket/run") == list(range(1, step))


def test_a_sub_run_s_next_call_raises_too(server):
    fail(server, "403")
    writer = SummaryWriter("s3://bucket/run", flush_secs=0.1)
    with pytest.raises(PermissionError):
        for step in range(10_000):
            writer.add_scalars("m", {"x": 1.0}, step)
            time.sleep(0.01)
    recover(server, "403")
    writer.close()


def test_a_failure_that_is_over_before_anybody_asks_is_none(server):
    fail(server, "403")
    writer = SummaryWriter("s3://bucket/run", flush_secs=0.1)
    writer.add_scalar("a", 1.0, 1)
    assert eventually(lambda: "PUT" in [method for method, _ in server.requests[2:]])
    recover(server, "403")
    assert eventually(lambda: steps("s3://bucket/run") == [1])
    writer.flush()
    writer.add_scalar("a", 1.0, 2)
    writer.close()
    assert steps("s3://bucket/run") == [1, 2]


@each_fault
def test_each_outage_warns_once_and_loses_nothing(server, spools, fault):
    writer = SummaryWriter("s3://bucket/run", flush_secs=0.1, on_error="warn")
    step = 0
    for _outage in range(2):
        fail(server, fault)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            while not warned:
                writer.add_scalar("a", 1.0, step)
                step += 1
                time.sleep(0.01)
        assert warned[0].category is RuntimeWarning
        assert f"kept in {spools}/tfevents-spool-" in str(warned[0].message)
        # There is no further warning, which pytest would turn into an error.
        for _ in range(3):
            writer.add_scalar("a", 1.0, step)
            step += 1
            writer.flush()
        recover(server, fault)
        assert eventually(lambda step=step: steps("s3://bucket/run") == list(range(step)))
    writer.close()
    assert steps("s3://bucket/run") == list(range(step))
    assert os.listdir(spools) == []


def test_close_warns_where_it_has_to_leave_something(server, spools):
    writer = SummaryWriter("s3://bucket/run", flush_secs=1e9, on_error="warn")
    writer.add_scalar("a", 1.0, 1)
    fail(server, "403")
    with pytest.warns(RuntimeWarning, match="kept in"):
        writer.flush()
    with pytest.warns(RuntimeWarning, match="kept in"):
        writer.close()
    assert kept(spools) == [1]
    recover(server, "403")
    writer.close()


def test_a_bucket_that_does_not_exist(server, spools):
    writer = SummaryWriter("s3://no-such-bucket/run")
    with pytest.raises(FileNotFoundError, match="bucket"):
        writer.flush()
    with pytest.raises(FileNotFoundError, match="bucket"):
        writer.close()
    fsspec.filesystem("s3").mkdir("no-such-bucket")
    writer.close()


# Processes, threads, garbage.

LOG = """
import gc, multiprocessing, os, pickle, sys
from tfevents import SummaryWriter

def log(writer, start, count=100):
    for step in range(start, start + count):
        writer.add_scalar("a", 1.0, step)

if __name__ == "__main__":
    writer = SummaryWriter("s3://bucket/run", flush_secs=3600)
    log(writer, 0)
"""


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("", 0),
        ("del writer", 0),
        ("sys.exit(3)", 3),
        ("raise RuntimeError('uncaught')", 1),
        ("sys.leaked = [writer, lambda: writer]", 0),
        ("writer.myself = writer; del writer; gc.collect()", 0),
        ("import threading; threading.Thread(target=writer.flush).start()", 0),
    ],
)
def test_everything_is_uploaded_when_the_interpreter_ends(
    server,
    spools,
    monkeypatch,
    ending,
    status,
):
    # Looking up a name takes a thread, and no thread can be started at the end of a process.
    monkeypatch.setenv("FSSPEC_S3", os.environ["FSSPEC_S3"].replace("127.0.0.1", "localhost"))
    done = scripts.run(LOG + f"    {ending}", spools)
    assert done.returncode == status, done.stderr
    if status == 0:
        assert done.stderr == ""
    assert steps("s3://bucket/run") == list(range(100))
    assert os.listdir(spools) == []


@pytest.mark.parametrize("on_error", ["raise", "warn"])
def test_what_can_not_be_uploaded_at_the_end_is_kept_and_told(server, spools, on_error):
    fail(server, "403")
    done = scripts.run(LOG.replace("3600", f"3600, on_error={on_error!r}"), spools)
    assert "not for you" in done.stderr
    assert f"kept in {spools}/tfevents-spool-" in done.stderr
    assert kept(spools) == list(range(100))


def test_what_is_logged_while_the_interpreter_ends_is_uploaded_or_refused_aloud(server, spools):
    done = scripts.run(
        "import atexit; atexit.register(lambda: log(writer, 100, 1))\n" + LOG.lstrip(), spools
    )
    uploaded = steps("s3://bucket/run")
    assert uploaded == list(range(101)) or (uploaded == list(range(100)) and done.stderr)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("parent_closes", [False, True])
def test_a_forked_child_uploads_a_file_of_its_own(server, spools, parent_closes):
    done = scripts.run(
        LOG
        + f"""
    silent = os.fork()
    if silent == 0:
        writer.flush()
        writer.close()
        sys.exit()
    child = silent and os.fork()
    if child == 0:
        while {parent_closes} and os.getppid() != 1 and "closed" not in os.environ:
            if os.path.exists(sys.argv[1] + "/closed"):
                break
        log(writer, 1000)
        sys.exit()
    log(writer, 100)
    if {parent_closes}:
        writer.close()
    open(sys.argv[1] + "/closed", "w").close()
    assert os.waitpid(silent, 0)[1] == 0
    assert os.waitpid(child, 0)[1] == 0
    os.unlink(sys.argv[1] + "/closed")
    log(writer, 200)
""",
        spools,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert steps("s3://bucket/run") == [*range(300), *range(1000, 1100)]
    fs = fsspec.filesystem("s3")
    assert len(fs.find("bucket/run")) == (3 if parent_closes else 2)
    assert os.listdir(spools) == []


def _log_in_child(writer, start):
    for step in range(start, start + 10):
        writer.add_scalar("a", 1.0, step)


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_multiprocessing(server, spools, tmp_path, method):
    script = tmp_path / "script.py"
    script.write_text(
        LOG
        + f"""
    context = multiprocessing.get_context({method!r})
    children = [context.Process(target=log, args=(writer, s)) for s in (1000, 2000)]
    [child.start() for child in children]
    [child.join() for child in children]
    assert [child.exitcode for child in children] == [0, 0]
"""
    )
    scripts.check(f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')")
    assert steps("s3://bucket/run") == [*range(100), *range(1000, 1100), *range(2000, 2100)]
    assert os.listdir(spools) == []


def test_a_copy_uploads_a_file_of_its_own(uri, spools):
    with SummaryWriter(uri, filename_suffix=".x") as original:
        original.add_scalar("a", 1.0, 1)
        with pickle.loads(pickle.dumps(original)) as twin:
            assert twin.log_dir == uri
            twin.add_scalar("a", 1.0, 2)
    assert steps(uri) == [1, 2]
    assert os.listdir(spools) == []


def test_garbage_collection_uploads_and_removes(uri, spools):
    writer = SummaryWriter(uri)
    writer.add_scalar("a", 1.0, 1)
    writer.add_scalars("m", {"x": 1.0}, 2)
    writer.myself = writer
    del writer
    gc.collect()
    assert eventually(lambda: os.listdir(spools) == [])
    assert steps(uri) == [1, 2]
    assert eventually(lambda: "tfevents-upload" not in [t.name for t in threading.enumerate()])


def test_many_threads(uri, spools):
    writer = SummaryWriter(uri, flush_secs=0.1)

    def log(start):
        for step in range(start, start + 1000):
            writer.add_scalar("a", 1.0, step)
            if step % 100 == 0:
                writer.flush() if step % 200 else writer.close()

    threads = [threading.Thread(target=log, args=(start,)) for start in (0, 1000, 2000, 3000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert steps(uri) == list(range(4000))
    assert os.listdir(spools) == []


# Arguments.


@pytest.mark.parametrize("path", [Path("s3://bucket/run"), "s3:/bucket/run", Path("gs://b/r")])
def test_a_mangled_uri_is_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for make in SummaryWriter, FileWriter:
        with pytest.raises(ValueError, match=r"log_dir: .*pathlib.*(s3|gs)://b"):
            make(path)
    assert os.listdir(tmp_path) == []


def test_a_mangled_file_uri_is_refused_with_the_right_one(tmp_path):
    mangled = Path(f"file://{tmp_path}")
    with pytest.raises(ValueError, match=f"pass the str 'file://{re.escape(str(tmp_path))}'"):
        SummaryWriter(mangled)


@pytest.mark.parametrize("make", [SummaryWriter, FileWriter, tfevents.read, tfevents.verify])
def test_a_file_uri_without_a_path_is_refused(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="'file://' has no path"):
        make("file://")
    assert os.listdir(tmp_path) == []


def test_a_file_uri_is_a_local_path(tmp_path):
    for make in SummaryWriter, FileWriter:
        directory = tmp_path / make.__name__
        writer = make(f"file://{directory}")
        assert os.fspath(writer.get_logdir()) == str(directory)
        writer.close()
        assert events.only_file(directory)


@pytest.mark.parametrize("make", [SummaryWriter, FileWriter])
def test_what_is_not_there_is_named(monkeypatch, make):
    with pytest.raises(ValueError, match="nonsense"):
        make("nonsense://bucket/run")
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ImportError, match=r"memory://run.*tfevents\[remote\]"):
        make("memory://run")


@pytest.mark.parametrize(
    "arguments", [{"flush_secs": float("nan")}, {"flush_secs": "1"}, {"on_error": "ignore"}]
)
def test_other_arguments_are_checked_as_ever(arguments):
    (name,) = arguments
    with pytest.raises((TypeError, ValueError), match=name):
        SummaryWriter("memory://run", **arguments)
