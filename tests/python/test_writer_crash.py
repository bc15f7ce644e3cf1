"""What a killed process leaves behind, and what happens when the file cannot be written."""

import errno
import os
import random
import signal
import subprocess
import sys
import time

import pytest

import events
import scripts
from tfevents import SummaryWriter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="uses Linux's mounts and limits")

# kill -9

LOGS_AND_TELLS = """
import os, sys, time
from tfevents import SummaryWriter
writer = SummaryWriter(sys.argv[1], max_queue=1_000_000, flush_secs=3600)
step = 0
while True:
    for _ in range(50):
        writer.add_scalar("loss", 1.0, step)
        step += 1
    os.write(1, b"%d %d\\n" % (step, time.monotonic_ns()))
    time.sleep(0.0005)
"""


def kill_while_logging(directory) -> tuple[list[tuple[int, float]], float]:
    """([(events accepted, when)], when it was killed) of a process that logs; times in seconds."""
    process = subprocess.Popen(scripts.command(LOGS_AND_TELLS, directory), stdout=subprocess.PIPE)
    first = process.stdout.readline()
    time.sleep(random.uniform(0.0, 0.7))
    killed = time.monotonic()
    process.kill()
    lines = (first + process.communicate()[0]).splitlines()
    assert process.returncode == -signal.SIGKILL
    reports = [tuple(map(int, line.split())) for line in lines if len(line.split()) == 2]
    return [(count, when / 1e9) for count, when in reports], killed


def stalled(reports, killed) -> bool:
    """Whether the machine itself stood still in the last moments, so that no promise can hold."""
    times = [when for _, when in reports if when > killed - 0.5]
    return any(b - a > 0.05 for a, b in zip(times, [*times[1:], killed], strict=True))


def test_kill_loses_at_most_the_last_200_ms(tmp_path):
    kills = 0
    for attempt in range(30):
        directory = tmp_path / str(attempt)
        reports, killed = kill_while_logging(directory)
        path = events.only_file(directory)
        # Every record but the last, which the kill may have cut, is whole and in its place.
        payloads, _ = events.split_records(path.read_bytes())
        written = [events.Event.parse(payload) for payload in payloads]
        assert written[0].file_version == "brain.Event:2"
        assert [event.step for event in written[1:]] == list(range(len(written) - 1))
        if stalled(reports, killed):
            continue
        kills += 1
        accepted = max((count for count, when in reports if when < killed - 0.2), default=0)
        assert len(written) - 1 >= accepted
        if kills == 8:
            return
    pytest.skip(f"the machine stands still too often: only {kills} kills could be judged")


def test_a_single_event_survives_a_kill(tmp_path):
    process = subprocess.Popen(
        scripts.command(
            """
            import sys, time
            from tfevents import SummaryWriter
            writer = SummaryWriter(sys.argv[1], max_queue=1000, flush_secs=3600)
            writer.add_scalar("loss", 1.0, 1)
            writer.add_scalars("main", {"key": 1.0}, 2)
            print("accepted", flush=True)
            time.sleep(3600)
            """,
            tmp_path,
        ),
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"accepted\n"
    time.sleep(1)
    process.kill()
    process.communicate()
    assert events.steps(tmp_path) == [1, 2]


# No room on the disk.

# Room for about 2000 events at first, for any number that the scripts log once there is more.
OUT_OF_SPACE = {
    "ENOSPC": """
        import errno, os, subprocess
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", directory], check=True)
        ERRNO = errno.ENOSPC

        def fill():
            disk = os.statvfs(directory)
            with open(directory + "/ballast", "wb") as ballast:
                ballast.write(bytes(disk.f_bavail * disk.f_frsize - 100_000))

        def free():
            os.remove(directory + "/ballast")
        """,
    "EFBIG": """
        import errno, os, resource
        ERRNO = errno.EFBIG

        def limit(size):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

        def fill():
            limit(os.path.getsize(events.only_file(run)) + 100_000)

        def free():
            limit(resource.RLIM_INFINITY)
        """,
}

PRELUDE = """
        import sys, time, warnings
        import events
        from tfevents import SummaryWriter

        directory = sys.argv[1]
        run = directory + "/run"
"""

LOGGING = """
        accepted, refused, step = [], [], 0

        def log(count):
            global step
            for _ in range(count):
                step += 1
                try:
                    writer.add_scalar("loss", 1.0, step)
                except OSError as error:
                    assert error.errno == ERRNO, error
                    assert str(error.filename).startswith(run), error.filename
                    refused.append(step)
                else:
                    accepted.append(step)

        def error_of(call):
            try:
                call()
            except OSError as error:
                assert error.errno == ERRNO, error
                return error

        def eventually(condition):
            deadline = time.monotonic() + 30
            while not condition():
                assert time.monotonic() < deadline, "waited in vain"
                time.sleep(0.01)
"""


@pytest.fixture(params=["ENOSPC", "EFBIG"])
def out_of_space(request, tmp_path):
    """Runs a script for which the disk can be filled and freed."""

    def run(source: str) -> subprocess.CompletedProcess[str]:
        prefix = scripts.mount_namespace() if request.param == "ENOSPC" else ()
        source = PRELUDE + OUT_OF_SPACE[request.param] + LOGGING + source
        done = scripts.run(source, tmp_path, prefix=prefix)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done

    return run


def test_raise_raises_and_recovers_without_losing_an_event(out_of_space):
    out_of_space(
        """
        writer = SummaryWriter(run)
        log(100)
        writer.flush()
        fill()
        for _ in range(50):
            log(100)
            time.sleep(0.005)
            if refused:
                break
        assert error_of(writer.flush), "flush claims to have written what has no room"
        assert error_of(writer.flush), "flush forgets that the disk is full"
        free()
        eventually(lambda: error_of(writer.flush) is None)
        log(100)
        assert accepted[-1] == step
        writer.close()
        written = events.steps(run)
        assert len(set(written)) == len(written)
        assert set(accepted) <= set(written) <= {*accepted, *refused}
        assert writer.dropped_events == 0
        """
    )


def test_raise_raises_at_a_call_that_does_not_wait(out_of_space):
    out_of_space(
        """
        writer = SummaryWriter(run)
        writer.flush()
        fill()
        log(5000)
        eventually(lambda: log(1) or refused)
        """
    )


def test_raise_raises_at_close_and_leaves_a_valid_beginning(out_of_space):
    out_of_space(
        """
        writer = SummaryWriter(run)
        writer.flush()
        fill()
        log(5000)
        assert error_of(writer.close)
        written = events.steps_so_far(run)
        assert written == list(range(1, len(written) + 1))
        assert len(written) < 5000
        """
    )


def test_raise_refuses_what_no_longer_fits_in_memory_and_leaves_no_thread_waiting(out_of_space):
    out_of_space(
        """
        import resource, threading

        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10

        def add(thread):
            for number in range(thread * 25, thread * 25 + 25):
                try:
                    writer.add_text("t", text, number)
                except OSError as error:
                    assert error.errno == ERRNO, error
                else:
                    accepted.append(number)

        text = "x" * (4 << 20)
        writer = SummaryWriter(run)
        writer.flush()
        fill()
        before = peak()
        threads = [threading.Thread(target=add, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        grown = peak() - before
        assert grown < 200, f"{grown} MiB for 400 MiB of text"
        assert len(accepted) < 100
        error_of(writer.close)
        """
    )


def test_warn_warns_once_an_outage_and_recovers_without_losing_an_event(out_of_space):
    out_of_space(
        """
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            writer = SummaryWriter(run, on_error="warn")
            for outage in 1, 2:
                log(100)
                writer.flush()
                assert len(caught) == outage - 1
                fill()
                log(5000)
                eventually(lambda: log(1) or len(caught) == outage)
                log(1000)
                writer.flush()
                time.sleep(0.5)
                log(1000)
                writer.flush()
                assert len(caught) == outage, [str(w.message) for w in caught]
                free()
                eventually(
                    lambda: writer.flush()
                    or len(events.steps_so_far(run)) == step - writer.dropped_events
                )
            writer.close()
        assert {w.category for w in caught} == {RuntimeWarning}
        assert all(os.strerror(ERRNO) in str(w.message) for w in caught)
        assert not refused
        written = events.steps(run)
        assert len(set(written)) == len(written)
        assert len(written) + writer.dropped_events == step
        assert writer.dropped_events == 0, "these few events fit in memory"
        """
    )


def test_warn_counts_what_a_close_could_not_write(out_of_space):
    out_of_space(
        """
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            writer = SummaryWriter(run, on_error="warn")
            writer.flush()
            fill()
            log(5000)
            writer.close()
        assert {w.category for w in caught} == {RuntimeWarning}
        written = events.steps_so_far(run)
        assert written == list(range(1, len(written) + 1))
        assert writer.dropped_events == 5000 - len(written) > 0
        """
    )


def test_warn_keeps_memory_bounded_and_counts_what_it_drops(out_of_space):
    out_of_space(
        """
        import resource

        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10

        text = "x" * (4 << 20)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            writer = SummaryWriter(run, on_error="warn")
            writer.flush()
            fill()
            log(5000)
            eventually(lambda: log(1) or caught)
            before = peak()
            for number in range(100):
                writer.add_text("t", text, number)
            grown = peak() - before
            assert grown < 200, f"{grown} MiB for 400 MiB of text"
            assert writer.dropped_events > 0
            writer.close()
        written = events.steps_so_far(run)
        assert len(written) + writer.dropped_events == step + 100
        """
    )


@pytest.mark.parametrize("on_error", ["raise", "warn"])
def test_a_process_that_ends_on_a_full_disk_says_so(out_of_space, on_error):
    done = out_of_space(
        f"""
        writer = SummaryWriter(run, on_error={on_error!r})
        writer.flush()
        fill()
        writer.add_scalar_series("loss", range(5000))
        print(os.strerror(ERRNO))
        """
    )
    assert done.stdout.strip() in done.stderr


# A directory that goes away or refuses.

# `trouble` collects what the writer says, in either way.
HEARD = """
        import errno, os, shutil, sys, time, warnings
        import events
        from tfevents import SummaryWriter

        directory, on_error = sys.argv[1:]
        run = directory + "/run"
        trouble = []
        caught = warnings.catch_warnings()
        caught.__enter__()
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_: trouble.append(message)

        def attempt(call, *arguments, **options):
            try:
                return call(*arguments, **options)
            except OSError as error:
                assert on_error == "raise" or call is SummaryWriter, error
                assert error.errno, error
                assert str(error.filename).startswith(run), error.filename
                trouble.append(error)
"""
both = pytest.mark.parametrize("on_error", ["raise", "warn"])


@both
@pytest.mark.parametrize("sub_runs", [False, True])
def test_a_directory_removed_while_logging(tmp_path, on_error, sub_runs):
    # Writes to the deleted file would succeed, and be lost.
    scripts.check(
        HEARD
        + f"""
        def log(step):
            if {sub_runs}:
                attempt(writer.add_scalars, "main", {{"key": 1.0}}, step)
            else:
                attempt(writer.add_scalar, "loss", 1.0, step)

        writer = SummaryWriter(run, on_error=on_error)
        log(0)
        writer.flush()
        shutil.rmtree(run)
        for step in range(1, 50):
            log(step)
            time.sleep(0.01)
        attempt(writer.flush)
        told = bool(trouble)
        attempt(writer.close)
        went_on = os.path.exists(run) and events.steps_so_far(run) == list(range(1, 50))
        assert told or went_on, "49 events are lost and nobody was told"
        if on_error == "warn" and not went_on:
            assert writer.dropped_events > 0
        """,
        tmp_path,
        on_error,
    )


@both
@pytest.mark.parametrize("path", ["run", "run/below"])
def test_a_log_directory_that_is_a_file(tmp_path, on_error, path):
    (tmp_path / "run").write_text("a file")
    scripts.check(
        HEARD
        + f"""
        writer = attempt(SummaryWriter, directory + "/{path}", on_error=on_error)
        if writer is not None:
            for step in range(100):
                attempt(writer.add_scalar, "loss", 1.0, step)
            attempt(writer.flush)
            attempt(writer.close)
        assert trouble
        """,
        tmp_path,
        on_error,
    )
    assert (tmp_path / "run").read_text() == "a file"


# How a directory becomes read-only: by a mount for root, whom modes do not stop.
READ_ONLY = {
    "mount": """
        import subprocess
        subprocess.run(["mount", "-t", "tmpfs", "none", directory], check=True)

        def read_only(yes):
            mode = "ro" if yes else "rw"
            subprocess.run(["mount", "-o", "remount," + mode, "none", directory], check=True)
        """,
    "mode": """
        def read_only(yes):
            for path in filter(os.path.exists, (directory, run)):
                os.chmod(path, 0o500 if yes else 0o700)
        """,
}


@pytest.fixture(params=["mount", "mode"])
def read_only(request, tmp_path):
    """Runs a script that can make the directory read-only."""
    if request.param == "mode":
        tmp_path.chmod(0o500)
        ignored = os.access(tmp_path, os.W_OK)
        tmp_path.chmod(0o700)
        if ignored:
            pytest.skip("root may write whatever the mode says")

    def check(source: str, on_error: str) -> None:
        prefix = scripts.mount_namespace() if request.param == "mount" else ()
        scripts.check(HEARD + READ_ONLY[request.param] + source, tmp_path, on_error, prefix=prefix)

    return check


@both
def test_a_read_only_directory_at_the_start(read_only, on_error):
    read_only(
        """
        read_only(True)
        writer = attempt(SummaryWriter, run, on_error=on_error)
        if writer is not None:
            for step in range(100):
                attempt(writer.add_scalar, "loss", 1.0, step)
            attempt(writer.flush)
            attempt(writer.close)
        assert trouble
        read_only(False)
        """,
        on_error,
    )


@both
def test_a_directory_made_read_only_between_close_and_use(read_only, on_error):
    read_only(
        """
        accepted = []

        def log(step):
            before = len(trouble)
            attempt(writer.add_scalar, "loss", 1.0, step)
            if len(trouble) == before or on_error == "warn":
                accepted.append(step)

        writer = SummaryWriter(run, on_error=on_error)
        log(0)
        writer.close()
        read_only(True)
        for step in range(1, 50):
            log(step)
        attempt(writer.flush)
        assert trouble
        heard = len(trouble)
        read_only(False)
        deadline = time.monotonic() + 30
        while True:
            before = len(trouble)
            attempt(writer.flush)
            if len(trouble) == before:
                break
            assert time.monotonic() < deadline
        log(50)
        attempt(writer.close)
        written = events.steps(run)
        assert len(set(written)) == len(written)
        if on_error == "raise":
            assert set(accepted) <= set(written)
            assert writer.dropped_events == 0
        assert len(accepted) - writer.dropped_events <= len(written)
        assert 50 in written
        """,
        on_error,
    )


def test_errors_of_the_constructor_are_os_errors_with_errno_and_file_name(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file") as raised:
        SummaryWriter(tmp_path / "file")
    assert raised.value.errno in (errno.EEXIST, errno.ENOTDIR)
    assert str(raised.value.filename).startswith(str(tmp_path / "file"))
