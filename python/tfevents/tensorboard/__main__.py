"""`python -m tfevents.tensorboard`: TensorBoard's program, with our reader."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType


def main(argv: Sequence[str] | None = None) -> int:
    """Serves TensorBoard's page with our reader until Ctrl-C.

    Args:
        argv: the arguments after the program's name, TensorBoard's flags and ours, as `--help`
            lists them; by default those of the process.

    Returns:
        The program's exit status: 1 if TensorBoard is not installed, or if flags contradict each
        other. An unknown flag raises SystemExit.

    Example:
        `main(["--logdir", "runs", "--port", "0"])`
    """
    # Our reader does not need TensorFlow, and importing it takes longer than reading most logs. If
    # this module exists, TensorBoard uses its own replacement of TensorFlow.
    sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))
    try:
        from tensorboard import default, program
        from tensorboard.plugins.base_plugin import FlagsError
    except ImportError as error:
        print(f"tensorboard needs the extra tfevents[tensorboard]: {error}", file=sys.stderr)
        return 1
    import absl.logging

    from tensorboard_plugin_tfevents import ReaderLoader

    # TensorBoard's program does the same.
    absl.logging.set_verbosity(absl.logging.WARNING)
    plugins = default.get_plugins()
    if ReaderLoader not in plugins:
        # tfevents may be on the path without being installed.
        plugins.append(ReaderLoader)
    tensorboard = program.TensorBoard(plugins=plugins)
    arguments = sys.argv[1:] if argv is None else list(argv)
    # A subcommand comes first.
    at = 1 if arguments and not arguments[0].startswith("-") else 0
    arguments.insert(at, "--reader=tfevents")
    try:
        tensorboard.configure(["tensorboard", *arguments])
    except FlagsError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return int(tensorboard.main())


if __name__ == "__main__":
    sys.exit(main())
