"""Runs a client twice, each time in a process of its own: with torch's writer, and with ours."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tfevents
from peers import peer, torchvision
from scripts import check

peer("torch")
# Clients import this package if it is installed, and fail if its import fails.
has_torchvision = find_spec("torchvision") is not None
if has_torchvision:
    torchvision()

# Scripts begin with this. Nothing is fetched, and ours replaces others if this is asked for.
BEGINNING = """
    import os, sys
    os.environ.update(HF_HUB_OFFLINE="1", CUDA_VISIBLE_DEVICES="", TOKENIZERS_PARALLELISM="false")
    which, path = sys.argv[1:]
    import tfevents
    if which == "tfevents":
        {swap}
    import torch
    if {has_torchvision}:
        from peers import torchvision
        torchvision()
    torch.manual_seed(0)
    torch.set_num_threads(1)
"""


@dataclass
class Logged:
    """The values that a client logged, by run."""

    scalars: dict[str, dict[str, list[tuple[int, float]]]]
    texts: dict[str, dict[str, list[str]]]
    hparams: dict[str, dict[str, Any]]
    histograms: dict[str, dict[str, list[tuple[int, float, list[float]]]]]
    images: dict[str, dict[str, list[tuple[int, bytes]]]]
    writers: set[str]


def run_both(tmp_path: Path, body: str, swap: str = "tfevents.install()") -> tuple[Logged, Logged]:
    """The values that `body` logs below `path` with torch's writer, and with ours."""
    logs = []
    for which in ("torch", "tfevents"):
        path = tmp_path / which
        path.mkdir()
        check(BEGINNING.format(swap=swap, has_torchvision=has_torchvision) + body, which, path)
        logs.append(logged(path))
    theirs, mine = logs
    # The file names its writer. This shows that the swap worked, and that the other run is without
    # ours.
    assert mine.writers == {"tfevents"}
    assert "tfevents" not in theirs.writers
    return theirs, mine


def logged(path: Path) -> Logged:
    log = tfevents.read(path)
    files = [file for file in path.rglob("*tfevents*") if file.is_file()]
    return Logged(
        scalars={
            run: {
                tag: list(zip(s.step.tolist(), s.value.tolist(), strict=True))
                for tag, s in data.scalars.items()
            }
            for run, data in log.items()
        },
        texts={
            run: {tag: list(t.value) for tag, t in data.texts.items()} for run, data in log.items()
        },
        hparams={run: dict(data.hparams) for run, data in log.items()},
        histograms={
            run: {
                tag: [(h.step, h.sum, h.counts.tolist()) for h in series]
                for tag, series in data.histograms.items()
            }
            for run, data in log.items()
        },
        images={
            run: {
                tag: [(image.step, image.decode().tobytes()) for image in series]
                for tag, series in data.images.items()
            }
            for run, data in log.items()
        },
        writers={(b"tfevents" in head(file) and "tfevents") or "other" for file in files},
    )


def head(file: Path) -> bytes:
    """The first record, which says who wrote the file."""
    return file.read_bytes()[:80]


def steps(log: Logged) -> dict[str, dict[str, list[int]]]:
    return {
        run: {tag: [step for step, _ in points] for tag, points in tags.items()}
        for run, tags in log.scalars.items()
    }


def without_times(log: Logged, *parts: str) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """The scalars, except those that are durations."""
    return {
        run: {tag: points for tag, points in tags.items() if not any(part in tag for part in parts)}
        for run, tags in log.scalars.items()
    }
