"""Many writers: few descriptors and threads, and no loss, whatever happens to files that rest."""

import sys

import pytest

import events
import scripts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

CURVES = 1100

PRELUDE = """
import errno, os, resource, sys, threading, time, warnings
from tfevents import SummaryWriter

directory = sys.argv[1]

def limit(descriptors):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))

def threads():
    tasks = os.listdir("/proc/self/task")
    return sum("tfevents" in open(f"/proc/self/task/{task}/comm").read() for task in tasks)

def descriptors():
    return len(os.listdir("/proc/self/fd"))
"""


def test_a_thousand_curves_need_few_descriptors_and_threads(tmp_path):
    scripts.check(
        PRELUDE
        + f"""
limit(1024)
before = descriptors()
with SummaryWriter(directory) as writer:
    for step in range(3):
        for curve in range({CURVES}):
            writer.add_scalars("m", {{str(curve): curve + step}}, step)
        assert threads() <= 4, threads()
        assert descriptors() - before <= 80, descriptors()
    time.sleep(0.5)
    assert threads() <= 2, threads()
assert descriptors() == before
""",
        tmp_path,
    )
    for curve in range(CURVES):
        found = [(p.step, p.value) for p in events.points(tmp_path / f"m_{curve}")]
        assert found == [(step, curve + step) for step in range(3)]


def test_a_program_that_uses_all_descriptors_goes_on_logging(tmp_path):
    scripts.check(
        PRELUDE
        + """
limit(100)
writers = [SummaryWriter(f"{directory}/{number}") for number in range(20)]
taken = []
try:
    while True:
        taken.append(open(os.devnull))
except OSError as error:
    assert error.errno == errno.EMFILE
for step in range(5):
    for writer in writers:
        writer.add_scalar("a", 1.0, step)
for writer in writers:
    writer.close()
""",
        tmp_path,
    )
    for number in range(20):
        assert events.steps(tmp_path / str(number)) == list(range(5))


# What may happen to a resting file, and the error that reports it.
CHANGES = {
    "removed": ("os.remove(path)", "ENOENT"),
    "its directory removed": ("shutil.rmtree(os.path.dirname(path))", "ENOENT"),
    "replaced": ("shutil.copy(path, path + '~'); os.replace(path + '~', path)", "ENOENT"),
    "shortened": ("os.truncate(path, 10)", "ESTALE"),
    "appended to": ("open(path, 'ab').write(b'x')", "ESTALE"),
}


@pytest.mark.parametrize("on_error", ["raise", "warn"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_is_not_the_same_after_a_rest_is_left_alone_and_told(
    tmp_path, change, on_error
):
    does, code = CHANGES[change]
    kept = scripts.check(
        PRELUDE
        + f"""
import shutil
limit(64)
told = []
warnings.showwarning = lambda message, *_: told.append(str(message))

def attempt(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        assert {on_error!r} == "raise"
        assert error.errno == errno.{code}, error
        assert error.filename == path, error.filename
        told.append(error.strerror)

writer = SummaryWriter(directory + "/run", on_error={on_error!r})
writer.add_scalar("a", 1.0, 1)
writer.flush()
# They take its descriptor.
others = [SummaryWriter(f"{{directory}}/other{{number}}") for number in range(10)]
open_files = [os.readlink(f"/proc/self/fd/{{fd}}") for fd in os.listdir("/proc/self/fd")
              if os.path.exists(f"/proc/self/fd/{{fd}}")]
assert not any(directory + "/run/" in file for file in open_files), open_files
(name,) = os.listdir(directory + "/run")
path = f"{{directory}}/run/{{name}}"
{does}
before = open(path, "rb").read() if os.path.exists(path) else None
writer.add_scalar("a", 1.0, 2)
attempt(writer.flush)
assert any(os.strerror(errno.{code}) in line for line in told), told
told.clear()
writer.add_scalar("a", 1.0, 3)
writer.close()
assert not told
assert (open(path, "rb").read() if os.path.exists(path) else None) == before
print(name)
""",
        tmp_path,
    )
    (new,) = [p for p in events.event_files(tmp_path / "run") if p.name != kept.strip()]
    assert [p.step for p in events.points_of(events.parse_file(new))] == [2, 3]


def test_a_file_that_rests_tells_of_its_removal_at_close(tmp_path):
    scripts.check(
        PRELUDE
        + """
limit(64)
writer = SummaryWriter(directory + "/run")
writer.add_scalar("a", 1.0, 1)
writer.flush()
others = [SummaryWriter(f"{directory}/other{number}") for number in range(10)]
os.remove(f"{directory}/run/{os.listdir(directory + '/run')[0]}")
try:
    writer.close()
except OSError as error:
    assert error.errno == errno.ENOENT
else:
    raise AssertionError("the removal is not told")
""",
        tmp_path,
    )


def test_many_runs_and_forks(tmp_path):
    # Files rest in the parent while its children log to files of their own.
    scripts.check(
        PRELUDE
        + """
limit(64)
writer = SummaryWriter(directory)
names = [f"{number}" for number in range(20)]
for step in range(10):
    writer.add_scalars("m", dict.fromkeys(names, 1.0), step)
    child = os.fork()
    if child == 0:
        before = descriptors()
        writer.add_scalars("m", dict.fromkeys(names, 1.0), 100 + step)
        writer.close()
        assert descriptors() <= before, "the parent's descriptors stay open"
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0
writer.close()
""",
        tmp_path,
    )
    for number in range(20):
        expected = [*range(10), *range(100, 110)]
        assert sorted(events.steps(tmp_path / f"m_{number}")) == expected


# Calls from unexpected places.


def test_a_signal_handler_logs(tmp_path):
    scripts.check(
        PRELUDE
        + """
import signal
writer = SummaryWriter(directory)
logged = [0]

def handler(*_):
    number = logged[0]
    logged[0] += 1
    writer.add_scalar("handler", 1.0, number)
    if number % 50 == 0:
        writer.flush()

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
for step in range(3000):
    writer.add_scalar("main", 1.0, step)
    if step % 20 == 0:
        writer.flush()
    if step % 500 == 0:
        writer.close()
signal.setitimer(signal.ITIMER_REAL, 0)
writer.close()
print(logged[0])
""",
        tmp_path,
    )
    found: dict[str, list[int]] = {}
    for point in events.points(tmp_path):
        found.setdefault(point.tag, []).append(point.step)
    assert sorted(found["main"]) == list(range(3000))
    assert sorted(found["handler"]) == list(range(len(found["handler"])))
    assert len(found["handler"]) > 1


def test_collections_and_trace_hooks_log(tmp_path):
    count = scripts.check(
        PRELUDE
        + """
import gc, itertools
writer = SummaryWriter(directory)
steps = itertools.count()

def log():
    # A collection may begin here, and log too.
    writer.add_scalar("a", 1.0, next(steps))

class Last:
    def __init__(self):
        self.myself = self
    def __del__(self):
        log()

gc.set_threshold(5)
inside = [False]
def trace(*_):
    if not inside[0]:
        inside[0] = True
        log()
        inside[0] = False
for step in range(300):
    Last()
    writer.add_histogram("h", [1.0, 2.0], step)
sys.setprofile(trace)
writer.add_text("t", "text")
writer.flush()
writer.add_scalars("m", {"x": 1.0}, 1)
sys.setprofile(None)
gc.collect()
writer.close()
print(next(steps))
""",
        tmp_path,
    )
    (path,) = (path for path in events.event_files(tmp_path) if path.parent == tmp_path)
    logged = [e.step for e in events.parse_file(path) for v in e.values if v.tag == "a"]
    assert sorted(logged) == list(range(int(count)))
    assert len(logged) > 300


def test_what_is_logged_at_exit_by_objects_is_written(tmp_path):
    scripts.check(
        PRELUDE
        + """
import atexit
class Last:
    def __del__(self):
        writer.add_scalar("a", 1.0, 2)
writer = SummaryWriter(directory)
atexit.register(writer.add_scalar, "a", 1.0, 1)
last = Last()
last.writer = writer
""",
        tmp_path,
    )
    steps = events.steps(tmp_path)
    assert steps[:1] == [1]


# Failures under warnings that are errors.


@pytest.mark.parametrize("sub_runs", [False, True])
def test_where_warnings_are_errors_trying_again_writes_once(tmp_path, sub_runs):
    scripts.check(
        PRELUDE
        + f"""
import shutil
warnings.simplefilter("error")
writer = SummaryWriter(directory + "/run", on_error="warn")

def log(step):
    if {sub_runs}:
        writer.add_scalars("m", {{"x": 1.0, "y": 1.0, "z": 1.0}}, step)
    else:
        writer.add_scalar("a", 1.0, step)

refused = 0
for step in range(1, 300):
    if step % 60 == 0:
        # Events that wait now go to the next file; those that are written are not looked at.
        shutil.rmtree(directory + "/run", ignore_errors=True)
    while True:
        try:
            log(step)
            break
        except RuntimeWarning:
            refused += 1
    time.sleep(0.003)
try:
    writer.close()
except RuntimeWarning:
    writer.close()
assert refused
""",
        tmp_path,
    )
    runs = ["m_x", "m_y", "m_z"] if sub_runs else ["."]
    for run in runs:
        steps = events.steps(tmp_path / "run" / run)
        assert len(set(steps)) == len(steps)
        assert set(range(241, 300)) <= set(steps)
