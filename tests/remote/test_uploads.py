"""The amount of uploads, the files of a killed process, and the time that an end may take."""

import errno
import os
import re
import signal
import subprocess
import threading
import time
import warnings
from pathlib import Path

import pytest
from s3 import ACCESS_DENIED, HANG, INTERNAL_ERROR
from test_remote_writer import eventually, fetch, steps

import events
import scripts
import tfevents
from peers import peer
from tfevents import FileWriter, SummaryWriter
from tfevents.remote import uploads

fsspec = peer("fsspec")
URI = "s3://bucket/run"


def puts(environ) -> bool:
    return environ["REQUEST_METHOD"] == "PUT"


def hang(server) -> None:
    """Makes the server take files and never answer."""
    server.fault = lambda environ: HANG if puts(environ) else None


def refuse(server) -> None:
    server.fault = lambda environ: ACCESS_DENIED if puts(environ) else None


def upload_threads() -> list[str]:
    return [it.name for it in threading.enumerate() if it.name.startswith("tfevents-upload")]


# The amount of uploads.


@pytest.mark.parametrize("flushes", [1, 3, 40])
def test_uploads_are_at_most_twice_what_was_logged(server, tmp_path, flushes):
    text = "x" * (1 << 19)
    logged = 0
    with SummaryWriter(URI, flush_secs=1e9) as writer:
        for step in range(80):
            writer.add_text("t", text, step)
            logged += len(text)
            if (step + 1) % (80 // flushes) == 0:
                writer.flush()
                # This holds at all times, and not only at the end.
                assert sum(size for _, size in server.received) <= 2.01 * logged
    files = events.event_files(fetch(URI, tmp_path / "fetched"))
    # Everything that waits goes to one file.
    assert flushes == 1 or all(path.stat().st_size <= 17 << 20 for path in files)
    # TensorBoard and we read them in the order of their names.
    found = [
        p.step
        for path in sorted(files, key=lambda path: path.name)
        for p in events.points_of(events.parse_file(path))
    ]
    assert found == list(range(80))
    read = tfevents.read(URI)["."].texts["t/text_summary"]
    assert read.step.tolist() == list(range(80))


def test_small_logs_stay_in_one_file(server, tmp_path):
    with SummaryWriter(URI, flush_secs=1e9) as writer:
        for step in range(30):
            writer.add_scalar("a", 1.0, step)
            writer.flush()
    events.only_file(fetch(URI, tmp_path / "fetched"))


def test_a_file_that_another_follows_is_done_and_gone(server, spools):
    text = "x" * (1 << 20)
    with SummaryWriter(URI, flush_secs=1e9) as writer:
        for step in range(40):
            writer.add_text("t", text, step)
            writer.flush()
        kept = [path for path in spools.rglob("*tfevents*") if path.is_file()]
        assert sum(path.stat().st_size for path in kept) < 20 << 20
    sent = [path for path, _ in server.received]
    names = sorted(set(sent))
    assert len(names) > 2
    for name in names:
        last = len(sent) - 1 - sent[::-1].index(name)
        assert all(later >= name for later in sent[last:])


def test_each_sub_run_has_its_own_budget(server, tmp_path):
    with SummaryWriter(URI, flush_secs=1e9) as writer:
        for step in range(20):
            writer.add_scalars("m", {"x": 1.0, "y": 2.0}, step)
            writer.add_text("t", "x" * (1 << 19), step)
            writer.flush()
    runs = tfevents.read(URI)
    assert runs["m_x"].scalars["m"].step.tolist() == list(range(20))
    assert runs["."].texts["t/text_summary"].step.tolist() == list(range(20))
    fetched = fetch(URI, tmp_path / "fetched")
    assert len(events.event_files(fetched / "m_x")) == 1
    assert len(list(fetched.glob("*tfevents*"))) > 1


def test_one_thread_uploads_for_all_writers(server):
    writers = [SummaryWriter(f"s3://bucket/{n}") for n in range(12)]
    for writer in writers:
        writer.add_scalar("a", 1.0, 1)
    for writer in writers:
        writer.flush()
    assert upload_threads() == ["tfevents-upload"]
    for writer in writers:
        writer.close()
    assert eventually(lambda: upload_threads() == [])
    assert [steps(f"s3://bucket/{n}") for n in range(12)] == [[1]] * 12


# The files of killed processes.

LOG = """
import os, signal, sys, time
from tfevents import SummaryWriter

writer = SummaryWriter("s3://bucket/run", flush_secs=3600)
for step in range(100):
    writer.add_scalar("a", 1.0, step)
"""


def killed(server, number: int, source: str = "") -> subprocess.Popen:
    """A process that has logged 100 steps, uploaded nothing, and got a signal."""
    with subprocess.Popen(
        scripts.command(
            LOG
            + source
            + """
from tfevents import _native
_native.flush_at_exit(last=False)
print("ready", flush=True)
time.sleep(600)
"""
        ),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            process.send_signal(number)
            process.wait(scripts.HANGS_AFTER)
        finally:
            process.kill()
    return process


def test_what_a_killed_process_left_is_told_and_uploaded(server, spools):
    refuse(server)
    killed(server, signal.SIGKILL)
    server.fault = lambda environ: None
    assert not fsspec.filesystem("s3").find("bucket/run")
    # The writer of another run does not warn.
    SummaryWriter("s3://bucket/other").close()
    pattern = (
        rf"{URI}: an earlier writer has left 1 files, .* in {spools}/.*upload_spools\('{URI}'\)"
    )
    with pytest.warns(RuntimeWarning, match=pattern) as warned, SummaryWriter(URI) as writer:
        writer.add_scalar("a", 1.0, 100)
    assert [it.filename for it in warned] == [__file__]
    (uri,) = tfevents.upload_spools(URI)
    assert uri.startswith(f"{URI}/events.out.tfevents.")
    assert steps(URI) == list(range(101))
    assert os.listdir(spools) == []
    assert tfevents.upload_spools() == []
    SummaryWriter(URI).close()


def test_a_file_writer_tells_too(server, spools):
    refuse(server)
    killed(server, signal.SIGKILL)
    server.fault = lambda environ: None
    with pytest.warns(RuntimeWarning, match="earlier writer") as warned:
        FileWriter(URI).close()
    assert [it.filename for it in warned] == [__file__]
    assert len(tfevents.upload_spools("s3://bucket/")) == 1
    assert steps(URI) == list(range(100))


def test_what_was_uploaded_before_the_kill_is_not_told(server, spools):
    killed(server, signal.SIGKILL, "writer.flush()\n")
    with SummaryWriter(URI):
        pass
    assert os.listdir(spools) == []
    assert steps(URI) == list(range(100))


def test_what_can_not_be_uploaded_stays(server, spools):
    refuse(server)
    killed(server, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(PermissionError, match="not for you") as raised:
            tfevents.upload_spools()
        assert raised.value.filename == URI
    server.fault = lambda environ: None
    assert tfevents.upload_spools("s3://bucket/ru") == []
    assert len(tfevents.upload_spools("s3://bucket")) == 1
    assert steps(URI) == list(range(100))


def embed(step: int, value: float) -> str:
    return f"writer.add_embedding([[{value}, {value}]], global_step={step})\n"


def test_what_later_writers_embedded_stays(server, spools, tmp_path):
    refuse(server)
    killed(server, signal.SIGKILL, embed(1, 1.0) + embed(2, 2.0))
    server.fault = lambda environ: None
    an_hour_ago = time.time() - 3600
    for path in spools.rglob("*.tsv"):
        os.utime(path, (an_hour_ago, an_hour_ago))
    with pytest.warns(RuntimeWarning, match="earlier writer"):
        writer = SummaryWriter(URI)
    with writer:
        writer.add_embedding([[7.0, 7.0]], global_step=2)
        writer.add_embedding([[8.0, 8.0]], global_step=3)
    found = tfevents.upload_spools(URI)
    assert sorted(uri.removeprefix(URI).split("tfevents")[0] for uri in found) == [
        "/00001/default/tensors.tsv",
        "/events.out.",
        "/projector_config.pbtxt",
    ]
    fetched = fetch(URI, tmp_path / "fetched")
    vectors = [
        (fetched / f"{step:05}" / "default" / "tensors.tsv").read_text() for step in (1, 2, 3)
    ]
    assert vectors == ["1.0\t1.0\n", "7.0\t7.0\n", "8.0\t8.0\n"]
    config = (fetched / "projector_config.pbtxt").read_text()
    assert re.findall(r"tensor_name: .*:(\d+)", config) == ["00002", "00003", "00001"]
    assert os.listdir(spools) == []
    assert steps(URI) == list(range(100))


def test_what_earlier_writers_embedded_is_replaced(server, spools, tmp_path):
    with SummaryWriter(URI) as writer:
        writer.add_embedding([[7.0, 7.0]], global_step=2)
    refuse(server)
    killed(server, signal.SIGKILL, embed(2, 2.0))
    server.fault = lambda environ: None
    in_an_hour = time.time() + 3600
    for path in spools.rglob("*.tsv"):
        os.utime(path, (in_an_hour, in_an_hour))
    tfevents.upload_spools(URI)
    fetched = fetch(URI, tmp_path / "fetched")
    assert (fetched / "00002" / "default" / "tensors.tsv").read_text() == "2.0\t2.0\n"
    assert (fetched / "projector_config.pbtxt").read_text().count("tensor_name") == 1


def test_the_spools_of_those_who_live_are_theirs(server, spools):
    with SummaryWriter(URI, flush_secs=1e9) as writer:
        writer.add_scalar("a", 1.0, 1)
        scripts.check(
            """
            import tfevents
            assert tfevents.upload_spools() == []
            tfevents.SummaryWriter("s3://bucket/run").close()
            """
        )
        assert tfevents.upload_spools() == []
        SummaryWriter(URI).close()
    assert steps(URI) == [1]
    assert os.listdir(spools) == []


def test_the_spool_is_where_the_environment_says(server, tmp_path, monkeypatch):
    monkeypatch.setenv("TFEVENTS_SPOOL", str(tmp_path / "elsewhere"))
    with SummaryWriter(URI) as writer:
        writer.add_scalar("a", 1.0, 1)
        (above,) = (tmp_path / "elsewhere").iterdir()
        assert above.stat().st_mode & 0o077 == 0
    assert not above.exists()


def test_a_directory_of_somebody_else_is_no_spool(server, spools):
    (spools / "elsewhere").mkdir()
    (spools / f"tfevents-spool-{os.getuid()}").symlink_to(spools / "elsewhere")
    with pytest.raises(PermissionError, match="TFEVENTS_SPOOL"):
        SummaryWriter(URI)


@pytest.mark.parametrize("uri", [1, b"s3://bucket", Path("run")])
def test_the_argument_is_a_str(uri):
    with pytest.raises(TypeError, match="uri"):
        tfevents.upload_spools(uri)


# SIGTERM.


def test_sigterm_uploads_what_is_there(server, spools):
    process = killed(server, signal.SIGTERM)
    assert process.returncode == -signal.SIGTERM
    assert steps(URI) == list(range(100))


def test_a_program_s_own_handler_is_the_only_one(server):
    for when in "before", "after":
        handle = "signal.signal(signal.SIGTERM, lambda *_: os._exit(7))\n"
        source = LOG + handle if when == "after" else "import os, signal\n" + handle + LOG
        process = subprocess.Popen(
            scripts.command(source + "print('ready', flush=True)\ntime.sleep(600)\n"),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        assert process.wait(scripts.HANGS_AFTER) == 7
        process.stdout.close()


def test_python_does_not_see_the_handler(server):
    scripts.check(LOG + "assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL\n")


def test_a_child_that_is_terminated_ends_alone(server):
    scripts.check(
        LOG
        + """
child = os.fork()
if child == 0:
    time.sleep(600)
os.kill(child, signal.SIGTERM)
assert os.waitpid(child, 0)[1] == signal.SIGTERM
writer.add_scalar("a", 1.0, 100)
writer.close()
"""
    )
    assert steps(URI) == list(range(101))


# Ends in bounded time.

IMPATIENT = "from tfevents.remote import uploads; uploads._PATIENCE_AT_END = 1.0\n"
FOUR = """
writers = [SummaryWriter(f"s3://bucket/{n}", flush_secs=3600) for n in range(4)]
for writer in writers:
    writer.add_scalar("a", 1.0, 1)
"""


def test_the_end_waits_once_for_an_endpoint_that_never_answers(server, spools):
    hang(server)
    began = time.monotonic()
    done = scripts.run(IMPATIENT + LOG + FOUR)
    # Four times as long would be much longer than this.
    assert time.monotonic() - began < 60
    assert done.stderr.count("nothing arrived for") == 5
    assert len(list(spools.glob("*/*.lock"))) == 5
    server.fault = lambda environ: None
    assert len(tfevents.upload_spools()) == 5
    assert os.listdir(spools) == []


@pytest.mark.parametrize("answer", [None, INTERNAL_ERROR], ids=["succeeds", "fails"])
def test_what_is_logged_during_an_upload_goes_up_at_the_end(server, spools, answer):
    ends = threading.Event()

    def hold_the_first(environ):
        if puts(environ) and server.count("PUT", "tfevents") == 1:
            ends.wait(scripts.HANGS_AFTER)
            return answer
        return None

    server.fault = hold_the_first
    with subprocess.Popen(
        scripts.command(
            LOG
            + """
from tfevents.remote import uploads

def ask(*arguments, **options):
    print("ending", flush=True)
    return uploads_ask(*arguments, **options)

uploads_ask, uploads.ask = uploads.ask, ask
uploads._PATIENCE_AT_END = 25.0
sys.stdin.read()
writer.add_scalar("a", 1.0, 100)
"""
        ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert eventually(lambda: server.count("PUT", "tfevents") == 1)
            process.stdin.close()
            assert process.stdout.readline() == "ending\n"
            # The process asks for another upload while this one is on its way.
            time.sleep(0.2)
            ends.set()
            assert process.wait(scripts.HANGS_AFTER) == 0
            assert process.stderr.read() == ""
        finally:
            ends.set()
            process.kill()
    assert steps(URI) == list(range(101))
    assert os.listdir(spools) == []


def test_the_end_tries_each_spool_once(server, spools):
    refuse(server)
    done = scripts.run(LOG.replace("range(100)", "range(3)") + FOUR)
    assert done.stderr.count("not for you") == 5
    for run in "run", "0", "1", "2", "3":
        assert server.count("PUT", f"/{run}/") <= 2, "one may be of the first second"


def test_after_ctrl_c_nothing_goes_up(server, spools):
    hang(server)
    process = subprocess.Popen(
        scripts.command(LOG + FOUR + "print('ready', flush=True)\n"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    assert eventually(lambda: server.count("PUT", "tfevents") == 5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=scripts.HANGS_AFTER)
    assert server.count("PUT", "tfevents") == 5
    assert err.count("interrupted") >= 5
    assert len(list(spools.glob("*/*.lock"))) == 5


@pytest.mark.parametrize("on_error", ["raise", "warn"])
def test_flush_and_close_give_up_on_an_endpoint_that_never_answers(server, monkeypatch, on_error):
    monkeypatch.setattr(uploads, "PATIENCE", 1.0)
    monkeypatch.setattr(uploads, "_patience", 1.0)
    writer = SummaryWriter(URI, flush_secs=1e9, on_error=on_error)
    writer.add_scalar("a", 1.0, 1)
    hang(server)
    for end in writer.flush, writer.close:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                end()
            except TimeoutError as error:
                assert on_error == "raise"
                assert (error.errno, error.filename) == (errno.ETIMEDOUT, URI)
            else:
                assert on_error == "warn"
                assert [it.filename for it in warned] == [__file__]
                assert "nothing arrived for" in str(warned[0].message)
    server.fault = lambda environ: None
    monkeypatch.setattr(uploads, "_patience", 30.0)
    writer.close()
    assert steps(URI) == [1]


def test_an_endpoint_that_is_late_is_waited_for(server, monkeypatch):
    monkeypatch.setattr(uploads, "_patience", 5.0)
    server.fault = lambda environ: time.sleep(0.5) if puts(environ) else None
    with SummaryWriter(URI, flush_secs=1e9) as writer:
        for step in range(5):
            writer.add_scalar("a", 1.0, step)
            writer.flush()
    assert steps(URI) == list(range(5))


# Messages.


def test_a_failure_of_sub_runs_is_told_once(server):
    writer = SummaryWriter(URI, flush_secs=1e9)
    writer.add_scalars("m", {"x": 1.0, "y": 1.0, "z": 1.0}, 1)
    writer.add_scalar("a", 1.0, 1)
    refuse(server)
    for end in writer.flush, writer.close:
        with pytest.raises(PermissionError) as raised:
            end()
        assert not isinstance(raised.value.__context__, PermissionError) or (
            raised.value.__context__ is raised.value.__cause__
        )
        # Nothing is left to report.
    server.fault = lambda environ: None
    writer.add_scalars("m", {"x": 1.0, "y": 1.0, "z": 1.0}, 2)
    writer.close()


def test_warnings_point_at_the_caller(server):
    server.fault = lambda environ: INTERNAL_ERROR if puts(environ) else None
    for call in (
        lambda writer: writer.flush(),
        lambda writer: writer.add_scalar("a", 1.0, 2),
        lambda writer: writer.add_scalars("m", {"x": 1.0}, 2),
        lambda writer: writer.add_text("t", "x", 2),
    ):
        writer = SummaryWriter(URI, flush_secs=0.1, on_error="warn")
        writer.add_scalar("a", 1.0, 1)
        server.requests.clear()
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            assert eventually(lambda call=call, writer=writer: call(writer) or warned)
        assert {it.filename for it in warned} == {__file__}
        assert len(warned) == 1
        with pytest.warns(RuntimeWarning, match="kept in"):
            writer.close()
        server.fault = lambda environ: None
        writer.close()
        server.fault = lambda environ: INTERNAL_ERROR if puts(environ) else None


def test_what_to_install_is_said(monkeypatch):
    with pytest.raises(ValueError, match=r"^nonsense://b/r: fsspec knows no scheme 'nonsense'"):
        SummaryWriter("nonsense://b/r")
    for scheme, package in ("gs", "gcsfs"), ("abfs", "adlfs"):
        with pytest.raises(ImportError, match=rf"^{scheme}://b/r: .*pip install {package}"):
            SummaryWriter(f"{scheme}://b/r")
        with pytest.raises(ImportError, match=rf"^{scheme}://b/r: .*pip install {package}"):
            tfevents.read(f"{scheme}://b/r")
    with pytest.raises(ImportError, match=r"^sftp://host/r: .*paramiko"):
        SummaryWriter("sftp://host/r")
    with pytest.raises(ValueError, match=r"^github://b/r: .*org"):
        SummaryWriter("github://b/r")
