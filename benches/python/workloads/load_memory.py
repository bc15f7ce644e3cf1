"""Peak memory above the returned arrays, loading a file and one ten times as large.

Run as a module, this is the process that is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import tfevents
from harness import eventfiles
from harness.bench import Bench
from harness.check import WrongResult, by_tag
from harness.measure import Row, skipped
from harness.ours import arrays, same_runs

LIMIT = 64.0  # MiB


def rows(bench: Bench) -> Iterator[Row]:
    for points in (bench.points, 10 * bench.points):
        figure = f"peak memory above the arrays, {points:,} points"
        if not Path("/proc/self/status").exists():
            yield skipped(figure, "", "this system has no /proc")
            continue
        with bench.directory() as directory:
            path = directory / "events.out.tfevents.1"
            eventfiles.write(path, eventfiles.rotation(points))
            size = path.stat().st_size / 2**20
            above = [measured_apart(directory, points) for _ in range(3)]
        yield Row(
            figure,
            peer="",
            ours=f"{max(above):.1f} MiB",
            required=f"< {LIMIT:g} MiB",
            met=max(above) < LIMIT,
            note=f"a file of {size:.0f} MiB; the most of three fresh processes",
            samples={"ours": above},
        )


def measured_apart(directory: Path, points: int) -> float:
    child = subprocess.run(
        [sys.executable, "-m", "workloads.load_memory", str(directory), str(points)],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if child.returncode:
        raise WrongResult(child.stderr)
    return float(json.loads(child.stdout))


def measure(directory: str, points: int) -> float:
    """MiB that this process has needed to load a run, more than before and than the arrays."""
    before = memory("VmRSS")
    log = tfevents.read(directory)
    found = {name: arrays(run) for name, run in log.items()}
    peak = memory("VmHWM")
    held = sum(array.nbytes for tags in found.values() for c in tags.values() for array in c)
    same_runs({".": by_tag(eventfiles.rotation(points))}, found)
    return (peak - before - held) / 2**20


def memory(name: str) -> int:
    """Bytes of a field of this process's status; ru_maxrss would start at the parent's peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
