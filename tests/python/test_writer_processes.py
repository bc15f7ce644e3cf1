"""fork, multiprocessing and threads: every event is there once, in the file of its process."""

import os
import sys
import threading
import time

import pytest

import events
import scripts
from tfevents import SummaryWriter

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def steps_by_process(directory) -> dict[int, list[int]]:
    """The steps in the files of each process id, which is part of the file's name. Each file is
    whole.
    """
    found: dict[int, list[int]] = {}
    for path in events.event_files(directory):
        pid = int(path.name.split(".")[-2])
        found.setdefault(pid, []).extend(p.step for p in events.points_of(events.parse_file(path)))
    return found


# A child that ends as a program does, through the end of the interpreter.
FORK = """
import gc, os, sys, threading, time
from tfevents import SummaryWriter

def log(start, count=100):
    for step in range(start, start + count):
        writer.add_scalar("a", 1.0, step)

def wait_for(*children):
    for child in children:
        _, status = os.waitpid(child, 0)
        assert status == 0, f"child ended with {status}"

writer = SummaryWriter(sys.argv[1], max_queue=100_000, flush_secs=3600)
"""


@pytest.mark.parametrize("parent_closes", [False, True])
@pytest.mark.parametrize("child_closes", [False, True])
def test_a_fork_in_the_middle_of_logging(tmp_path, parent_closes, child_closes):
    # The parent's first events are still in memory when it forks; only the parent may write them.
    pids = scripts.check(
        FORK
        + f"""
log(0)
child = os.fork()
if child == 0:
    log(1000)
    if {child_closes}:
        writer.close()
    sys.exit()
log(100)
wait_for(child)
log(200)
if {parent_closes}:
    writer.close()
print(os.getpid(), child)
""",
        tmp_path,
    )
    parent, child = map(int, pids.split())
    assert steps_by_process(tmp_path) == {
        parent: list(range(300)),
        child: list(range(1000, 1100)),
    }


def test_a_child_leaves_the_parent_s_file_alone(tmp_path):
    scripts.check(
        FORK
        + """
log(0)
writer.flush()
(name,) = os.listdir(sys.argv[1])
before = open(f"{sys.argv[1]}/{name}", "rb").read()
child = os.fork()
if child == 0:
    writer.flush()
    log(1000)
    writer.flush()
    writer.close()
    del writer
    gc.collect()
    sys.exit()
wait_for(child)
assert open(f"{sys.argv[1]}/{name}", "rb").read() == before
log(100)
""",
        tmp_path,
    )
    assert events.steps(tmp_path) == [*range(200), *range(1000, 1100)]


def test_a_child_that_does_not_log_makes_no_file(tmp_path):
    scripts.check(
        FORK
        + """
log(0)
children = []
for ending in (writer.flush, writer.close, sys.exit):
    child = os.fork()
    if child == 0:
        ending()
        sys.exit()
    children.append(child)
wait_for(*children)
log(100)
""",
        tmp_path,
    )
    assert len(events.event_files(tmp_path)) == 1
    assert events.steps(tmp_path) == list(range(200))


def test_a_child_writes_through_by_itself(tmp_path):
    # os._exit calls nothing, so the disk has only what the child's own thread wrote.
    scripts.check(
        FORK
        + """
import events
child = os.fork()
if child == 0:
    log(1000)
    while events.steps_so_far(sys.argv[1]).count(1099) == 0:
        time.sleep(0.01)
    os._exit(0)
wait_for(child)
""",
        tmp_path,
    )
    assert events.steps(tmp_path) == list(range(1000, 1100))


def test_sub_runs_of_add_scalars_after_a_fork(tmp_path):
    pids = scripts.check(
        FORK
        + """
writer.add_scalars("m", {"x": 1.0, "y": 1.0}, 1)
child = os.fork()
writer.add_scalars("m", {"x": 1.0, "y": 1.0}, 2 if child else 3)
if child == 0:
    sys.exit()
wait_for(child)
print(os.getpid(), child)
""",
        tmp_path,
    )
    parent, child = map(int, pids.split())
    for run in "m_x", "m_y":
        assert steps_by_process(tmp_path / run) == {parent: [1, 2], child: [3]}


def test_a_child_does_not_purge_what_the_parent_wrote(tmp_path):
    scripts.check(
        FORK
        + """
writer = SummaryWriter(sys.argv[1] + "/purging", purge_step=0)
log(0)
child = os.fork()
if child == 0:
    log(1000)
    sys.exit()
wait_for(child)
""",
        tmp_path,
    )
    files = events.event_files(tmp_path / "purging")
    assert len(files) == 2
    assert sum(e.session_status == 1 for path in files for e in events.parse_file(path)) == 1


def test_children_of_children(tmp_path):
    scripts.check(
        FORK
        + """
log(0)
for depth in range(1, 4):
    child = os.fork()
    if child:
        log(depth * 1000 - 500)
        wait_for(child)
        sys.exit()
    log(depth * 1000)
""",
        tmp_path,
    )
    found = steps_by_process(tmp_path)
    assert len(found) == 4
    assert sorted(found.values()) == [
        [*range(100), *range(500, 600)],
        [*range(1000, 1100), *range(1500, 1600)],
        [*range(2000, 2100), *range(2500, 2600)],
        [*range(3000, 3100)],
    ]


def test_a_fork_after_close_and_a_fork_of_a_writer_never_used(tmp_path):
    scripts.check(
        FORK
        + """
log(0)
writer.close()
child = os.fork()
if child == 0:
    log(1000)
    sys.exit()
wait_for(child)
log(100)
""",
        tmp_path,
    )
    assert events.steps(tmp_path) == [*range(200), *range(1000, 1100)]


def test_forks_while_four_threads_log(tmp_path):
    # At a fork, any thread may hold any lock. A child that waits for one waits for ever.
    pids = scripts.check(
        FORK
        + """
done = threading.Event()
counts = [0] * 4

def log_on(thread):
    while not done.is_set():
        writer.add_scalar(f"thread {thread}", 1.0, counts[thread])
        counts[thread] += 1
        if counts[thread] % 50 == 0:
            time.sleep(0.001)

threads = [threading.Thread(target=log_on, args=(n,)) for n in range(4)]
for thread in threads:
    thread.start()
children = []
for number in range(20):
    child = os.fork()
    if child == 0:
        log(number * 1000)
        writer.flush()
        log(number * 1000 + 100)
        # Threads that a fork did not copy cannot be joined at the interpreter's end.
        writer.close()
        os._exit(0)
    children.append(child)
    time.sleep(0.01)
done.set()
for thread in threads:
    thread.join()
wait_for(*children)
print(os.getpid(), *children)
print(*counts)
""",
        tmp_path,
    )
    processes, counts = (list(map(int, line.split())) for line in pids.splitlines())
    parent, *children = processes
    found = steps_by_process(tmp_path)
    assert found.keys() == set(processes)
    for number, child in enumerate(children):
        assert found[child] == list(range(number * 1000, number * 1000 + 200))
    own = [path for path in events.event_files(tmp_path) if f".{parent}." in path.name]
    series: dict[str, list[int]] = {}
    for point in events.points_of(events.parse_file(own[0])):
        series.setdefault(point.tag, []).append(point.step)
    assert len(own) == 1
    assert series == {f"thread {n}": list(range(count)) for n, count in enumerate(counts) if count}


def test_sixteen_threads_on_one_writer(tmp_path):
    start = threading.Barrier(16)

    def log(thread):
        start.wait()
        for step in range(2000):
            writer.add_scalar(f"thread {thread}", float(step), step)
            if step % 500 == 0:
                writer.flush()
                writer.add_scalars("main", {f"thread {thread}": 1.0}, step)

    with SummaryWriter(tmp_path) as writer:
        threads = [threading.Thread(target=log, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    series: dict[str, list[int]] = {}
    (main,) = (path for path in events.event_files(tmp_path) if path.parent == tmp_path)
    for point in events.points_of(events.parse_file(main)):
        assert point.value == point.step
        series.setdefault(point.tag, []).append(point.step)
    assert series == {f"thread {n}": list(range(2000)) for n in range(16)}
    for thread in range(16):
        assert events.steps(tmp_path / f"main_thread {thread}") == [0, 500, 1000, 1500]


def test_threads_that_log_while_others_close(tmp_path):
    logged = [0] * 8
    done = threading.Event()

    def log(thread):
        while not done.is_set():
            writer.add_scalar(f"thread {thread}", 1.0, logged[thread])
            logged[thread] += 1
            if logged[thread] % 50 == 0:
                time.sleep(0.001)

    writer = SummaryWriter(tmp_path)
    threads = [threading.Thread(target=log, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        writer.close()
    done.set()
    for thread in threads:
        thread.join()
    writer.close()
    found: dict[str, list[int]] = {}
    for point in events.points(tmp_path):
        found.setdefault(point.tag, []).append(point.step)
    assert {tag: sorted(steps) for tag, steps in found.items()} == {
        f"thread {n}": list(range(count)) for n, count in enumerate(logged) if count
    }


MULTIPROCESSING = """
import multiprocessing, os, sys
from tfevents import SummaryWriter

def log(writer, start, closes):
    for step in range(start, start + 100):
        writer.add_scalar("a", 1.0, step)
    if closes:
        writer.close()

def log_inherited(start, closes):
    log(writer, start, closes)
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("closes", [False, True])
def test_a_writer_given_to_multiprocessing(tmp_path, method, closes):
    # It is a file, since spawn and forkserver import it again.
    script = tmp_path / "train.py"
    script.write_text(
        MULTIPROCESSING
        + f"""
if __name__ == "__main__":
    writer = SummaryWriter(sys.argv[1])
    log(writer, 0, False)
    context = multiprocessing.get_context({method!r})
    children = [
        context.Process(target=log, args=(writer, start, {closes})) for start in (1000, 2000)
    ]
    for child in children:
        child.start()
    log(writer, 100, False)
    for child in children:
        child.join()
        assert child.exitcode == 0, child.exitcode
    print(os.getpid(), *(child.pid for child in children))
"""
    )
    pids = scripts.check(
        "import runpy, sys; runpy.run_path(sys.argv.pop(1), run_name='__main__')",
        script,
        tmp_path / "run",
    )
    parent, first, second = map(int, pids.split())
    assert steps_by_process(tmp_path / "run") == {
        parent: list(range(200)),
        first: list(range(1000, 1100)),
        second: list(range(2000, 2100)),
    }


@pytest.mark.parametrize("closes", [False, True])
def test_a_writer_inherited_by_multiprocessing_s_fork(tmp_path, closes):
    pids = scripts.check(
        MULTIPROCESSING
        + f"""
writer = SummaryWriter(sys.argv[1], flush_secs=3600)
log(writer, 0, False)
child = multiprocessing.get_context("fork").Process(target=log_inherited, args=(1000, {closes}))
child.start()
child.join()
assert child.exitcode == 0, child.exitcode
log(writer, 100, False)
print(os.getpid(), child.pid)
""",
        tmp_path,
    )
    parent, child = map(int, pids.split())
    assert steps_by_process(tmp_path) == {
        parent: list(range(200)),
        child: list(range(1000, 1100)),
    }


def test_a_pool_of_forked_workers(tmp_path):
    scripts.check(
        MULTIPROCESSING
        + """
writer = SummaryWriter(sys.argv[1])

def work(step):
    writer.add_scalar("a", 1.0, step)
    return os.getpid()

with multiprocessing.get_context("fork").Pool(4) as pool:
    pool.map(work, range(1000), chunksize=10)
    pool.close()
    pool.join()
""",
        tmp_path,
    )
    assert events.steps(tmp_path) == list(range(1000))


@pytest.mark.skipif(sys.platform != "linux", reason="counts what /proc shows")
def test_a_child_does_not_keep_the_parent_s_descriptor_for_ever(tmp_path):
    scripts.check(
        FORK
        + """
log(0)
writer.flush()
child = os.fork()
if child == 0:
    log(1000)
    writer.close()
    kept = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
            if os.path.exists(f"/proc/self/fd/{fd}")]
    assert not any(sys.argv[1] in path for path in kept), kept
    os._exit(0)
wait_for(child)
""",
        tmp_path,
    )
