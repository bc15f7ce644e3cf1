"""Puts the subcommands together."""

from __future__ import annotations

import errno
import functools
import io
import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import typer

from tfevents._native import __version__
from tfevents.cli.output import Quit, near
from tfevents.errors import Error

EPILOG = (
    "A path is an event file, a run, a tree of runs or a URI, such as s3://bucket/runs. "
    "Exit codes: 0 all is well; 1 something is damaged, differs or is not there; 2 wrong use."
)

# Each is a module of this package, which is imported when it is needed.
COMMANDS = (
    "ls",
    "show",
    "plot",
    "tail",
    "hparams",
    "diff",
    "export",
    "verify",
    "repair",
    "rewrite",
)
# The arguments after these belong to another program.
_FORWARDED = {"allow_extra_args": True, "ignore_unknown_options": True}


def build(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The subcommands of these names, and those that forward to other programs."""
    app = typer.Typer(
        name="tfevents",
        help="Look at, follow, export, mend and edit TensorBoard logs.",
        epilog=EPILOG,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name in names:
        command = import_module(f"tfevents.cli.{name}").command
        app.command(name)(_exits(command))
    for name, forward in (("run", _run), ("pth", _pth), ("tensorboard", _tensorboard)):
        app.command(name, context_settings=_FORWARDED, add_help_option=False)(forward)
    app.callback()(_options)
    return app


def _exits(command: Callable[..., int]) -> Callable[..., None]:
    """A subcommand whose result is the exit code."""

    @functools.wraps(command)
    def call(*arguments: Any, **options: Any) -> None:
        if code := command(*arguments, **options):
            raise SystemExit(code)

    return call


def _run(context: typer.Context) -> None:
    """Run a script, or with -m a module, with our writer.

    Our writer replaces torch's and tensorboardX's. The code need not be edited.
    """
    from tfevents.__main__ import main

    raise SystemExit(main(["run", *context.args]))


def _pth(context: typer.Context) -> None:
    """Run every Python program with our writer: write or remove.

    It applies to programs with TFEVENTS_INSTALL=1 in their environment.
    """
    from tfevents.__main__ import main

    raise SystemExit(main(["pth", *context.args]))


def _tensorboard(context: typer.Context) -> None:
    """Start TensorBoard with our reader.

    Its arguments are those of TensorBoard.
    """
    try:
        main = import_module("tfevents.tensorboard.__main__").main
    except ImportError as error:
        raise Quit(2, f"TensorBoard is not to be had: {error}") from error
    raise SystemExit(main(context.args))


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version."
    ),
) -> None:
    pass


def main(arguments: list[str]) -> int:
    """Runs a command. Returns its exit code."""
    for name in ("stdout", "stderr"):
        # A caller that closed the stream wants only the exit code.
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names of runs and tags may have characters that the output's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    code = _code(arguments)
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python would try to write the rest of the buffer again when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if code == 0:
            return _failed(1, "" if isinstance(error, BrokenPipeError) else _message(error))
    return code


def _code(arguments: list[str]) -> int:
    # Making one subcommand is many times faster than making all.
    asked = arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS
    try:
        build(asked)(arguments, prog_name="tfevents")
    except SystemExit as exit:
        return exit.code if isinstance(exit.code, int) else int(bool(exit.code))
    except Quit as quit:
        return _failed(quit.code, str(quit))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1
    except (OSError, Error) as error:
        return _failed(1, _message(error))
    except (TypeError, ValueError, ImportError) as error:
        return _failed(2, str(error))
    return 0


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOENT:
        return f"{near(str(error.filename))}: there is nothing"
    if isinstance(error, OSError) and error.filename:
        return f"{near(str(error.filename))}: {error.strerror}"
    if isinstance(error, OSError) and error.strerror:
        # The error has no path if it is about the output.
        return error.strerror
    return str(error)


def _failed(code: int, message: str) -> int:
    if message:
        print(f"tfevents: {message}", file=sys.stderr)
    return code
