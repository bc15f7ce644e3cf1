"""Runs workloads while system calls fail. It counts events that are lost or written twice, and
hangs.

    python tests/faults/run.py [--kills N] [--calls N] [--jobs N] [--work NAME,...]

A process that has the shim loaded forks a child for each case. The child logs, and the process
reads the files that it leaves.
"""

import argparse
import ctypes
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import events
from faults import shim

PR_SET_CHILD_SUBREAPER = 36
# Longer than this, in seconds, is a hang.
HANGS_AFTER = 60.0
# An event survives a kill if it was accepted this long ago, in seconds.
PROMISE = 0.2
# If a process stands still for longer than this, in seconds, the machine is the reason.
STALL = 0.05

ON_ERROR = ("raise", "warn", "warn as error")
FAULTS = {
    **{name: (shim.FAIL, getattr(errno, name)) for name in ("ENOSPC", "EIO", "EROFS", "EMFILE")},
    "EINTR": (shim.FAIL, errno.EINTR),
    "short": (shim.SHORT, 0),
    "slow": (shim.SLOW, 30),
}
# From the n-th thread on, none can be started. This is for workloads that start no threads.
NO_THREAD = "no thread"
FOR_EVER = 1 << 40


@dataclass
class Case:
    """One process: its workload, and its fault."""

    work: str
    on_error: str
    fault: str
    at: int = 0
    # Seconds until it is killed from outside.
    after: float = 0.0
    calls: int = shim.ALL
    times: int = 1
    pace: float = 0.0

    @property
    def is_kill(self) -> bool:
        return self.fault.startswith("kill")


@dataclass
class Running:
    """A running case."""

    case: Case
    directory: Path
    control: shim.Control
    log: "workloads.Log"  # noqa: F821
    pid: int = 0
    started: float = field(default_factory=time.monotonic)
    killed_at: float = 0.0


def failures(works: list[str], calls: int, times: int) -> Iterator[Case]:
    """Each fault at each of the first system calls, for each workload and `on_error`."""
    for work in works:
        for on_error in ON_ERROR:
            for fault in FAULTS:
                for at in range(1, calls + 1):
                    yield Case(work, on_error, fault, at, times=times)
            if work != "threads":
                for at in range(1, min(calls, 5) + 1):
                    calls_to = shim.THREAD
                    yield Case(work, on_error, NO_THREAD, at, calls=calls_to, times=FOR_EVER)


def kills(works: list[str], count: int) -> Iterator[Case]:
    """Kills: at system calls, before and during a write, and at any time."""
    chosen = random.Random(0)
    for number in range(count):
        turn, at_work = divmod(number, len(works))
        work, on_error = works[at_work], ON_ERROR[turn % 2]
        if number % 10 < 3:
            yield Case(
                work, on_error, chosen.choice(["kill", "kill within"]), number // 10 % 200 + 1
            )
        elif number % 10 < 5:
            # Few calls, each with many events.
            fault, at = chosen.choice(["kill", "kill within"]), chosen.randint(1, 20)
            yield Case(work, on_error, fault, at, pace=0.005)
        else:
            after = chosen.uniform(0.0, 0.5)
            yield Case(work, on_error, "kill later", after=after, pace=0.005)


def start(case: Case, directory: Path) -> Running:
    """Forks a process for the case."""
    from faults import workloads

    control, log = shim.control(), workloads.Log.shared()
    running = Running(case, directory, control, log)
    sys.stdout.flush()
    running.pid = os.fork()
    if running.pid:
        return running
    status = 1
    try:
        os.setpgid(0, 0)
        shim.obey(control)
        actions = {
            "kill": (shim.KILL, 0),
            "kill within": (shim.KILL_WITHIN, 0),
            NO_THREAD: (shim.FAIL, errno.EAGAIN),
        }
        action, argument = {**FAULTS, **actions}.get(case.fault, (shim.SLOW, 0))
        control.at, control.times, control.calls = case.at, case.times, case.calls
        control.action, control.argument = action, argument
        control.directory = os.fsencode(directory / "run")
        logger = workloads.Logger(log, case.on_error)
        workloads.ALL[case.work](logger, str(directory / "run"), case.pace)
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


def judge(running: Running, status: int) -> dict[str, int]:
    """The faults of the files that the process left. All numbers must be 0."""
    from faults import workloads

    case, log = running.case, running.log
    killed = case.is_kill and (os.WIFSIGNALED(status) or running.control.killed_at > 0)
    found: Counter[int] = Counter()
    torn = 0
    for path in (running.directory / "run").rglob("events.out.tfevents.*"):
        payloads, rest = events.split_records(path.read_bytes())
        torn += bool(rest)
        if "session " in path.parent.name:
            continue
        found.update(step for payload in payloads if (step := step_of(payload)))
    copies = workloads.COPIES.get(case.work, 1)
    killed_at = running.control.killed_at / 1e9 or running.killed_at
    due = killed_at - PROMISE if killed else float("inf")
    accepted = {step: when for step, when in enumerate(log.accepted) if when}
    if killed and stalled(sorted(accepted.values()), killed_at):
        due = 0.0
    missing = sum(
        copies - min(found[step], copies) for step, when in accepted.items() if when < due
    )
    return {
        "hit": bool(running.control.hits) or killed,
        "not judged": due == 0.0,
        "accepted": len(accepted) * copies,
        # An embedding that is given up since its files fail is not an event.
        "lost": max(0, missing - (log.dropped if case.work != "without_steps" else 0)),
        "given up and counted": log.dropped,
        "duplicated": sum(max(0, count - copies) for count in found.values()),
        "torn": 0 if killed else torn,
        "raised under warn": log.raised,
        "failed": 0 if killed else int(status != 0),
    }


def stalled(times: list[float], killed_at: float) -> bool:
    """Whether the machine itself stood still just before, so that no promise can hold."""
    last = [when for when in times if when > killed_at - 0.5]
    return any(after - before > STALL for before, after in pairwise(last))


def step_of(payload: bytes) -> int:
    return next((value for number, value in events.fields(payload) if number == 2), 0)


def kill_group(pid: int) -> None:
    """Kills a process and the processes that it forked. It may not lead its group yet."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)


def wait_for_group(pid: int) -> None:
    """Waits for the processes that a process forked, which are our children after its end."""
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-pid, 0)


def run(cases: Iterator[Case], jobs: int) -> list[tuple[Case, dict[str, int]]]:
    """Runs the cases, several at a time."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    root = Path(tempfile.mkdtemp(prefix="tfevents-faults-"))
    running: dict[int, Running] = {}
    results = []
    more = True
    number = 0
    while more or running:
        while more and len(running) < jobs:
            case = next(cases, None)
            if case is None:
                more = False
                break
            number += 1
            directory = root / str(number)
            directory.mkdir()
            started = start(case, directory)
            running[started.pid] = started
        pid, status = os.waitpid(-1, os.WNOHANG) if running else (0, 0)
        if pid in running:
            done = running.pop(pid)
            wait_for_group(pid)
            results.append((done.case, {**judge(done, status), "hung": 0}))
            shutil.rmtree(done.directory, ignore_errors=True)
            continue
        now = time.monotonic()
        for pid, one in running.items():
            if one.case.after and not one.killed_at and now > one.started + one.case.after:
                one.killed_at = now
                kill_group(pid)
            elif now > one.started + HANGS_AFTER:
                kill_group(pid)
                os.waitpid(pid, 0)
                wait_for_group(pid)
                running.pop(pid)
                results.append((one.case, {"hung": 1}))
                break
        time.sleep(0.001)
    shutil.rmtree(root, ignore_errors=True)
    return results


WRONG = ("lost", "duplicated", "hung", "torn", "raised under warn", "failed")


def report(results: list[tuple[Case, dict[str, int]]]) -> dict[str, Counter[str]]:
    """The sums for each fault."""
    sums: dict[str, Counter[str]] = {}
    for case, result in results:
        counts = sums.setdefault(case.fault, Counter())
        counts["cases"] += 1
        counts.update(result)
        wrong = sum(counts[wrong] for counts in sums.values() for wrong in WRONG)
        if wrong < 50 and any(result.get(wrong) for wrong in WRONG):
            print(f"{case}: {result}", file=sys.stderr)
    return sums


def preloaded(library: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs this file with the shim loaded."""
    here = Path(__file__)
    paths = [str(here.parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
    command = [sys.executable, str(here), "--preloaded", *arguments]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10_000, help="how many processes are killed")
    parser.add_argument("--calls", type=int, default=200, help="how many system calls are hit")
    parser.add_argument("--times", type=int, default=1, help="how many calls fail in a row")
    parser.add_argument("--jobs", type=int, default=8, help="processes at a time")
    parser.add_argument("--work", default="kinds,without_steps,pictures,runs,threads,forks")
    parser.add_argument("--sample", type=int, default=0, help="as many of the failures, by chance")
    parser.add_argument("--preloaded", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.preloaded:
        with tempfile.TemporaryDirectory() as directory:
            done = preloaded(shim.build(Path(directory)), sys.argv[1:])
        sums = json.loads(done.stdout) if done.returncode == 0 else {}
        columns = ("cases", "hit", "accepted", "given up and counted", "not judged", *WRONG)
        print(f"{'':12}", *(f"{column:>{max(len(column), 8)}}" for column in columns))
        for fault, counts in sorted(sums.items()):
            cells = (f"{counts.get(column, 0):>{max(len(column), 8)}}" for column in columns)
            print(f"{fault:12}", *cells)
        bad = any(counts.get(wrong) for counts in sums.values() for wrong in WRONG)
        return int(bad or done.returncode != 0)
    works = options.work.split(",")

    def cases() -> Iterator[Case]:
        failing = list(failures(works, options.calls, options.times))
        yield from random.sample(failing, options.sample) if options.sample else failing
        yield from kills(works, options.kills)

    json.dump(report(run(cases(), options.jobs)), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
