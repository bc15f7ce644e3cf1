"""Compiles `shim.c`, and sets the faults for a process that has it loaded."""

import ctypes
import mmap
import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")

FAIL, SHORT, SLOW, KILL, KILL_WITHIN = range(5)
OPEN, WRITE, CLOSE, STAT, MKDIR, RENAME, SYNC, THREAD = (1 << bit for bit in range(8))
# All calls on files.
ALL = OPEN | WRITE | CLOSE | STAT | MKDIR | RENAME | SYNC


class Control(ctypes.Structure):
    """`struct control`, whose fields `shim.c` explains."""

    _fields_ = [
        ("calls", ctypes.c_int64),
        ("at", ctypes.c_int64),
        ("times", ctypes.c_int64),
        ("action", ctypes.c_int64),
        ("argument", ctypes.c_int64),
        ("count", ctypes.c_int64),
        ("hits", ctypes.c_int64),
        ("killed_at", ctypes.c_int64),
        ("directory", ctypes.c_char * 256),
    ]


def compiler() -> str | None:
    """The C compiler, if there is one."""
    return shutil.which(os.environ.get("CC", "cc"))


def build(directory: Path) -> Path:
    """The compiled shim, in this directory."""
    library = directory / "shim.so"
    command = [compiler() or "cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror"]
    subprocess.run([*command, "-o", str(library), str(SOURCE), "-ldl"], check=True)
    return library


def control() -> Control:
    """Control memory that the shims of several processes can share."""
    return Control.from_buffer(mmap.mmap(-1, ctypes.sizeof(Control)))


def obey(shared: Control) -> None:
    """Makes the shim of this process use this memory from now on, and those of its children too."""
    # The memory is never freed, since threads write while the interpreter ends.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(shared))
    ctypes.CDLL(None).fault_control(ctypes.byref(shared))
