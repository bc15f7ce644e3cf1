"""Ctrl-C and signal handlers while a reader waits for a file system that does not answer."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import scripts
from tfevents import SummaryWriter

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with a name")

# The cases, by argv[1]. `path` is where the wait is; `real` is an event file.
CALLS = {
    "read": "tfevents.read(path)",
    "several": "tfevents.read([real, path], threads=3)",
    "reload": "log.reload()",
    "iter_events": "list(tfevents.iter_events(path))",
    "follow": "list(tfevents.follow(path))",
    "follow_end": "list(tfevents.follow(path, start='end'))",
    "verify": "tfevents.verify(path)",
    "repair": "tfevents.repair(path, path + '-repaired')",
    "accumulator": "EventAccumulator(path).Reload()",
    "image": "run.images['x'][0]",
}

INTERRUPTED = """
    import os, sys, tfevents
    from tfevents.compat.event_accumulator import EventAccumulator
    call, path, real = sys.argv[1:]
    if call == "log.reload()":
        os.link(real, path)
        log = tfevents.read(path)
    elif call.startswith("run."):
        os.link(real, path)
        run = tfevents.read(path)["."]
    if call.startswith(("log", "run")):
        os.remove(path)
        os.mkfifo(path)
    beside = os.listdir(os.path.dirname(real))
    try:
        print("ready", flush=True)
        # Of a string, the exception would count as one that nobody caught.
        eval(compile(call, "call", "eval"))
    except KeyboardInterrupt:
        assert os.listdir(os.path.dirname(real)) == beside
        # It is not stuck, and can do other things.
        assert tfevents.verify(real).ok
        print("interrupted")
"""


@pytest.fixture
def real(tmp_path: Path) -> Path:
    import numpy as np

    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a", 1, 1)
        # Large enough to stay in the file.
        writer.add_image("x", np.random.default_rng(0).random((3, 64, 64)), 1)
    (path,) = tmp_path.iterdir()
    return path


def interrupt(call: str, path: Path, real: Path) -> None:
    """Runs a call that waits, and sends Ctrl-C."""
    process = subprocess.Popen(
        scripts.command(INTERRUPTED, call, path, real), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    sent = time.monotonic()
    try:
        out, _ = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        pytest.fail("Ctrl-C does nothing")
    assert (process.returncode, out) == (0, "interrupted\n")
    # This would find waits that only end by chance.
    assert time.monotonic() - sent < 20


@pytest.mark.parametrize("call", CALLS)
def test_ctrl_c_while_a_pipe_is_waited_for(tmp_path: Path, real: Path, call: str) -> None:
    path = tmp_path / "events.out.tfevents.pipe"
    if call not in ("reload", "image"):
        os.mkfifo(path)
    interrupt(CALLS[call], path, real)


@pytest.mark.parametrize("call", ["read", "iter_events", "follow", "verify"])
def test_ctrl_c_while_a_pipe_that_is_open_is_waited_for(
    tmp_path: Path, real: Path, call: str
) -> None:
    path = tmp_path / "events.out.tfevents.pipe"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)
    os.write(writer, real.read_bytes()[:50])
    interrupt(CALLS[call], path, real)
    os.close(writer)


@pytest.fixture
def stalled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system whose server does not answer. Only SIGKILL ends a wait for it."""
    directory = tmp_path_factory.mktemp("stalled")
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        fuse = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        pytest.skip(f"needs FUSE: {error}")
    options = f"fd={fuse},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
    target = os.fsencode(directory)
    if libc.mount(b"stalled", target, b"fuse.stalled", 0, options.encode()) != 0:
        os.close(fuse)
        pytest.skip(f"needs the right to mount: {os.strerror(ctypes.get_errno())}")
    yield directory
    os.close(fuse)
    libc.umount2(target, 2)  # MNT_DETACH


@pytest.mark.parametrize("call", ["read", "iter_events", "follow", "verify", "repair", "several"])
def test_ctrl_c_while_a_file_system_does_not_answer(stalled: Path, real: Path, call: str) -> None:
    interrupt(CALLS[call], stalled, real)


CLOSED_BY_A_HANDLER = """
    import os, signal, sys, tfevents
    path, how = sys.argv[1:]
    events = tfevents.follow(path) if how == "follow" else tfevents.iter_events(path)
    signal.signal(signal.SIGALRM, lambda *_: events.close())
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    print(len(list(events)), events.damage)
"""


@pytest.mark.parametrize("how", ["iter_events", "follow"])
def test_a_handler_closes_what_waits(tmp_path: Path, real: Path, how: str) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)
    os.write(writer, real.read_bytes()[:60])
    out = scripts.check(CLOSED_BY_A_HANDLER, path, how)
    os.close(writer)
    assert out == "1 []\n"


USED_BY_A_HANDLER = """
    import os, signal, sys, tfevents
    events = tfevents.iter_events(sys.argv[1], on_corrupt="skip")
    seen = []
    def handler(*_):
        seen.append(next(events, None))
        events.damage
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    count = sum(1 for _ in events)
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(count + sum(event is not None for event in seen))
"""


def test_a_handler_takes_events_too(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("a", [0.0] * 200_000)
    assert scripts.check(USED_BY_A_HANDLER, tmp_path) == "200001\n"


RELOADED_BY_A_HANDLER = """
    import os, signal, sys, tfevents
    log = tfevents.read(sys.argv[1])
    refused = []
    def handler(*_):
        try:
            log.reload()
        except RuntimeError as error:
            refused.append(str(error))
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003)
    while not refused:
        log.reload()
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(set(refused))
"""


def test_a_handler_that_reloads_during_a_reload_is_told(real: Path) -> None:
    out = scripts.check(RELOADED_BY_A_HANDLER, real)
    assert out == "{'this thread is reloading the log already'}\n"


MANY = """
    import os, signal, sys, threading, tfevents
    from tfevents import verify
    class Timeout(Exception): pass
    def handler(*_): raise Timeout
    signal.signal(signal.SIGALRM, handler)
    told, before = 0, len(os.listdir("/proc/self/task"))
    # On a slow machine some calls are given up before they start a thread.
    for _ in range(400):
        if told == 10:
            break
        signal.setitimer(signal.ITIMER_REAL, 0.003)
        try:
            tfevents.verify(sys.argv[1])
        except Timeout:
            pass
        except OSError as error:
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert "wait for a file system" in str(error)
            told += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    threads = len(os.listdir("/proc/self/task")) - before
    assert told and threads <= 64, (told, threads)
    # Once they are answered, all is as it was.
    while len(os.listdir("/proc/self/task")) > before:
        os.close(os.open(sys.argv[1], os.O_RDWR | os.O_NONBLOCK))
    assert tfevents.verify(sys.argv[2]).ok
    print("done")
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs /proc")
def test_calls_that_are_given_up_leave_a_bounded_number_of_threads(
    tmp_path: Path, real: Path
) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert scripts.check(MANY, path, real) == "done\n"
