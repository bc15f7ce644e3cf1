"""Growing files, and four readers that must see each value once: a log that is reloaded, one that
is pickled in between, one that continues from state to state, and one that is followed.
"""

import json
import pickle
import subprocess
import time
from collections.abc import Iterator
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

# Copies a file in pieces of any size, so that records are cut anywhere.
DRIBBLE = """
    import random, sys, time
    data, pieces = open(sys.argv[1], "rb").read(), random.Random(0)
    with open(sys.argv[2], "wb", buffering=0) as file:
        at = 0
        while at < len(data):
            at += file.write(data[at : at + pieces.choice([1, 2, 3, 5, 11, 12, 13, 40, 400, 4000])])
            if pieces.random() < 0.3:
                time.sleep(0.002)
"""

# Values are compared as text, since NaN does not equal itself.
Points = dict[tuple[str, str], list[tuple[int, str]]]


class Readers:
    """Each has the steps and values of scalars, by run and tag."""

    def __init__(self, path: object) -> None:
        self._path = path
        self._log = tfevents.read(path)
        self._pickled = pickle.dumps(self._log)
        self._state = json.dumps(self._log.state())
        self._resumed = self._points(self._log)
        self._follower = tfevents.follow(path, timeout=0, interval=0)
        self._followed: Points = {}
        self._follow()

    def look(self) -> bool:
        """Reads what is new. Returns whether the first reader found anything."""
        is_new = bool(self._log.reload())
        pickled = pickle.loads(self._pickled)
        pickled.reload()
        self._pickled = pickle.dumps(pickled)
        part = tfevents.read(self._path, state=json.loads(self._state))
        self._state = json.dumps(part.state())
        for name, run in part.items():
            if not run.continued:
                for key in [key for key in self._resumed if key[0] == name]:
                    del self._resumed[key]
        for key, points in self._points(part).items():
            self._resumed.setdefault(key, []).extend(points)
        self._follow()
        return is_new

    def all(self) -> Iterator[Points]:
        yield self._points(self._log)
        yield self._points(pickle.loads(self._pickled))
        yield self._resumed
        yield self._followed

    def close(self) -> None:
        self._follower.close()

    @staticmethod
    def _points(log: tfevents.Log) -> Points:
        return {
            (name, tag): list(
                zip(scalars.step.tolist(), map(repr, scalars.value.tolist()), strict=True)
            )
            for name, run in log.items()
            for tag, scalars in run.scalars.items()
            if len(scalars)
        }

    def _follow(self) -> None:
        for run, event in self._follower:
            for value in event.values:
                plugin = value.metadata and value.metadata.plugin_name
                if value.what == "simple_value" or plugin == "scalars":
                    points = self._followed.setdefault((run, value.tag), [])
                    points.append((event.step, repr(float(np.squeeze(value.value)))))


def follow_a_process(readers: Readers, process: subprocess.Popen, expected: Points) -> None:
    """Checks that each reader has a beginning of the final values, and in the end all of them."""
    looks = 0
    try:
        while True:
            is_done = process.poll() is not None
            looks += readers.look()
            for points in readers.all():
                for key, values in points.items():
                    assert values == expected[key][: len(values)]
            if is_done:
                break
            time.sleep(0.002)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert looks > 0
    for points in readers.all():
        assert points == expected


def follow_a_writer(path: Path, package: str) -> None:
    """Reads while a writer of this package writes in another process."""
    path.mkdir()
    expected = {
        (".", tag): [(step, repr(float(sign * step))) for step in range(3000)]
        for tag, sign in (("loss", 1), ("accuracy", -1))
    }
    process = subprocess.Popen(command(WRITER.format(package=package), path))
    readers = Readers(path)
    follow_a_process(readers, process, expected)
    readers.close()


def follow_a_copy(file: Path, path: Path) -> None:
    """Reads while another process copies the file in small pieces."""
    path.mkdir()
    whole = Readers(file)
    expected = next(whole.all())
    whole.close()
    process = subprocess.Popen(command(DRIBBLE, file, path / file.name))
    readers = Readers(path)
    follow_a_process(readers, process, expected)
    readers.close()
