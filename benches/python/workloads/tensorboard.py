"""TensorBoard's page with our reader, with its data server, and with its own reader.

Each is a process of its own. Requests over HTTP are those of the page.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from harness import eventfiles
from harness.bench import Bench, as_installed
from harness.check import WrongResult
from harness.measure import Bound, Row, duration, interleave, ratio_row, skipped

TAGS = 10
FAST, SLOW = "TensorBoard's data server", "TensorBoard's own reader"
# TensorBoard's readers are without TensorFlow, as beside PyTorch. Importing it would take seconds.
WITHOUT_TENSORFLOW = (
    "import sys, types; sys.modules['tensorflow'] = None;"
    "from tensorboard.main import run_main; run_main()"
)
COMMANDS = {
    "ours": ["-m", "tfevents.tensorboard"],
    FAST: ["-c", WITHOUT_TENSORFLOW, "--load_fast=true"],
    SLOW: ["-c", WITHOUT_TENSORFLOW, "--load_fast=false"],
}
# Nobody waits longer.
PATIENCE = 3600


@dataclass
class Server:
    """A running TensorBoard."""

    address: str
    process: int
    started: float  # by `time.perf_counter`
    answered: float = 0.0  # when the last answer was there

    def get(self, route: str, form: Any = None, **query: object) -> bytes:
        data = None if form is None else urllib.parse.urlencode(form, doseq=True).encode()
        url = f"{self.address}data/{route}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, data, timeout=PATIENCE) as answer:
            content: bytes = answer.read()
        self.answered = time.perf_counter()
        return content

    def json(self, route: str, form: Any = None, **query: object) -> Any:
        return json.loads(self.get(route, form, **query))

    def when(self, is_complete: Callable[[], bool], pause: float | None = None) -> float:
        """Seconds from the start of the process until the answer for which the condition holds. It
        is checked every `pause` seconds, or else less and less often, since answers take time from
        reading. The time of the check itself is not counted, since it is the benchmark's.
        """
        while not is_complete():
            waited = time.perf_counter() - self.started
            if waited > PATIENCE:
                raise WrongResult(f"{self.address} did not answer in {PATIENCE} s")
            time.sleep(waited / 20 if pause is None else pause)
        return self.answered - self.started

    def memory(self) -> float:
        """The MiB that it uses, with its data server."""
        pages = sum(int(fields("statm", pid)[1]) for pid in self._processes())
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def cpu(self) -> float:
        """The CPU seconds that it used so far, with the kernel's share."""
        ticks = (fields("stat", pid)[13:15] for pid in self._processes())
        return sum(int(tick) for pair in ticks for tick in pair) / os.sysconf("SC_CLK_TCK")

    def _processes(self) -> list[int]:
        children = Path(f"/proc/{self.process}/task/{self.process}/children")
        return [self.process, *map(int, children.read_text().split())]


def fields(file: str, pid: int) -> list[str]:
    """The fields of a process's status. Its name may have blanks, and counts as one field."""
    said = Path(f"/proc/{pid}/{file}").read_text()
    return re.sub(r"\(.*\)", "name", said, flags=re.DOTALL).split()


@dataclass(frozen=True)
class Started:
    """The costs until everything was served."""

    seconds: float
    cpu: float
    memory: float  # MiB


@contextmanager
def serving(which: str, log_dir: Path, *flags: str) -> Iterator[Server]:
    command = [sys.executable, *COMMANDS[which], f"--logdir={log_dir}", "--port=0", *flags]
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--host=127.0.0.1"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=as_installed(),
        )
        try:
            while True:
                output.seek(0)
                printed = output.read()
                if match := re.search(r"TensorBoard \S+ at (http://\S+)", printed):
                    break
                if process.poll() is not None:
                    raise WrongResult(f"{which} ended:\n{printed}")
                time.sleep(0.01)
            yield Server(match[1], process.pid, started)
        finally:
            process.terminate()
            process.wait(timeout=60)


def rows(bench: Bench) -> Iterator[Row]:
    figure = "TensorBoard's page"
    if not bench.has("tensorboard", "tensorboard_data_server"):
        yield skipped(figure, FAST, "tensorboard or tensorboard-data-server is not here")
        return
    yield from requests(bench)
    yield from live(bench)
    note = f"{duration(start_of_nothing(bench))} of each are TensorBoard's own start"
    yield from starts(bench, FAST, 1000, bench.points // 1000, least=3, note=note)
    yield from starts(bench, FAST, 100, bench.points // 100, least=3, note=note)
    # It takes tens of microseconds a point. It gets a part of such a log that takes two minutes.
    yield from starts(bench, SLOW, 100, bench.points * 3 // 1000, least=100, note=note)


def start_of_nothing(bench: Bench) -> float:
    """Seconds that TensorBoard takes until it answers, where there is nothing to read."""
    with bench.directory() as directory:

        def start() -> float:
            with serving(SLOW, directory) as server:
                server.get("environment")
                return server.answered - server.started

        return median(interleave(bench.slow_repetitions, {SLOW: start})[SLOW])


def starts(
    bench: Bench, peer: str, runs: int, steps: int, *, least: float, note: str
) -> Iterator[Row]:
    """The time from the start of the process until all points of all runs are there."""
    size = f"{runs:,} runs × {steps:,} steps × {TAGS} tags"
    with bench.directory() as directory:
        paths = [directory / f"run{n:04d}" / "events.out.tfevents.1" for n in range(runs)]
        eventfiles.write(paths[0], eventfiles.rotation(steps * TAGS))
        for path in paths[1:]:
            path.parent.mkdir()
            shutil.copyfile(paths[0], path)
        started: dict[str, list[Started]] = {"ours": [], peer: []}

        def start(which: str) -> float:
            with serving(which, directory) as server:
                seconds = server.when(lambda: is_complete(server, runs, steps))
                started[which].append(Started(seconds, server.cpu(), server.memory()))
            return seconds

        if peer == SLOW:
            start("ours")
            costs = {name: [start(name)] for name in started}
        else:
            several = max(bench.slow_repetitions // 2, 1)
            costs = interleave(several, {name: partial(start, name) for name in started})
    figure = f"until {size} are served"
    bound: Bound = ("at least", least)
    yield ratio_row(figure, peer, costs["ours"], costs[peer], bound, unit="start", note=note)
    ours, theirs = started["ours"][-1], started[peer][-1]
    cpu = [ours.cpu], [theirs.cpu]
    yield ratio_row(f"{figure}, CPU", peer, *cpu, None, unit="start", faster=True)
    yield Row(
        f"memory that serves {size}",
        peer,
        f"{ours.memory:.0f} MiB",
        f"{theirs.memory:.0f} MiB",
        note="ours keeps every point, the other 1,000 of each tag",
        samples={"ours": [ours.memory], "theirs": [theirs.memory]},
    )


def is_complete(server: Server, runs: int, steps: int) -> bool:
    tags = server.json("plugin/scalars/tags")
    if len(tags) < runs or any(len(of_run) < TAGS for of_run in tags.values()):
        return False
    (last,) = eventfiles.tag_names(TAGS)[-1]
    points = server.json("plugin/scalars/scalars_multirun", {"tag": last, "runs": list(tags)})
    return len(points) == runs and all(of_run[-1][1] == steps - 1 for of_run in points.values())


def requests(bench: Bench) -> Iterator[Row]:
    """One card with 100,000 points. Both servers send all of them."""
    points = 100_000
    with bench.directory() as directory:
        path = directory / "run" / "events.out.tfevents.1"
        eventfiles.write(path, eventfiles.rotation(points, tags=1))
        ((tag,),) = eventfiles.tag_names(1)
        asked = {"requests": json.dumps([{"plugin": "scalars", "tag": tag}])}
        flag = f"--samples_per_plugin=scalars={points + 1}"
        with serving("ours", directory) as ours, serving(FAST, directory, flag) as fast:
            expected = [(point["step"], point["value"]) for point in card(fast, asked, points)]
            found = [(point["step"], point["value"]) for point in card(ours, asked, points)]
            if expected != found:
                raise WrongResult("the points of a card differ")

            def ask(server: Server) -> float:
                start = time.perf_counter()
                server.get("plugin/timeseries/timeSeries", asked)
                return time.perf_counter() - start

            costs = interleave(
                bench.repetitions, {"ours": lambda: ask(ours), FAST: lambda: ask(fast)}
            )
    figure = f"a card of {points:,} points"
    bound: Bound = ("at least", 4)
    yield ratio_row(figure, FAST, costs["ours"], costs[FAST], bound, unit="request")


def card(server: Server, asked: object, points: int) -> list[Any]:
    """The points of the only run, when they are there."""
    found: list[Any] = []

    def is_there() -> bool:
        nonlocal found
        (answer,) = server.json("plugin/timeseries/timeSeries", asked)
        found = answer["runToSeries"].get("run", [])
        return len(found) == points

    server.when(is_there)
    return found


def live(bench: Bench) -> Iterator[Row]:
    """The time from writing a point until the page shows it. The page asks for the runs first."""
    steps = 10_000
    events = eventfiles.rotation(steps * TAGS)
    with bench.directory() as directory:
        path = directory / "run" / "events.out.tfevents.1"
        (tag,) = events.tags[-1]

        def appear(which: str) -> float:
            shutil.rmtree(path.parent, ignore_errors=True)
            eventfiles.write(path, events[: (steps - 1) * TAGS])
            with serving(which, directory, "--reload_interval=5") as server:
                server.when(lambda: last_step(server, tag) == steps - 2)
                # The point is written at any time between two checks of the files.
                time.sleep(1 + (time.perf_counter() * 7 % 5))
                with path.open("ab") as file:
                    rest = events[(steps - 1) * TAGS :]
                    file.write(eventfiles.encode(rest, eventfiles.torch_value).tobytes())
                written = time.perf_counter()
                server.when(lambda: last_step(server, tag) == steps - 1, pause=0.02)
                return server.answered - written

        several = max(bench.slow_repetitions // 2, 1)
        costs = interleave(several, {"ours": lambda: appear("ours"), FAST: lambda: appear(FAST)})
    figure = "until a point that was just written is shown, of a run that grows"
    yield ratio_row(figure, FAST, costs["ours"], costs[FAST], None, unit="point", faster=True)
    worst = max(costs["ours"])
    yield Row(
        figure,
        peer="",
        ours=f"at most {worst:.2f} s",
        required="≤ 0.5 s",
        met=worst <= 0.5,
        samples={"ours": costs["ours"]},
    )


def last_step(server: Server, tag: str) -> int:
    server.get("plugins_listing")
    if "run" not in server.json("runs"):
        return -1
    try:
        points = server.json("plugin/scalars/scalars", run="run", tag=tag)
    except urllib.error.HTTPError:
        return -1
    return int(points[-1][1]) if points else -1
