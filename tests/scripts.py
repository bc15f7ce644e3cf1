"""Runs pieces of Python in processes of their own, which may be killed, forked, limited or
ended.
"""

import functools
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

# This stops tests that hang. It does not measure speed.
HANGS_AFTER = 150


def command(source: str, *arguments: object) -> list[str]:
    """The command line that runs `source` with `arguments` in sys.argv[1:]."""
    return [sys.executable, "-c", textwrap.dedent(source), *map(str, arguments)]


def run(
    source: str, *arguments: object, prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Runs `source` to its end. The test fails after HANGS_AFTER seconds."""
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
        # Children of a fork have the pipes too.
        os.killpg(process.pid, 9)
        out, err = process.communicate()
        pytest.fail(f"the script hangs\n--- stdout\n{out}\n--- stderr\n{err}", pytrace=False)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def check(source: str, *arguments: object, prefix: tuple[str, ...] = ()) -> str:
    """Runs `source`, which must end with status 0. Returns its output."""
    done = run(source, *arguments, prefix=prefix)
    assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _inherited() -> list[str]:
    return [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]


@functools.cache
def mount_namespace() -> tuple[str, ...]:
    """The prefix of a command that gives a script mounts of its own. Skips if that is not
    allowed.
    """
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
