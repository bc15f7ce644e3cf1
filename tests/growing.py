"""A writer in a process of its own, and a log that is reloaded while it writes."""

import subprocess
import time
from pathlib import Path

import numpy as np

import tfevents
from scripts import command

WRITER = """
    import sys, time
    from {package} import SummaryWriter
    with SummaryWriter(sys.argv[1], max_queue=1, flush_secs=1) as writer:
        for step in range(3000):
            writer.add_scalar("loss", step, step)
            writer.add_scalar("accuracy", -step, step)
            if step % 100 == 0:
                writer.flush()
                time.sleep(0.02)
"""


def follow_a_writer(path: Path, package: str) -> None:
    """Reload while another process writes: every state is a prefix of the last."""
    path.mkdir()
    process = subprocess.Popen(command(WRITER.format(package=package), path))
    try:
        log = tfevents.read(path)
        states = 0
        while True:
            is_done = process.poll() is not None
            if log.reload():
                states += 1
            for run in log.values():
                for tag, sign in (("loss", 1), ("accuracy", -1)):
                    scalars = run.scalars.get(tag)
                    if scalars is not None:
                        expected = np.arange(len(scalars))
                        assert (scalars.step == expected).all()
                        assert (scalars.value == sign * expected).all()
            if is_done:
                break
            time.sleep(0.002)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert states > 2
    assert len(log["."].scalars["loss"]) == len(log["."].scalars["accuracy"]) == 3000
