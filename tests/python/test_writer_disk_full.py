"""The disk is full."""

import subprocess
import sys

import pytest

import scripts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="uses Linux's mounts and limits")

# At first there is room for about 2000 events. Later there is room for any number that the scripts
# log.
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
