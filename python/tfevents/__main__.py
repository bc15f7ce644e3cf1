"""The command `tfevents`, and `python -m tfevents`.

`run` and `pth` replace other libraries' writers and readers with ours, without changing code. They
need no other packages. The other subcommands are in `tfevents.cli`.
"""

from __future__ import annotations

import builtins
import io
import os
import pkgutil
import runpy
import sys
from importlib.machinery import SourceFileLoader
from types import ModuleType

USAGE = """\
usage: tfevents run script.py [argument ...]
       tfevents run -m module [argument ...]
       tfevents pth write
       tfevents pth remove

run     Run a program with our writers and readers. They replace those of torch, tensorboardX,
        TensorBoard and tbparse, as tfevents.install does.
pth     Write a file among the packages of this Python, or remove it. With it, every program runs
        so that has TFEVENTS_INSTALL=1 in its environment.
"""


def main(arguments: list[str]) -> int | str:
    match arguments:
        case ["run", "-m", module, *rest]:
            _install()
            _prepare(module, rest)
            # This is the first path of `python -m`, wherever the script `tfevents` is.
            if not sys.flags.safe_path:
                sys.path[0] = os.getcwd()
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case ["run", script, *rest] if not script.startswith("-"):
            _install()
            return _run(script, rest)
        case ["pth", "write"]:
            from tfevents import _startup

            return _print(f"{_startup.write()}\n")
        case ["pth", "remove"]:
            from tfevents import _startup

            removed = _startup.remove()
            return _print("".join(f"{path}\n" for path in removed) or "there is none\n")
        case ["run" | "pth", "-h" | "--help"]:
            return _print(USAGE)
        case ["run" | "pth", *_]:
            print(USAGE, end="", file=sys.stderr)
            return 2
        case ["--version"]:
            from tfevents import __version__

            return _print(f"{__version__}\n")
        case _:
            return _other(arguments)
    return 0


def _print(text: str) -> int:
    """Prints a text. Returns the exit code, which tells whether anybody got it."""
    try:
        print(text, end="", flush=True)
    except OSError as error:
        # Python would try to write the rest of the buffer again when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"tfevents: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _install() -> None:
    # The classes that stand in for others' are many, and looking at a log takes none of them.
    from tfevents._stand_ins.install import install

    install()


def _other(arguments: list[str]) -> int:
    try:
        import rich as rich
        import typer as typer

        from tfevents.cli.app import main
    except KeyboardInterrupt:
        return 130
    except ImportError as error:
        print(USAGE, end="", file=sys.stderr)
        print(
            f"\nThe other commands need {error.name}: pip install 'tfevents[cli]'", file=sys.stderr
        )
        return 2
    return main(arguments)


def command() -> None:
    """The console script."""
    sys.exit(main(sys.argv[1:]))


def _prepare(name: str, arguments: list[str]) -> None:
    sys.argv[:] = [name, *arguments]
    # The Python processes that the program starts see this, if `pth write` was called.
    os.environ.setdefault("TFEVENTS_INSTALL", "1")


def _run(script: str, arguments: list[str]) -> int | str:
    """Runs a script, or a directory or archive with a `__main__.py`, as the main module."""
    _prepare(script, arguments)
    if not os.path.exists(script):
        return f"can't open file {script!r}: there is no such file"
    # The program may change its working directory.
    path = os.path.abspath(script)
    is_file = pkgutil.get_importer(path) is None
    if not sys.flags.safe_path:
        sys.path.pop(0)
        if is_file:
            sys.path.insert(0, os.path.dirname(os.path.realpath(script)))
    if not is_file:
        runpy.run_path(path, run_name="__main__")
        return 0
    with io.open_code(path) as file:
        # The future statements of this module are not the script's.
        code = compile(file.read(), path, "exec", dont_inherit=True)
    # The module must stay alive, since code at the end of the process may still use it.
    module = ModuleType("__main__")
    vars(module).update(__file__=path, __builtins__=builtins)
    module.__loader__ = SourceFileLoader("__main__", path)
    sys.modules["__main__"] = module
    exec(code, vars(module))
    return 0


if __name__ == "__main__":
    command()
