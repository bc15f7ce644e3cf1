"""The flags that have TensorBoard read with our reader, for its own command and for ours.

Every start of TensorBoard imports this module, which imports nothing of `tfevents` until its reader
is asked for.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from tensorboard.plugins import base_plugin

READERS = ("tensorboard", "tfevents")
RESTARTS = ("latest", "last_wins", "tensorboard", "raw")

# What stands for "all" where TensorBoard takes a number of samples.
_ALL = sys.maxsize


class ReaderLoader(base_plugin.TBLoader):
    """Adds the flags, and puts our reader in the place of TensorBoard's where they ask for it."""

    def __init__(self) -> None:
        self._is_ours = False

    def define_flags(self, parser: argparse.ArgumentParser) -> None:
        group = parser.add_argument_group("tfevents")
        group.add_argument(
            "--reader",
            choices=READERS,
            default=os.environ.get("TENSORBOARD_READER") or "tensorboard",
            help="who reads the event files: TensorBoard's reader, or tfevents, which loads faster "
            "and shows every point (default: the environment variable TENSORBOARD_READER, or "
            "tensorboard)",
        )
        group.add_argument(
            "--restarts",
            choices=RESTARTS,
            help="what becomes of steps that came again after a restart, with tfevents' reader: "
            "latest, the last session's stay, and what its purge_step takes back goes; last_wins, "
            "the last value of each step stays; tensorboard, those go that TensorBoard drops; raw, "
            "all stay as they were written (default: latest)",
        )
        group.add_argument(
            "--max_points",
            type=int,
            metavar="N",
            help="how many scalars of a tag tfevents' reader keeps in memory, about, at 24 bytes "
            "each: of more, the least and the greatest of each stretch (default: 0, all)",
        )

    def fix_flags(self, flags: argparse.Namespace) -> None:
        if flags.reader not in READERS:
            # The environment's: argparse looks at what is given alone.
            raise base_plugin.FlagsError(
                f"TENSORBOARD_READER must be {' or '.join(READERS)}, not {flags.reader!r}"
            )
        self._is_ours = flags.reader == "tfevents"
        if not self._is_ours:
            for flag in ("restarts", "max_points"):
                if getattr(flags, flag) is not None:
                    raise base_plugin.FlagsError(f"--{flag} needs --reader=tfevents")
            return
        if flags.max_points and flags.max_points < 4:
            raise base_plugin.FlagsError(
                f"--max_points must be 0 or at least 4: {flags.max_points}"
            )
        if flags.restarts is None:
            # The other is what TensorBoard's own flag asks for.
            flags.restarts = "latest" if flags.purge_orphaned_data else "raw"
        flags.samples_per_plugin = {name: n or _ALL for name, n in flags.samples_per_plugin.items()}
        _hook_ingester()

    def load(self, context: base_plugin.TBContext) -> None:
        """Has the plugins of scalars, which are loaded before, answer from our columns."""
        if self._is_ours:
            from tfevents.tensorboard import plugins

            plugins.replace(context.plugin_name_to_instance or {})


def _hook_ingester() -> None:
    """Has TensorBoard's program ask us for its data, where its flags say so."""
    from tensorboard.program import TensorBoard

    theirs = TensorBoard._make_data_ingester
    if getattr(theirs, "is_ours", False):
        return

    def make(self: Any) -> Any:
        is_ours = self.flags.reader == "tfevents" and not self.flags.grpc_data_provider
        if not is_ours or not (self.flags.logdir or self.flags.logdir_spec):
            return theirs(self)
        from tfevents.tensorboard.ingester import Ingester

        ingester = Ingester(self.flags)
        ingester.start()
        return ingester

    make.is_ours = True  # type: ignore[attr-defined]
    TensorBoard._make_data_ingester = make
