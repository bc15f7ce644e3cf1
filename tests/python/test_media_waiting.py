"""Pictures that wait to be encoded: in order, with bounded memory, and safe at every end."""

import io
import signal
import subprocess

import numpy as np
import pytest
from PIL import Image

import events
import scripts
from tfevents import SummaryWriter

PRELUDE = """
import os, resource, sys, time
import numpy as np
from tfevents import SummaryWriter

writer = SummaryWriter(sys.argv[1])
pixels = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)

def log(step):
    pixels[0, 0] = step % 256
    writer.add_image("image", pixels, step, dataformats="HWC")
    writer.add_scalar("scalar", step, step)
"""


def logged(directory, whole=True):
    """The tag and step of all values. Each image is checked."""
    found = []
    for path in events.event_files(directory):
        payloads, rest = events.split_records(path.read_bytes())
        assert not whole or not rest
        for event in map(events.Event.parse, payloads):
            for value in event.values:
                if value.image is not None:
                    png = Image.open(io.BytesIO(dict(events.fields(value.image))[4]))
                    assert np.asarray(png)[0, 0].tolist() == [event.step % 256] * 3
                found.append((value.tag, event.step))
    return found


def in_order(steps):
    return [(tag, step) for step in steps for tag in ("image", "scalar")]


@pytest.mark.parametrize(
    "ending", ["writer.close()", "writer.flush(); os._exit(0)", "del writer", "sys.exit()", "pass"]
)
def test_every_way_out_writes_them_in_the_order_of_the_calls(tmp_path, ending):
    scripts.check(PRELUDE + f"for step in range(50):\n    log(step)\n{ending}", tmp_path)
    assert logged(tmp_path) == in_order(range(50))


def test_a_killed_process_leaves_a_whole_beginning(tmp_path):
    endless = PRELUDE + "for step in range(10**9):\n    log(step)\n    print(step, flush=True)\n"
    with subprocess.Popen(
        scripts.command(endless, tmp_path), stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            if int(line) == 400:
                process.send_signal(signal.SIGKILL)
                break
    found = logged(tmp_path, whole=False)
    assert len(found) > 10
    assert found == in_order(range(500))[: len(found)]


def test_a_fork_while_they_wait(tmp_path):
    pids = scripts.check(
        PRELUDE
        + """
for step in range(100):
    log(step)
child = os.fork()
if child == 0:
    log(1000)
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
for step in range(100, 120):
    log(step)
writer.close()
print(os.getpid(), child)
""",
        tmp_path,
    )
    parent, child = pids.split()
    for pid, steps in (parent, range(120)), (child, [1000]):
        (path,) = (p for p in events.event_files(tmp_path) if f".{pid}." in p.name)
        own = tmp_path / pid
        own.mkdir()
        path.rename(own / path.name)
        assert logged(own) == in_order(steps)


def test_their_memory_is_bounded(tmp_path):
    # A gigabyte of pixels and samples, of which 64 MiB may wait.
    out = scripts.check(
        PRELUDE
        + """
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for step in range(1500):
    log(step)
large = np.broadcast_to(pixels[:1, :1], (2000, 2000, 3))
for step in range(30):
    writer.add_image("large", large, dataformats="HWC")
    writer.add_audio("audio", np.broadcast_to(np.int16(step), 4_000_000))
writer.close()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
""",
        tmp_path,
    )
    assert int(out) < 160


def test_use_after_close(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_image("image", np.zeros((2, 2)), 0, dataformats="HW")
        writer.close()
        writer.add_image("image", np.full((2, 2), 1, np.uint8), 1, dataformats="HW")
    assert logged(tmp_path) == [("image", 0), ("image", 1)]
