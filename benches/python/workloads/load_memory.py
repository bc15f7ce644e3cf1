"""Peak memory beyond the returned arrays, for files of every shape.

Run as a module, this is the process that is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import tfevents
from harness import eventfiles, mediafiles
from harness.bench import Bench
from harness.check import Columns, WrongResult, by_tag, same
from harness.measure import Row, skipped
from harness.ours import arrays

LIMIT = 64.0  # MiB
BUCKETS = 30
IMAGE = 100_000


def rows(bench: Bench) -> Iterator[Row]:
    points = bench.points
    yield from measured(bench, "scalars", points, f"{points:,} points")
    yield from measured(bench, "scalars", 10 * points, f"{10 * points:,} points")
    yield from measured(bench, "tags", points, f"{points:,} points of {points // 10:,} tags")
    yield from measured(bench, "histograms", points // 10, f"{points // 10:,} histograms")
    images = points // 200
    yield from measured(bench, "images", images, f"{images:,} images")
    yield from measured(
        bench, "scalars_of_images", images, f"the scalars between {images:,} images"
    )
    yield from measured(bench, "table", points, f"{points:,} points and an Arrow table of them")


def measured(bench: Bench, case: str, count: int, what: str) -> Iterator[Row]:
    figure = f"peak memory above the arrays, {what}"
    if not Path("/proc/self/status").exists():
        yield skipped(figure, "", "this system has no /proc")
        return
    if case == "table" and find_spec("pyarrow") is None:
        yield skipped(figure, "", "pyarrow is not installed")
        return
    with bench.directory() as directory:
        path = directory / "events.out.tfevents.1"
        WRITE[case](path, count)
        size = path.stat().st_size / 2**20
        above = [measured_apart(case, directory, count) for _ in range(3)]
    yield Row(
        figure,
        peer="",
        ours=f"{max(above):.1f} MiB",
        required=f"< {LIMIT:g} MiB",
        met=max(above) < LIMIT,
        note=f"a file of {size:.0f} MiB; the most of three fresh processes",
        samples={"ours": above},
    )


def points_of(count: int) -> eventfiles.Events:
    return eventfiles.rotation(count)


def points_of_many_tags(count: int) -> eventfiles.Events:
    return eventfiles.rotation(count, count // 10)


WRITE: dict[str, Callable[[Path, int], object]] = {
    "scalars": lambda path, count: eventfiles.write(path, points_of(count)),
    "table": lambda path, count: eventfiles.write(path, points_of(count)),
    "tags": lambda path, count: eventfiles.write(path, points_of_many_tags(count)),
    "histograms": lambda path, count: mediafiles.write_histograms(path, count, BUCKETS),
    "images": lambda path, count: mediafiles.write_images(path, count, IMAGE),
    "scalars_of_images": lambda path, count: mediafiles.write_images(path, count, IMAGE),
}


def measured_apart(case: str, directory: Path, count: int) -> float:
    child = subprocess.run(
        [sys.executable, "-m", "workloads.load_memory", case, str(directory), str(count)],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if child.returncode:
        raise WrongResult(child.stderr)
    return float(json.loads(child.stdout))


def measure(case: str, directory: str, count: int) -> float:
    """The MiB that this process needed to load a run, beyond the memory before and the arrays."""
    if case == "table":
        import pyarrow  # noqa: F401  # Its own memory is not what loading takes.
    kinds = "scalars" if case == "scalars_of_images" else None
    before = memory("VmRSS")
    log = tfevents.read(directory, kinds=kinds)
    table = log.scalars.to_arrow() if case == "table" else None
    peak = memory("VmHWM")
    run = log["."]
    found = arrays(run)
    held = sum(array.nbytes for columns in found.values() for array in columns)
    held += sum(nbytes(series) for series in run.histograms.values())
    held += 0 if table is None else table.nbytes
    check(case, run, found, count)
    return (peak - before - held) / 2**20


def nbytes(histograms: tfevents.Histograms) -> int:
    columns = ("step", "wall_time", "min", "max", "num", "sum", "sum_squares")
    columns += ("bucket", "bucket_limit", "bucket_end")
    return sum(getattr(histograms, column).nbytes for column in columns)


def check(case: str, run: tfevents.Run, found: Columns, count: int) -> None:
    if case in ("scalars", "table"):
        same(by_tag(points_of(count)), found)
    elif case == "tags":
        same(by_tag(points_of_many_tags(count)), found)
    elif case == "histograms":
        if sum(len(series) for series in run.histograms.values()) != count:
            raise WrongResult("some histograms are missing")
    elif len(run.images) != (case == "images") or len(found) != 2:
        raise WrongResult("what was selected is not what was read")


def memory(name: str) -> int:
    """The bytes in a field of this process's status. `ru_maxrss` would begin at the parent's
    peak.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
