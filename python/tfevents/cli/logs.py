"""Reads the logs for the subcommands."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tfevents import _native
from tfevents.cli import options
from tfevents.cli.output import Quit, near, progress, warn
from tfevents.reader.finding import Skipped
from tfevents.reader.log import Damage, Log, read
from tfevents.reader.run import KINDS, Run, missing
from tfevents.remote.uri import is_uri

_TAGLESS = ("hparams", "graph", "run_metadata", "session_logs")


def read_log(
    path: str,
    runs: list[str] | None = None,
    tags: list[str] | None = None,
    kinds: list[str] | str | None = None,
    steps: str | None = None,
    restarts: str = "raw",
    *,
    tells_tags: bool = True,
) -> Log:
    """Reads a log, and warns about damage. Ends the command if there are no runs.

    If nothing matches, it says what exists. With tags and kinds, the command may do that itself.
    """
    if tags and kinds is None:
        # Kinds without tags can't be selected by tags.
        kinds = [kind for kind in KINDS if kind not in _TAGLESS]
    with warnings.catch_warnings(record=True) as told, progress("reading"):
        warnings.simplefilter("always")
        log = read(
            path,
            runs=options.patterns(runs),
            tags=options.patterns(tags),
            kinds=kinds,  # type: ignore[arg-type]
            steps=options.steps(steps),
            restarts=restarts,  # type: ignore[arg-type]
            on_corrupt="skip",
        )
    for warning in told:
        text = str(warning.message)
        if tells_tags or not text.startswith(("tags:", "kinds:")):
            warn(text)
    tell(log.damage, log.skipped)
    if not log:
        raise Quit(1, f"{path}: there are no runs" + (" of these names" if runs else ""))
    return log


def tell(damage: Iterable[Damage], skipped: Iterable[Skipped]) -> None:
    """Warns about data that could not be read."""
    for one in damage:
        warn(f"{near(one.path)}: {one.length} damaged bytes at {one.offset} ({one.kind})")
    for left in skipped:
        warn(f"{near(left.path)}: left out ({left.reason})")


class Lost:
    """Values that can't be had. Each is told of, and hides no other.

    Attributes:
        number: how many there are.
    """

    def __init__(self) -> None:
        self.number = 0

    @contextmanager
    def tell(self, run: str, what: str, step: object = None) -> Iterator[None]:
        """Tells of a ValueError in the block, which ends, and of warnings."""
        said = []
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                yield
            except ValueError as error:
                at = "" if step is None else f" at step {step}"
                said.append(f"run {run!r}, {what}{at}: {error}")
        said += [str(one.message) for one in told]
        for text in said:
            warn(text)
        self.number += len(said)

    def tell_hparams(self, name: str, run: Run) -> None:
        """Tells of hyperparameters that can't be decoded, which happens at first use."""
        with self.tell(name, "hparams"):
            len(run.hparams)


def no_tag(
    path: str, runs: list[str] | None, tags: list[str], kinds: str | list[str] | None = None
) -> str:
    """The message that there is no such tag, with the tags that may be meant; or no value of one
    that there is, since others were selected.
    """
    with warnings.catch_warnings(action="ignore"):
        log = read(path, runs=options.patterns(runs), kinds=kinds, on_corrupt="skip")  # type: ignore[arg-type]
    known = dict.fromkeys(tag for _, data in native(log) for tag, _, _ in data.summary())
    if there := [tag for tag in tags if tag in known]:
        return f"no value of {', '.join(map(repr, there))} that is selected"
    return missing(f"tag {', '.join(map(repr, tags))}", tags[0], known)


def file_sizes(files: Iterable[str]) -> dict[str, int]:
    """The number of bytes of files, of those that still exist."""
    sizes = {}
    for file in files:
        try:
            sizes[file] = _size(file) if is_uri(file) else os.stat(file).st_size
        except OSError:
            continue
    return sizes


def _size(uri: str) -> int:
    from tfevents.remote import files

    return files.stamp(uri)[0]


def native(log: Log) -> Iterable[tuple[str, _native.RunData]]:
    """The runs of a log without their mappings. For a thousand runs these take time."""
    return log.scalars._runs()
