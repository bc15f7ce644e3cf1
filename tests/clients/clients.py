"""A client that logs, run twice in processes of its own: with torch's writer, and with ours."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tfevents
from peers import peer, torchvision
from scripts import check

peer("torch")
# Clients import it where it is installed, and fail where its import does.
has_torchvision = find_spec("torchvision") is not None
if has_torchvision:
    torchvision()

# What scripts begin with: nothing is fetched, and ours takes the place of others where it is asked.
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
    """What a client logged, by run."""

    scalars: dict[str, dict[str, list[tuple[int, float]]]]
    texts: dict[str, dict[str, list[str]]]
    hparams: dict[str, dict[str, Any]]
    histograms: dict[str, dict[str, list[tuple[int, float, list[float]]]]]
    images: dict[str, dict[str, list[tuple[int, bytes]]]]
    writers: set[str]


def run_both(tmp_path: Path, body: str, swap: str = "tfevents.install()") -> tuple[Logged, Logged]:
    """What `body` logs below `path` with torch's writer, and with ours."""
    logs = []
    for which in ("torch", "tfevents"):
        path = tmp_path / which
        path.mkdir()
        check(BEGINNING.format(swap=swap, has_torchvision=has_torchvision) + body, which, path)
        logs.append(logged(path))
    theirs, mine = logs
    # The file says who wrote it: the swap worked, and the other run is without us.
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
    """The scalars but for those that tell how long something took."""
    return {
        run: {tag: points for tag, points in tags.items() if not any(part in tag for part in parts)}
        for run, tags in log.scalars.items()
    }
