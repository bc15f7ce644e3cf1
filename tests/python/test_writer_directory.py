"""The directory is removed or refuses writes."""

import errno
import os
import sys

import pytest

import scripts
import tfevents
from tfevents import FileWriter, SummaryWriter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="uses Linux's mounts and limits")

# `trouble` collects errors and warnings of the writer.
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


# How to make a directory read-only. For root, whom modes do not stop, this takes a mount.
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


class Place:
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


@pytest.mark.parametrize("writer", [SummaryWriter, FileWriter])
@pytest.mark.parametrize(
    "path", [b"run", 3, ["run"], {"run"}, object()], ids=lambda path: type(path).__name__
)
def test_what_is_no_path_is_refused_by_name(tmp_path, monkeypatch, writer, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError, match=r"log_dir: expected a str or os\.PathLike, got"):
        writer(path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("encode", [str, os.fsencode])
def test_an_object_that_is_a_path(tmp_path, encode):
    with SummaryWriter(Place(encode(tmp_path / "run"))) as writer:
        writer.add_scalar("loss", 0.5, 1)
        writer.add_scalars("main", {"a": 0.5}, 1)
    assert set(tfevents.read(tmp_path)) == {"run", "run/main_a"}
