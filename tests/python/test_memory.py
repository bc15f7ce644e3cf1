"""The memory that loading takes beyond its result, for files of every shape.

Each file is loaded in a process of its own. Its peak is compared with its result.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import scripts
from tfevents import SummaryWriter

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="this system has no /proc"
)

MIB = 1 << 20
LIMIT = 64 * MIB
# The memory of a tag without its points: its name, its place, and its state while it is read.
TAG = 1024

MEASURE = """
import json, sys
import tfevents

def memory(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024

options = json.loads(sys.argv[2])
tfevents.read  # What reads is imported, and NumPy.
before = memory("VmRSS")
log = tfevents.read(sys.argv[1], **options)
peak = memory("VmHWM")
arrays, tags = 0, 0
for run in log.values():
    for series in run.scalars.values():
        arrays += series.step.nbytes + series.wall_time.nbytes + series.value.nbytes
    for series in run.histograms.values():
        arrays += series.step.nbytes + series.wall_time.nbytes
        arrays += series.bucket.nbytes + series.bucket_limit.nbytes
    tags += len(run.scalars) + len(run.histograms) + len(run.images)
print(json.dumps([peak - before, arrays, tags]))
"""


def measured(path: Path, **options: object) -> tuple[int, int, int]:
    """The peak of loading and the size of the arrays, in bytes, and the number of tags."""
    peak, arrays, tags = json.loads(scripts.check(MEASURE, path, json.dumps(options)))
    return peak, arrays, tags


def many_tags(writer: SummaryWriter) -> None:
    """Each tag has a few points, in turn."""
    names = [f"tag/{number}" for number in range(60_000)]
    for step in range(20):
        for name in names:
            writer.add_scalar(name, step, step)


def tag_after_tag(writer: SummaryWriter) -> None:
    """The beginning of the file does not show these tags. Each column is a little too large."""
    steps = np.arange(70)
    for number in range(15_000):
        writer.add_scalar_series(f"tag/{number}", steps, steps)


def scalars_and_histograms_at_first(writer: SummaryWriter) -> None:
    """Then other records follow, so that there is much less than the beginning suggests."""
    values = np.random.default_rng(0).normal(size=100)
    for step in range(1000):
        for tag in range(10):
            writer.add_scalar(f"scalar/{tag}", step, step)
            writer.add_histogram(f"histogram/{tag}", values, step)
    large(writer)


def large(writer: SummaryWriter) -> None:
    """Pictures of 10 MB."""
    pixels = np.random.default_rng(0).integers(0, 255, (1800, 1800, 3), np.uint8)
    for step in range(10):
        writer.add_image("picture", pixels, step, dataformats="HWC")
        writer.add_scalar("loss", step, step)


def many_buckets(writer: SummaryWriter) -> None:
    """Histograms of 100,000 buckets."""
    limits = np.arange(100_000.0)
    for step in range(60):
        writer.add_histogram_raw("raw", 0, 1e5, 1, 1, 1, limits, limits, step)


@pytest.mark.parametrize(
    "write",
    [many_tags, tag_after_tag, scalars_and_histograms_at_first, large, many_buckets],
    ids=lambda write: write.__name__,
)
def test_one_file(tmp_path: Path, write: Callable[[SummaryWriter], None]) -> None:
    with SummaryWriter(tmp_path) as writer:
        write(writer)
    peak, arrays, tags = measured(tmp_path)
    assert peak < arrays + tags * TAG + LIMIT, (peak / MIB, arrays / MIB)


def test_scalars_of_a_file_of_pictures(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        large(writer)
    for options in ({}, {"verify": "none"}):
        peak, arrays, _ = measured(tmp_path, kinds="scalars", **options)
        assert peak < arrays + 24 * MIB, (peak / MIB, arrays / MIB)


def test_many_files_at_once(tmp_path: Path) -> None:
    """Each begins with more points than it has later."""
    with SummaryWriter(tmp_path / "0") as writer:
        scalars_and_histograms_at_first(writer)
    (file,) = (tmp_path / "0").iterdir()
    for number in range(1, 8):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / file.name).hardlink_to(file)
    peak, arrays, tags = measured(tmp_path, threads=8)
    assert peak < arrays + tags * TAG + LIMIT, (peak / MIB, arrays / MIB)


def test_threads_leave_room_where_memory_is_limited(tmp_path: Path) -> None:
    """Missing memory ends a process. Fewer threads read the same."""
    for run in range(60):
        with SummaryWriter(tmp_path / "many" / str(run)) as writer:
            writer.add_scalar_series("loss", np.arange(50))
    with SummaryWriter(tmp_path / "one") as writer:
        writer.add_scalar_series("loss", np.arange(400_000))
    for room in (40, 100, 320):
        scripts.check(
            """
            import os, resource, sys
            import tfevents
            tfevents.read  # What reads is imported, and NumPy.
            for name, runs, points in (("many", 60, 50), ("one", 1, 400_000)):
                pages = int(open("/proc/self/statm").read().split()[0])
                used = pages * os.sysconf("SC_PAGE_SIZE")
                limit = used + (int(sys.argv[2]) << 20)
                resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
                log = tfevents.read(f"{sys.argv[1]}/{name}", threads=64)
                resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
                assert [len(run.scalars["loss"]) for run in log.values()] == [points] * runs
            """,
            tmp_path,
            room,
        )


def test_a_value_for_which_there_is_no_memory_is_a_memory_error(tmp_path: Path) -> None:
    """Rust would end the process, and PyO3 would panic. The value is larger than what the C library
    has set aside.
    """
    with SummaryWriter(tmp_path) as writer:
        writer.add_tensor("large", np.zeros(24 << 20, np.float32))
        writer.add_text("long", "x" * (96 << 20))
    scripts.check(
        """
        import os, resource, sys
        import tfevents

        log = tfevents.read(sys.argv[1])
        tensors = log["."].tensors["large"]
        calls = {
            "read": lambda: tfevents.read(sys.argv[1], kinds="texts"),
            "text": lambda: log["."].texts["long"].value,
            "value": lambda: tensors[0].value,
            "iter_events": lambda: [event.raw for event in tfevents.iter_events(sys.argv[1])],
            "values": lambda: [it.value for it in tfevents.follow(sys.argv[1], timeout=0).values()],
        }
        first = next(iter(tfevents.iter_events(sys.argv[1])))
        tfevents.follow, first.values, first.content
        for name, call in calls.items():
            told = 0
            # From too little for the record to enough for what is made of it.
            for room in range(0, 800, 24):
                pages = int(open("/proc/self/statm").read().split()[0])
                used = pages * os.sysconf("SC_PAGE_SIZE")
                limit = used + (room << 20)
                resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
                try:
                    call()
                    break
                except MemoryError:
                    told += 1
            else:
                raise AssertionError(name)
            assert told > 1, (name, told)
        """,
        tmp_path,
    )
