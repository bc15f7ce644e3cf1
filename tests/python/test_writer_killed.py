"""The files of a killed process."""

import random
import signal
import subprocess
import sys
import time

import pytest

import events
import scripts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts on Linux's signals")

LOGS_AND_TELLS = """
import os, sys, time
from tfevents import SummaryWriter
writer = SummaryWriter(sys.argv[1], max_queue=1_000_000, flush_secs=3600)
step = 0
while True:
    for _ in range(50):
        writer.add_scalar("loss", 1.0, step)
        step += 1
    os.write(1, b"%d %d\\n" % (step, time.monotonic_ns()))
    time.sleep(0.0005)
"""


def kill_while_logging(directory) -> tuple[list[tuple[int, float]], float]:
    """The accepted events with their times, and the time of the kill, of a process that logs. Times
    are in seconds.
    """
    process = subprocess.Popen(scripts.command(LOGS_AND_TELLS, directory), stdout=subprocess.PIPE)
    first = process.stdout.readline()
    time.sleep(random.uniform(0.0, 0.7))
    killed = time.monotonic()
    process.kill()
    lines = (first + process.communicate()[0]).splitlines()
    assert process.returncode == -signal.SIGKILL
    reports = [tuple(map(int, line.split())) for line in lines if len(line.split()) == 2]
    return [(count, when / 1e9) for count, when in reports], killed


def stalled(reports, killed) -> bool:
    """Whether the machine itself stood still just before, so that no promise can hold."""
    times = [when for _, when in reports if when > killed - 0.5]
    return any(b - a > 0.05 for a, b in zip(times, [*times[1:], killed], strict=True))


def test_kill_loses_at_most_the_last_200_ms(tmp_path):
    kills = 0
    for attempt in range(30):
        directory = tmp_path / str(attempt)
        reports, killed = kill_while_logging(directory)
        path = events.only_file(directory)
        # All records are whole and in their places, except the last one, which the kill may have
        # cut.
        payloads, _ = events.split_records(path.read_bytes())
        written = [events.Event.parse(payload) for payload in payloads]
        assert written[0].file_version == "brain.Event:2"
        assert [event.step for event in written[1:]] == list(range(len(written) - 1))
        if stalled(reports, killed):
            continue
        kills += 1
        accepted = max((count for count, when in reports if when < killed - 0.2), default=0)
        assert len(written) - 1 >= accepted
        if kills == 8:
            return
    pytest.skip(f"the machine stands still too often: only {kills} kills could be judged")


def test_a_single_event_survives_a_kill(tmp_path):
    process = subprocess.Popen(
        scripts.command(
            """
            import sys, time
            from tfevents import SummaryWriter
            writer = SummaryWriter(sys.argv[1], max_queue=1000, flush_secs=3600)
            writer.add_scalar("loss", 1.0, 1)
            writer.add_scalars("main", {"key": 1.0}, 2)
            print("accepted", flush=True)
            time.sleep(3600)
            """,
            tmp_path,
        ),
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"accepted\n"
    time.sleep(1)
    process.kill()
    process.communicate()
    assert events.steps(tmp_path) == [1, 2]
