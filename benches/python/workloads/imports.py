"""Importing a writer or a reader in a fresh process, which a short script waits for."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from harness.bench import Bench, as_installed
from harness.check import WrongResult
from harness.measure import Row, interleave, ratio_row, skipped

FIGURE = "import, CPU of the whole process"
OURS = "from tfevents import SummaryWriter, read"
PEERS = {
    "torch": ("torch", "from torch.utils.tensorboard import SummaryWriter"),
    "tensorboardX": ("tensorboardX", "from tensorboardX import SummaryWriter"),
    "EventAccumulator": (
        "tensorboard",
        "from tensorboard.backend.event_processing.event_accumulator import EventAccumulator",
    ),
}


def seconds(code: str) -> float:
    """The CPU time of a process that does only this. A busy machine does not change it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=as_installed())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise WrongResult(done.stderr.decode(errors="replace"))
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rows(bench: Bench) -> Iterator[Row]:
    yield compared(bench, "NumPy alone", "import numpy", faster=False)
    for peer, (module, code) in PEERS.items():
        if bench.has(module):
            yield compared(bench, peer, code, faster=True)
        else:
            yield skipped(FIGURE, peer, f"{module} is not installed")


def compared(bench: Bench, peer: str, code: str, *, faster: bool) -> Row:
    contenders = {"ours": partial(seconds, OURS), "theirs": partial(seconds, code)}
    samples = interleave(bench.slow_repetitions, contenders)
    ours, theirs = samples["ours"], samples["theirs"]
    return ratio_row(FIGURE, peer, ours, theirs, None, unit="process", faster=faster)
