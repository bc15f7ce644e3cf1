"""Runs pieces of Python in processes of their own: to be killed, forked, limited or ended."""

import functools
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

# A guard against hanging, not a measure of speed.
HANGS_AFTER = 150


def command(source: str, *arguments: object) -> list[str]:
    """The command line that runs `source` with `arguments` in sys.argv[1:]."""
    return [sys.executable, "-c", textwrap.dedent(source), *map(str, arguments)]


def run(
    source: str, *arguments: object, prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `source` to its end; more than HANGS_AFTER seconds fail the test."""
    process = subprocess.Popen(
        [*prefix, *command(source, *arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *_inherited()]),
        },
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=HANGS_AFTER)
    except subprocess.TimeoutExpired:
        # Children of a fork hold the pipes too.
        os.killpg(process.pid, 9)
        out, err = process.communicate()
        pytest.fail(f"the script hangs\n--- stdout\n{out}\n--- stderr\n{err}", pytrace=False)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def check(source: str, *arguments: object, prefix: tuple[str, ...] = ()) -> str:
    """Run `source`, which must end with status 0, and return what it printed."""
    done = run(source, *arguments, prefix=prefix)
    assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _inherited() -> list[str]:
    return [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]


@functools.cache
def mount_namespace() -> tuple[str, ...]:
    """The command prefix that gives a script mounts of its own; skips where that is not allowed."""
    for prefix in (("unshare", "--mount"), ("unshare", "--mount", "--map-root-user")):
        try:
            subprocess.run(
                [*prefix, "sh", "-c", "mount -t tmpfs none /mnt && mount -o remount,ro none /mnt"],
                check=True,
                capture_output=True,
                timeout=30,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return prefix
    pytest.skip("needs the right to mount in a namespace of its own")
