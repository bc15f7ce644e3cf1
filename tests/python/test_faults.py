"""System calls that fail, are slow or end the process: a sample of `make faults`."""

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import events
from faults import run, shim

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the shim stands in for glibc's calls"
)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    required = os.environ.get("CI") == "true" or "TFEVENTS_REQUIRE_PEERS" in os.environ
    if shim.compiler() is None and not required:
        pytest.skip("needs a C compiler")
    return shim.build(tmp_path_factory.mktemp("shim"))


def test_nothing_is_lost_written_twice_or_hangs(library):
    arguments = ["--sample", "120", "--kills", "60", "--jobs", "8"]
    done = run.preloaded(library, arguments)
    assert done.returncode == 0
    sums = json.loads(done.stdout)
    assert sum(counts["cases"] for counts in sums.values()) == 180
    assert sum(counts["hit"] for counts in sums.values()) > 100
    for fault, counts in sums.items():
        assert not any(counts.get(wrong) for wrong in run.WRONG), (fault, counts)


# The script of a process with the shim. Each write below "<directory>/slow" takes long.
SLOW = """
import ctypes, os, signal, sys, threading, time
from faults import shim
from tfevents import SummaryWriter

directory, milliseconds = sys.argv[1], int(sys.argv[2])
control = shim.control()
shim.obey(control)
control.calls, control.at, control.times = shim.WRITE, 1, 1 << 40
control.action, control.argument = shim.SLOW, milliseconds
control.directory = os.fsencode(directory + "/slow")
"""


def start(library, source, *arguments) -> subprocess.Popen:
    script = SLOW + textwrap.dedent(source)
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "PYTHONPATH": os.pathsep.join([str(Path(run.__file__).parents[1])]),
    }
    return subprocess.Popen([sys.executable, "-c", script, *map(str, arguments)], env=environment)


@pytest.mark.parametrize("milliseconds", [50, 90, 120, 300])
def test_the_process_ends_whatever_daemon_threads_log(library, tmp_path, milliseconds):
    process = start(
        library,
        """
        writer = SummaryWriter(directory + "/slow")
        def monitor():
            step = 0
            while True:
                writer.add_scalar("cpu", 1.0, step)
                step += 1
                time.sleep(0.02)
        for _ in range(4):
            threading.Thread(target=monitor, daemon=True).start()
        time.sleep(0.5)
        """,
        tmp_path,
        milliseconds,
    )
    try:
        assert process.wait(60) == 0
    finally:
        process.kill()


@pytest.mark.parametrize("hanging", [1, 3])
def test_files_that_hang_do_not_hold_up_others(library, tmp_path, hanging):
    process = start(
        library,
        f"""
        others = [SummaryWriter(f"{{directory}}/{{number}}") for number in range(20)]
        for number in range({hanging}):
            threading.Thread(
                target=SummaryWriter, args=(f"{{directory}}/slow {{number}}",), daemon=True
            ).start()
        time.sleep(0.5)
        assert control.hits == {hanging}, control.hits
        for step in range(100):
            for writer in others:
                writer.add_scalar("a", 1.0, step)
            time.sleep(0.01)
        time.sleep(1)
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        tmp_path,
        3_600_000,
    )
    assert process.wait(100) == -9
    for number in range(20):
        assert events.steps(tmp_path / str(number)) == list(range(100))


def test_flush_of_one_file_does_not_wait_for_another(library, tmp_path):
    process = start(
        library,
        """
        writer = SummaryWriter(directory + "/quick")
        threading.Thread(target=SummaryWriter, args=(directory + "/slow",), daemon=True).start()
        time.sleep(0.2)
        for step in range(100):
            writer.add_scalar("a", 1.0, step)
            writer.flush()
        writer.close()
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        tmp_path,
        3_600_000,
    )
    started = time.monotonic()
    assert process.wait(100) == -9
    assert time.monotonic() - started < 60
    assert events.steps(tmp_path / "quick") == list(range(100))


@pytest.mark.parametrize("on_error", ["raise", "warn"])
def test_without_threads_who_logs_writes(library, tmp_path, on_error):
    process = start(
        library,
        f"""
        import errno, warnings
        warnings.simplefilter("error")
        control.calls, control.at, control.times = shim.THREAD, 1, 1 << 40
        control.action, control.argument = shim.FAIL, errno.EAGAIN
        writer = SummaryWriter(directory, on_error={on_error!r})
        writer.add_scalar("a", 1.0, 1)
        writer.close()
        writer.add_scalar("a", 1.0, 2)
        child = os.fork()
        writer.add_scalar("a", 1.0, 3 if child else 4)
        if child == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
        assert control.hits > 3, control.hits
        # They come back.
        control.calls = 0
        writer.add_scalar("a", 1.0, 5)
        writer.flush()
        writer.add_scalar("a", 1.0, 6)
        time.sleep(1)
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        tmp_path,
        0,
    )
    assert process.wait(100) == -9
    assert events.steps(tmp_path) == [1, 2, 3, 4, 5, 6]
